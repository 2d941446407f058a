import { printable } from './text.js'

/** An error's text for a terminal: fields of the API by the names of the options that set them, times in seconds. */
export function inOptions(text: string): string {
  const seconds = (ms: string) => String(Number(ms) / 1_000)
  return printable(text)
    .replaceAll(/\b(start|end)Ms (\d+)\b/g, (_, end, ms) => `--${end} ${seconds(ms)}`)
    .replaceAll(/\b(start|end)Ms\b/g, '--$1')
    .replaceAll('`onExists` of the output to', '--on-exists to')
    .replaceAll(/\b(\d+) ms\b/g, (_, ms) => `${seconds(ms)} s`)
}
