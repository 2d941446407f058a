/** Lines of a log, asked for page by page. The attempt of the first page is that of all. */
import type { LogPage, LogQuery } from '../../client/index.js'

type Lines = LogPage['items']
/** The kept log of a run is of no numbered attempt. */
type AskForLines = (query: LogQuery & { limit: number }) => Promise<Omit<LogPage, 'attempt'> & { attempt?: number }>

const PAGE_LINES = 1_000

/** The newest lines, oldest first. */
export async function newestLines(ask: AskForLines, count: number): Promise<Lines> {
  let lines: Lines = []
  let query: LogQuery | null = {}
  while (query !== null) {
    const page = await ask({ ...query, limit: Math.min(count - lines.length, PAGE_LINES) })
    lines = [...page.items, ...lines]
    const { attempt, previous } = page
    query = previous === null || lines.length === count ? null : { attempt, before: previous }
  }
  return lines
}

/** Those of a whole log, up to where it is now. */
export async function* allLines(ask: AskForLines): AsyncGenerator<Lines, void, undefined> {
  let query: (LogQuery & { after: number }) | null = { after: 0 }
  while (query !== null) {
    const page = await ask({ ...query, limit: PAGE_LINES })
    yield page.items
    const { attempt, next } = page
    query = next === null || next === query.after ? null : { attempt, after: next }
  }
}
