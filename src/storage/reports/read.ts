import { Readable } from 'node:stream'
import type { AttemptReport, OutputReport, PassReport } from '../../contract/index.js'
import { readLogPage } from '../log-page.js'
import { safeJobId } from '../names.js'
import type { OpenedAsItIs } from '../open-as-it-is.js'
import type { ReportFile, ReportPart, ReportReader } from './store.js'

/** Where files of reports are read. */
export type ReportPlace = {
  /** Attempts that have a file of the kind, in any order. */
  attempts(jobId: string, kind: ReportFile['kind']): Promise<number[]>
  /** Null where there is none. */
  open(file: ReportFile): Promise<OpenedAsItIs | null>
  list(): Promise<string[]>
}

export function readReports(place: ReportPlace): ReportReader {
  /** The log of an attempt, or the newest one. */
  async function findLog(jobId: string, asked?: number): Promise<(OpenedAsItIs & { attempt: number }) | null> {
    safeJobId(jobId)
    const attempt = asked ?? newestOf(await place.attempts(jobId, 'log'))
    const opened = attempt === null ? null : await place.open({ jobId, attempt, kind: 'log' })
    return opened && { ...opened, attempt: attempt! }
  }

  return {
    async read(jobId) {
      safeJobId(jobId)
      const numbers = (await place.attempts(jobId, 'ndjson')).sort((a, b) => a - b)
      const files = numbers.map((attempt) => place.open({ jobId, attempt, kind: 'ndjson' }))
      const told = await Promise.all(files.map(async (file) => partsIn(await file)))
      const parts = told.flat()
      return {
        jobId,
        input: parts.findLast(({ input }) => input)?.input ?? null,
        attempts: told.flatMap((own) => attemptIn(own) ?? []),
        outputs: newestOfEach(parts.flatMap(({ outputs }) => outputs ?? [])),
      }
    },
    async openLog(jobId, attempt) {
      const log = await findLog(jobId, attempt)
      if (log === null) return null
      const about = { attempt: log.attempt, bytes: log.size }
      if (log.size > 0) return { ...about, stream: log.stream() }
      await log.close()
      return { ...about, stream: Readable.from([]) }
    },
    async readLog(jobId, query, running) {
      const log = await findLog(jobId, query.attempt)
      if (log === null) return null
      try {
        return { attempt: log.attempt, ...(await readLogPage(log, query, running !== null && log.attempt >= running)) }
      } finally {
        await log.close()
      }
    },
    list: () => place.list(),
  }
}

/** Without lines that are only half written, or that a crash of the machine left without their content. */
async function partsIn(file: OpenedAsItIs | null): Promise<ReportPart[]> {
  if (file === null) return []
  const bytes = await file.read(0, file.size).finally(() => file.close())
  return Buffer.from(bytes)
    .toString()
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as ReportPart]
      } catch {
        return []
      }
    })
}

function attemptIn(parts: readonly ReportPart[]): AttemptReport | null {
  const newest = parts.at(-1)
  if (newest === undefined) return null
  const passes: PassReport[] = []
  for (const { attempt, from = 0 } of parts) passes.splice(from, Infinity, ...attempt.passes)
  return { ...newest.attempt, passes }
}

function newestOfEach(outputs: OutputReport[]): OutputReport[] {
  return [...new Map(outputs.map((output) => [output.name, output])).values()]
}

function newestOf(attempts: number[]): number | null {
  return attempts.reduce<number | null>((most, n) => Math.max(most ?? n, n), null)
}
