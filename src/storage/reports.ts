/**
 * The files of a job's report, under `<data folder>/reports/<job id>/`: `input.json`, `attempt-<n>.json`,
 * `attempt-<n>.log`, `output-<name>.json`. Each is written by the attempt it tells of and put in place whole, so that a
 * reader never sees half of one; only the logs grow while they are read.
 */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { AttemptReport, OutputReport, Probe, Report } from '../contract/index.js'
import { safeJobId, systemCode } from './names.js'

/** What the files tell; the rest of the report (state, error) is the queue's to say. */
type StoredReport = Pick<Report, 'jobId' | 'input' | 'attempts' | 'outputs'>

type OpenedLog = {
  attempt: number
  /** Now; the log of a running attempt grows. */
  bytes: number
  /** Those bytes and no more. Whoever does not read it to its end destroys it. */
  stream: Readable
}

/** Ids that are none of a job throw FfleetError NOT_FOUND everywhere. */
export type ReportStore = {
  writeInput(jobId: string, probe: Probe): Promise<void>
  writeAttempt(jobId: string, report: AttemptReport): Promise<void>
  writeOutput(jobId: string, output: OutputReport): Promise<void>
  /** Where ffmpeg's log of an attempt is appended; its folder exists. */
  logPath(jobId: string, attempt: number): Promise<string>
  /** Attempts ascending, outputs by name. Empty where nothing was written. */
  read(jobId: string): Promise<StoredReport>
  /** The log of an attempt, of the newest one by default; null when there is none. */
  openLog(jobId: string, attempt?: number): Promise<OpenedLog | null>
  /** Removes everything of a job; nothing happens when there is nothing. */
  remove(jobId: string): Promise<void>
  /** Jobs that have files here, in order of their ids. */
  list(): Promise<string[]>
}

/** The reports in a data folder; nothing is touched before the first call. */
export function openReports(dataDir: string): ReportStore {
  const root = join(dataDir, 'reports')
  const folderOf = (jobId: string) => join(root, safeJobId(jobId))

  async function write(jobId: string, name: string, content: unknown): Promise<void> {
    const folder = folderOf(jobId)
    const text = JSON.stringify(content)
    try {
      await put(folder, name, text)
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error
      await mkdir(folder, { recursive: true })
      await put(folder, name, text)
    }
  }

  return {
    writeInput: (jobId, probe) => write(jobId, 'input.json', probe),
    writeAttempt: (jobId, report) => write(jobId, `attempt-${report.attempt}.json`, report),
    writeOutput: (jobId, output) => write(jobId, `output-${plainName(output.name)}.json`, output),
    async logPath(jobId, attempt) {
      await mkdir(folderOf(jobId), { recursive: true })
      return join(folderOf(jobId), `attempt-${attempt}.log`)
    },
    async read(jobId) {
      const folder = folderOf(jobId)
      const names = await list(folder)
      const readAll = async <T>(pattern: RegExp) => {
        const found = await Promise.all(
          names.filter((name) => pattern.test(name)).map((name) => readJson<T>(join(folder, name))),
        )
        return found.filter((item) => item !== null)
      }
      const [input, attempts, outputs] = await Promise.all([
        readAll<Probe>(/^input\.json$/),
        readAll<AttemptReport>(/^attempt-\d+\.json$/),
        readAll<OutputReport>(/^output-.+\.json$/),
      ])
      attempts.sort((a, b) => a.attempt - b.attempt)
      return { jobId, input: input[0] ?? null, attempts, outputs }
    },
    async openLog(jobId, attempt) {
      const folder = folderOf(jobId)
      const newest = attempt ?? newestLog(await list(folder))
      return newest === null ? null : openLog(join(folder, `attempt-${newest}.log`), newest)
    },
    remove: (jobId) => rm(folderOf(jobId), { recursive: true, force: true, maxRetries: 3 }),
    list: () => list(root),
  }
}

async function put(folder: string, name: string, text: string): Promise<void> {
  const temporary = join(folder, `.${name}.${randomBytes(4).toString('hex')}`)
  try {
    await writeFile(temporary, text, { flush: true })
    await rename(temporary, join(folder, name))
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

function plainName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name)) return name
  throw new TypeError('Not the name of an output')
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

/** Null for a file that is gone or that a crash of the machine left without its content. */
async function readJson<T>(file: string): Promise<T | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T
  } catch (error) {
    if (error instanceof SyntaxError || systemCode(error) === 'ENOENT') return null
    throw error
  }
}

function newestLog(names: string[]): number | null {
  const attempts = names.map((name) => Number(/^attempt-(\d+)\.log$/.exec(name)?.[1] ?? Number.NaN))
  return attempts
    .filter((attempt) => !Number.isNaN(attempt))
    .reduce<number | null>((most, n) => Math.max(most ?? n, n), null)
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
