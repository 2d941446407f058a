/**
 * The lines of a log, found from anywhere in its bytes. They end at `\n` and at `\r`, with which ffmpeg overwrites its own
 * status line; empty ones are left out, so that `\r\n` is one end.
 */
import { MAX_LOG_LINE_LENGTH } from '../contract/log-line.js'

/** What is read: a file as long as it was when it was opened. */
export type LogBytes = { size: number; read(from: number, to: number): Promise<Uint8Array> }

/** `at` is the offset of its first byte; a long line is cut and ends in `…`. */
export type RawLine = { at: number; raw: string }

/** A character of a string takes 3 bytes at most: so many always hold more than is kept of a line. */
const CUT_LINE_BYTES = 4 * MAX_LOG_LINE_LENGTH

const isLineEnd = (byte: number | undefined) => byte === 10 || byte === 13

/** The lines that begin at `from` or behind it, and before `to`; what stands at `end` and behind is not looked at. */
export async function linesIn(log: LogBytes, from: number, to: number, end: number): Promise<RawLine[]> {
  // The byte before tells whether a line begins at `from`, or goes on there.
  const start = Math.max(0, from - 1)
  const bytes = await log.read(start, Math.min(end, to + CUT_LINE_BYTES))
  const lines: RawLine[] = []
  for (let i = 0; start + i < to && i < bytes.length; ) {
    if (isLineEnd(bytes[i])) {
      i += 1
      continue
    }
    let next = i + 1
    while (next < bytes.length && !isLineEnd(bytes[next])) next += 1
    if (start + i >= from) lines.push({ at: start + i, raw: textOf(bytes.subarray(i, next)) })
    i = next
  }
  return lines
}

/**
 * Where the lines of a log that grows are whole: behind the last line end. A line that is already longer than what is
 * kept of one is not waited for.
 */
export async function endOfWholeLines(log: LogBytes): Promise<number> {
  const start = Math.max(0, log.size - CUT_LINE_BYTES)
  const last = (await log.read(start, log.size)).findLastIndex(isLineEnd)
  if (last >= 0) return start + last + 1
  return start > 0 ? log.size : 0
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

function textOf(line: Uint8Array): string {
  const text = decoder.decode(line.subarray(0, CUT_LINE_BYTES))
  return text.length > MAX_LOG_LINE_LENGTH ? `${text.slice(0, MAX_LOG_LINE_LENGTH)}…` : text
}
