import { deepStrictEqual, ok } from 'node:assert'
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { LOG_LEVELS, MAX_LOG_LINE_LENGTH, parseLogLine } from '../../../src/contract/log-line.js'
import { LogSplitter, withoutAddress } from '../../../src/ffmpeg/log-lines.js'
import type { Target } from '../target.js'
import { anyEdits, anyPlaces, bytesOf, type Edit, edited, pieces } from '../values.js'

type Input = { log: number; edits: Edit[]; places: number[] }

const PIECES = [
  ...['[', ']', '[[', ' @ ', '0x55d1', '[error] ', '[h264 @ 0x1] ', '[a @ b] [c @ d] [e @ f] [g @ h] [warning] '],
  ...[
    'x264[error]: ',
    'Svt[warn]: ',
    '\r',
    '\n',
    '\r\n',
    '\xff',
    '\0',
    '\x1b[31m',
    'x'.repeat(MAX_LOG_LINE_LENGTH + 1),
  ],
  '['.repeat(300),
]

/** Logs of runs that failed, changed at a few places, in pieces. */
export const logParser: Target<Input> = {
  name: 'log-parser',
  runs: 300,
  async open() {
    const logs = recordedLogs()
    const read = (chunks: Uint8Array[]) => {
      const splitter = new LogSplitter()
      return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()]
    }
    return {
      inputs: fc.record({ log: fc.nat(logs.length - 1), edits: anyEdits(PIECES), places: anyPlaces }),
      check({ log, edits, places }) {
        const bytes = bytesOf(edited(logs[log]!, edits))
        const whole = read([bytes])
        deepStrictEqual(read(pieces(bytes, places)), whole)
        for (const raw of whole) {
          ok(raw !== '' && raw.length <= MAX_LOG_LINE_LENGTH + 1 && !/[\r\n]/.test(raw))
          const { level, text } = parseLogLine(raw)
          ok(level === null || LOG_LEVELS.includes(level))
          ok(text.length <= raw.length && withoutAddress(text).length <= text.length)
        }
      },
    }
  },
}

const FAILURES = new URL('../../../fixtures/failures/', import.meta.url)

function recordedLogs(): string[] {
  const files = readdirSync(FAILURES).filter((file) => file.endsWith('.json'))
  return files.flatMap((file) => {
    const { failures } = JSON.parse(readFileSync(new URL(file, FAILURES), 'utf8')) as { failures: { log: string[] }[] }
    return failures.map(({ log }) => Buffer.from(log.join('\n')).toString('latin1'))
  })
}
