/**
 * The files of a job's report, under `<data folder>/reports/<job id>/`: `attempt-<n>.ndjson` and `attempt-<n>.log`. Each
 * is appended by the attempt it tells of, so that a reader finds what was told so far, whatever becomes of the attempt.
 */
import { constants } from 'node:fs'
import { appendFile, mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { AttemptReport, OutputReport, Probe, Report } from '../contract/index.js'
import { type LogPage, type LogQuery, readLogFile } from './log-page.js'
import { safeJobId, systemCode } from './names.js'

/** What the files tell; the rest of the report (state, error) is the queue's to say. */
type StoredReport = Pick<Report, 'jobId' | 'input' | 'attempts' | 'outputs'>

/** What an attempt has to tell at one time. */
export type ReportPart = {
  /** Of the input. */
  input?: Probe
  /** As it is now. */
  attempt: AttemptReport
  /** Outputs that were verified since. */
  outputs?: OutputReport[]
}

type OpenedLog = {
  attempt: number
  /** Now; the log of a running attempt grows. */
  bytes: number
  /** Those bytes and no more. Whoever does not read it to its end destroys it. */
  stream: Readable
}

/** Ids that are none of a job throw FfleetError NOT_FOUND everywhere. */
export type ReportStore = {
  /** Adds to what was told before. `last`: nothing more will come, so that it is written through to the disk. */
  append(jobId: string, part: ReportPart, options?: { last: boolean }): Promise<void>
  /** Where ffmpeg's log of an attempt is appended; its folder exists. */
  logPath(jobId: string, attempt: number): Promise<string>
  /** Attempts ascending, each output once, as it was told last. Empty where nothing was written. */
  read(jobId: string): Promise<StoredReport>
  /** The log of an attempt, of the newest one by default; null when there is none. */
  openLog(jobId: string, attempt?: number): Promise<OpenedLog | null>
  /**
   * A page of the log of an attempt, of the newest one by default; null when there is none. `running` is the attempt that
   * may still write its own; null when none does.
   */
  readLog(
    jobId: string,
    query: LogQuery & { attempt?: number | undefined },
    running: number | null,
  ): Promise<(LogPage & { attempt: number }) | null>
  /** Removes everything of a job; nothing happens when there is nothing. */
  remove(jobId: string): Promise<void>
  /** Jobs that have files here, in order of their ids. */
  list(): Promise<string[]>
}

/** The reports in a data folder; nothing is touched before the first call. */
export function openReports(dataDir: string): ReportStore {
  const root = join(dataDir, 'reports')
  const folderOf = (jobId: string) => join(root, safeJobId(jobId))

  async function append(jobId: string, part: ReportPart, { last } = { last: false }): Promise<void> {
    const folder = folderOf(jobId)
    const file = join(folder, `attempt-${part.attempt.attempt}.ndjson`)
    // A line begins with its line feed: one that a full disk cut off spoils none that comes after it.
    const line = `\n${JSON.stringify(part)}`
    await appendFile(file, line, { flush: last }).catch(async (error) => {
      if (systemCode(error) !== 'ENOENT') throw error
      await mkdir(folder, { recursive: true })
      await appendFile(file, line, { flush: last })
    })
  }

  /** Where the log of an attempt would be, or the newest one is. */
  async function findLog(jobId: string, attempt?: number): Promise<{ attempt: number; path: string } | null> {
    const folder = folderOf(jobId)
    const found = attempt ?? newestOf(numbersOf(await list(folder), /^attempt-(\d+)\.log$/))
    return found === null ? null : { attempt: found, path: join(folder, `attempt-${found}.log`) }
  }

  return {
    append,
    async logPath(jobId, attempt) {
      await mkdir(folderOf(jobId), { recursive: true })
      return join(folderOf(jobId), `attempt-${attempt}.log`)
    },
    async read(jobId) {
      const folder = folderOf(jobId)
      const numbers = numbersOf(await list(folder), /^attempt-(\d+)\.ndjson$/).sort((a, b) => a - b)
      const told = await Promise.all(numbers.map((number) => readParts(join(folder, `attempt-${number}.ndjson`))))
      const parts = told.flat()
      return {
        jobId,
        input: parts.findLast(({ input }) => input)?.input ?? null,
        attempts: told.flatMap((own) => own.at(-1)?.attempt ?? []),
        outputs: newestOfEach(parts.flatMap(({ outputs }) => outputs ?? [])),
      }
    },
    async openLog(jobId, attempt) {
      const log = await findLog(jobId, attempt)
      return log && openLog(log.path, log.attempt)
    },
    async readLog(jobId, query, running) {
      const log = await findLog(jobId, query.attempt)
      const page = log && (await readLogFile(log.path, query, running !== null && log.attempt >= running))
      return page && { attempt: log.attempt, ...page }
    },
    remove: (jobId) => rm(folderOf(jobId), { recursive: true, force: true, maxRetries: 3 }),
    list: () => list(root),
  }
}

/** Sorted; empty where there is no such folder. */
async function list(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort()
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}

/** Without lines that are only half written, or that a crash of the machine left without their content. */
async function readParts(file: string): Promise<ReportPart[]> {
  const text = await readFile(file, 'utf8').catch((error) => {
    if (systemCode(error) === 'ENOENT') return ''
    throw error
  })
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as ReportPart]
    } catch {
      return []
    }
  })
}

function newestOfEach(outputs: OutputReport[]): OutputReport[] {
  return [...new Map(outputs.map((output) => [output.name, output])).values()]
}

function numbersOf(names: string[], pattern: RegExp): number[] {
  return names.flatMap((name) => pattern.exec(name)?.[1] ?? []).map(Number)
}

function newestOf(attempts: number[]): number | null {
  return attempts.reduce<number | null>((most, n) => Math.max(most ?? n, n), null)
}

async function openLog(path: string, attempt: number): Promise<OpenedLog | null> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    const { size } = await file.stat()
    if (size > 0) return { attempt, bytes: size, stream: file.createReadStream({ start: 0, end: size - 1 }) }
    await file.close()
    return { attempt, bytes: 0, stream: Readable.from([]) }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null
    throw error
  }
}
