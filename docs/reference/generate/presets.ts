import { AudioOverrides, OutputRequest, Preset, Tracks, VideoOverrides } from '../../../src/contract/index.js'
import { AUDIO_RULES, CONTAINER_RULES, VIDEO_RULES } from '../../../src/presets/codecs.js'
import { SHIPPED_PRESETS } from '../../../src/presets/shipped.js'
import { fieldTable } from './fields.js'
import { block, code, prettyJson, table } from './markdown.js'

export function presetParts(): Record<string, string> {
  const overview = SHIPPED_PRESETS.map(({ name, description, extension }) => [
    `[${code(name)}](#${name})`,
    extension === '' ? 'a folder' : code(`.${extension}`),
    description,
  ])
  const each = SHIPPED_PRESETS.map(
    (preset) => `### \`${preset.name}\`\n\n${preset.description}\n\n${block('json', prettyJson(preset))}`,
  )
  return {
    overview: table(['preset', 'makes', ''], overview),
    shipped: each.join('\n\n'),
    overrides: fieldTable({
      properties: {
        container: OutputRequest.properties.container,
        video: VideoOverrides,
        audio: AudioOverrides,
        tracks: Tracks,
      },
      required: ['video', 'audio', 'tracks'],
    }),
    fields: fieldTable(Preset),
    containers: containers(),
    codecs: codecs(),
  }
}

function containers(): string {
  const list = (names: readonly string[]) => names.map(code).join(', ')
  const rows = Object.entries(CONTAINER_RULES)
    .filter(([, { video, audio }]) => video.length + audio.length > 0)
    .map(([name, { video, audio }]) => [code(name), list(video) || 'none', list(audio) || 'none'])
  return table(['container', 'video codecs', 'audio codecs'], rows)
}

/** The words and steps that encoders know, of which a codec takes some. */
const SPEED_WORDS = [
  'ultrafast',
  'superfast',
  'veryfast',
  'faster',
  'fast',
  'medium',
  'slow',
  'slower',
  'veryslow',
  'placebo',
]
const SPEED_STEPS = Array.from({ length: 20 }, (_, step) => String(step))

function speedsOf(taken: RegExp): string {
  const steps = SPEED_STEPS.filter((step) => taken.test(step))
  if (steps.length > 0) return `${code(steps[0]!)} to ${code(steps.at(-1)!)}`
  return SPEED_WORDS.filter((word) => taken.test(word))
    .map(code)
    .join(', ')
}

function codecs(): string {
  const video = Object.entries(VIDEO_RULES).map(([name, { maxCrf, speeds }]) => [
    code(name),
    `${code('crf')} 0 to ${maxCrf}, ${code('speed')} ${speedsOf(speeds)}`,
  ])
  const audio = Object.entries(AUDIO_RULES).map(([name, { maxBitrate, maxChannels, layouts, sampleRates }]) => {
    const bitrate = maxBitrate === null ? `no ${code('bitrate')}` : `${code('bitrate')} up to ${maxBitrate}`
    const rates = sampleRates.length === 1 ? `${sampleRates[0]} alone` : sampleRates.join(', ')
    const channels = `${code('channels')} up to ${maxChannels}, ${code('layout')} ${layouts.map(code).join(', ')}`
    return [code(name), `${bitrate}, ${channels}, ${code('sampleRate')} ${rates}`]
  })
  return table(['codec', 'takes'], [...video, ...audio])
}
