/** The log: one JSON object a line on standard error, or one short line a person can read where that is a terminal. */
import { StringDecoder } from 'node:string_decoder'
import { type DestinationStream, type Logger, pino, stdSerializers, stdTimeFunctions } from 'pino'
import { formatLine, type LineFormat } from './format-line.js'

export type { Logger }
export { formatLine }

export type LogOptions = {
  /** Least severe level that is written: fatal, error, warn, info, debug, trace or silent. */
  logLevel: string
  /** Which part speaks: `api`, `worker`, …; in every line. */
  part?: string
  /** Where lines go. Default: standard error. */
  destination?: DestinationStream
  /** Short lines instead of JSON. Default: where standard error is a terminal. */
  pretty?: boolean
}

/** Headers and fields that never reach a log, wherever in a logged object they stand one level deep. */
const SECRETS = ['authorization', 'cookie', 'password', 'token', 'secret', 'redisUrl']

/** Opens a log. Lines are written at once, so that none is lost when the process ends. */
export function createLog(options: LogOptions): Logger {
  const destination = options.destination ?? standardError()
  const pretty = options.pretty ?? (options.destination === undefined && process.stderr.isTTY === true)
  return pino(
    {
      level: options.logLevel,
      base: { pid: process.pid, ...(options.part && { part: options.part }) },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: stdSerializers.err },
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`, `req.headers.${name}`]), censor: '***' },
    },
    pretty
      ? { write: (line: string) => void destination.write(formatLine(line, formatOf(options.logLevel))) }
      : destination,
  )
}

function formatOf(logLevel: string): LineFormat {
  const colors = process.stderr.isTTY === true && process.env.TERM !== 'dumb' && !process.env.NO_COLOR
  return { colors, stacks: logLevel === 'debug' || logLevel === 'trace' }
}

/** Takes what other processes log, in whatever pieces, and writes it to standard error as a log here would: each line whole. */
export function relayLog(logLevel: string): { write(chunk: Uint8Array): void } {
  if (process.stderr.isTTY !== true) return { write: (chunk) => void process.stderr.write(chunk) }
  const decoder = new StringDecoder('utf8')
  let begun = ''
  return {
    write(chunk) {
      const lines = (begun + decoder.write(Buffer.from(chunk))).split('\n')
      begun = lines.pop()!
      for (const line of lines) {
        const shown = formatLine(line, formatOf(logLevel))
        process.stderr.write(shown.endsWith('\n') ? shown : `${shown}\n`)
      }
    },
  }
}

function standardError(): DestinationStream {
  const destination = pino.destination({ dest: 2, sync: true })
  // A reader that is gone takes the log with it, not the work.
  destination.on('error', () => {})
  return destination
}
