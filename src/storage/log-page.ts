/** Pages of ffmpeg's log, which may have hundreds of megabytes: little of it is read for each, and less is held. */
import { LOG_LEVELS, type LogLevel, type LogLine, parseLogLine } from '../contract/log-line.js'
import { endOfWholeLines, type LogBytes, linesIn } from './log-lines.js'
import { openAsItIs } from './open-as-it-is.js'

/** Offsets are bytes; of both, `after` counts. Without either: the newest lines. */
export type LogQuery = {
  /** Lines that begin before it, the nearest ones. */
  before?: number | undefined
  /** Lines that begin there or behind it. */
  after?: number | undefined
  limit: number
  /** Only lines with this text, in any case; of a line that is cut, what is kept counts. */
  search?: string | undefined
  /** Only lines of this level or a worse one. A line without a level never fits. */
  level?: LogLevel | undefined
}

/** Oldest line first. May have fewer lines than asked for, even none, while there are more. */
export type LogPage = {
  /** Of the log, now. */
  bytes: number
  items: (LogLine & { at: number })[]
  /** The `before` that goes on; null where no line is left. */
  previous: number | null
  /** The `after` that goes on; null where no line is left and none will come. */
  next: number | null
}

/** So much is read for a page, so that a search for what is nowhere ends. */
const SCAN_BYTES = 16 * 1024 * 1024
/** So much is held of it at once. */
const WINDOW_BYTES = 256 * 1024

/** A page of the log at a path; null when there is none. See `readLogPage`. */
export async function readLogFile(path: string, query: LogQuery, grows: boolean): Promise<LogPage | null> {
  const log = await openAsItIs(path)
  return log && readLogPage(log, query, grows).finally(() => log.close())
}

/** `grows`: more is written, and so the last line is left out until it is whole. */
export async function readLogPage(log: LogBytes, query: LogQuery, grows: boolean): Promise<LogPage> {
  const end = grows ? await endOfWholeLines(log) : log.size
  const from = Math.min(query.after ?? query.before ?? end, end)
  const { items, at } = await (query.after === undefined ? goBack : goOn)(log, from, end, query)
  const [first, last] = query.after === undefined ? [at, from] : [from, at]
  return { bytes: log.size, items, previous: first > 0 ? first : null, next: last < end || grows ? last : null }
}

/** `at`: where the next page goes on. */
type Walk = (
  log: LogBytes,
  from: number,
  end: number,
  query: LogQuery,
) => Promise<Pick<LogPage, 'items'> & { at: number }>

const goBack: Walk = async (log, from, end, query) => {
  const fits = filterOf(query)
  const items: LogPage['items'] = []
  const stop = Math.max(0, from - SCAN_BYTES)
  for (let to = from; to > stop; to = Math.max(stop, to - WINDOW_BYTES)) {
    const lines = await linesIn(log, Math.max(stop, to - WINDOW_BYTES), to, end)
    for (const { at, raw } of lines.reverse()) {
      const line = { at, ...parseLogLine(raw) }
      if (fits(line)) items.push(line)
      if (items.length === query.limit) return { items: items.reverse(), at }
    }
  }
  return { items: items.reverse(), at: stop }
}

const goOn: Walk = async (log, from, end, query) => {
  const fits = filterOf(query)
  const items: LogPage['items'] = []
  const stop = Math.min(end, from + SCAN_BYTES)
  for (let to = from; to < stop; to = Math.min(stop, to + WINDOW_BYTES)) {
    for (const { at, raw } of await linesIn(log, to, Math.min(stop, to + WINDOW_BYTES), end)) {
      if (items.length === query.limit) return { items, at }
      const line = { at, ...parseLogLine(raw) }
      if (fits(line)) items.push(line)
    }
  }
  return { items, at: stop }
}

function filterOf({ search = '', level }: LogQuery): (line: LogLine) => boolean {
  const text = search.toLowerCase()
  const levels: readonly (LogLevel | null)[] | null = level ? LOG_LEVELS.slice(0, LOG_LEVELS.indexOf(level) + 1) : null
  return (line) => (levels?.includes(line.level) ?? true) && (text === '' || line.text.toLowerCase().includes(text))
}
