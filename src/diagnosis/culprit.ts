import { type LogLine, parseLogLine } from '../contract/log-line.js'
import { withoutAddress } from '../ffmpeg/log-lines.js'
import type { FfmpegResult } from '../ffmpeg/run-types.js'

/** Lines that only pass an error on; what caused it stands before them. */
const CONSEQUENCE = new RegExp(
  [
    '^(?:\\[[^\\]]*\\] )*(?:$',
    'Conversion failed!',
    'Error (?:(?:re)?initializing|opening|selecting|parsing|splitting|configuring|marking|processing|submitting|sending|muxing|writing|closing|while (?:processing|opening|filtering))\\b',
    'Failed to (?:inject frame|set value)',
    'Could not (?:open encoder|write header)',
    'Task finished with error',
    'Terminating thread',
    'Nothing was written into output',
    '\\d+ frames left in the queue)',
  ].join('|'),
)

/** What ffmpeg says even when nothing is wrong, in a log without levels. */
const CHATTER =
  /^(?:frame|size)=|video:\d|^ {2}|^bench:|\bQavg:|^\[libx26[45][ \]]|^(?:In|Out)put #\d|^Stream mapping:|^ffmpeg stats and|^Press \[q\]/

/**
 * The line that says best what went wrong: ffmpeg ends with a row of lines that pass an error on, and what stands before
 * that row is its cause; of several by the same part of ffmpeg the first.
 */
export function culpritOf({ logTail, errors }: Pick<FfmpegResult, 'logTail' | 'errors'>): string | undefined {
  const parsed = logTail.map(parseLogLine)
  const levelled = parsed.some(({ level }) => level !== null)
  const said = parsed
    .filter((line) => (levelled ? isError(line) : !CHATTER.test(line.text)))
    .map(({ text }) => withoutAddress(text))
  const last = said.findLastIndex((text) => !CONSEQUENCE.test(text))
  if (last < 0) return said.find((text) => text !== '') ?? errors.at(-1)
  const part = partOf(said[last]!)
  let first = last
  while (part !== null && first > 0 && partOf(said[first - 1]!) === part && !CONSEQUENCE.test(said[first - 1]!))
    first -= 1
  return said[first]
}

function isError({ level }: LogLine): boolean {
  return level === 'error' || level === 'fatal' || level === 'panic'
}

/** `[libx264] …` is said by libx264. */
function partOf(text: string): string | null {
  return /^\[([^\]]*)\]/.exec(text)?.[1] ?? null
}
