import { OVERRIDES } from '../request/overrides.js'
import { printable } from './text.js'

/** Fields of a request by the options that set them. */
const OPTION_OF_FIELD: Record<string, string> = {
  input: 'the input',
  'input.uri': 'the input',
  'input.startMs': '--start',
  'input.endMs': '--end',
  'input.expectedDurationMs': '--expected-duration',
  'input.speed': '--speed',
  'input.fadeInMs': '--fade-in',
  'input.fadeOutMs': '--fade-out',
  'input.crossfadeMs': '--crossfade',
  'input.loop': '--loop',
  'input.durationMs': '--show',
  'input.soundtrack': '--soundtrack',
  'input.subtitles': '--subtitle-file',
  inputs: 'the inputs',
  priority: '--priority',
  maxAttempts: '--max-attempts',
  timeoutMs: '--timeout',
  delayMs: '--delay',
  after: '--after',
  tags: '--tag',
}
const OPTION_OF_OUTPUT_FIELD: Record<string, string> = {
  preset: '--preset',
  path: '-o',
  split: '--split',
  quality: '--quality-ssim',
  'quality.target.ssim': '--quality-ssim',
  'quality.target.maxBytes': '--max-size',
  ...Object.fromEntries([...OVERRIDES].map(([option, { part, field }]) => [`${part}.${field}`, `--${option}`])),
}

/** What a person typed for a field, such as `outputs[1].video.crf`: `--crf (output 2)`; null for one without an option. */
function optionOf(field: string): string | null {
  const [, index, rest] = /^outputs\[(\d+)\]\.(.+)$/.exec(field) ?? []
  if (index === undefined)
    return OPTION_OF_FIELD[field.replace(/^inputs\[\d+\](?=\.|$)/, 'input').replace(/\[\d+\]$/, '')] ?? null
  // One option sets all of an object or a list, such as `audio.loudness.targetLufs`.
  const option = OPTION_OF_OUTPUT_FIELD[rest!] ?? OPTION_OF_OUTPUT_FIELD[rest!.replace(/(?:\.\w+|\[\d+\])$/, '')]
  return option === undefined ? null : option + (index === '0' ? '' : ` (output ${Number(index) + 1})`)
}

/** A JSON pointer into a request as what a person typed; a pointer that leads elsewhere as it is. */
export function pointerInOptions(pointer: string): string {
  const [first = '', ...steps] = pointer.split('/').slice(1)
  const field = first + steps.map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`)).join('')
  return printable(optionOf(field) ?? (pointer || '/'))
}

/** An error's text for a terminal: fields of the API by the names of the options that set them, times in seconds. */
export function inOptions(text: string): string {
  const seconds = (ms: string) => String(Number(ms) / 1_000)
  return printable(text)
    .replaceAll(/`([a-zA-Z]+(?:\[\d+\]|\.[a-zA-Z]+)*)`/g, (quoted, field) => optionOf(field) ?? quoted)
    .replaceAll(/\b(start|end)Ms (\d+)\b/g, (_, end, ms) => `--${end} ${seconds(ms)}`)
    .replaceAll(/\b(start|end|timeout|delay)Ms\b/g, '--$1')
    .replaceAll('`onExists` of the output to', '--on-exists to')
    .replaceAll(/\b(\d+) ms\b/g, (_, ms) => `${seconds(ms)} s`)
}
