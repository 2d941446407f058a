/** Reports and logs of runs: their stack's own store goes with it. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FfleetApiError, FfleetClient } from '../../client/index.js'
import { readConfig } from '../../config/index.js'
import { forRuns } from '../../config/user-folder.js'
import type { Job, Report } from '../../contract/index.js'
import { type LogPage, type LogQuery, readLogFile } from '../../storage/log-page.js'
import type { Records } from './run-summary.js'

/** Runs that are kept; the oldest go. */
const KEPT_RUNS = 1_000
const RUN_ID = /^[0-9A-Z]{26}$/
const [REPORT, LOG] = ['report.json', 'ffmpeg.log']

/** Keeps what the server has of a job. */
export async function keepRecords(url: string, job: Job, runsFolder: string): Promise<Records> {
  const client = new FfleetClient({ baseUrl: url })
  const folder = join(runsFolder, job.id)
  const report = await orNull(client.report(job.id))
  const log = await orNull(client.log(job.id))
  await mkdir(folder, { recursive: true })
  const [reportFile, logFile] = [join(folder, REPORT), join(folder, LOG)]
  if (report !== null) await writeFile(reportFile, `${JSON.stringify(report, null, 2)}\n`)
  if (log !== null) await writeFile(logFile, log)
  for (const old of (await runIds(runsFolder)).slice(0, -KEPT_RUNS)) {
    await rm(join(runsFolder, old), { recursive: true, force: true })
  }
  return { report, reportFile: report && reportFile, logFile: log === null ? null : logFile }
}

/** A job that ended before its first attempt has no log. */
async function orNull<T extends Report | string>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof FfleetApiError && error.status === 404) return null
    throw error
  }
}

/** Oldest first: ids of jobs are in order of time. */
async function runIds(runsFolder: string): Promise<string[]> {
  const names = await readdir(runsFolder).catch(() => [])
  return names.filter((name) => RUN_ID.test(name)).sort()
}

/** A run that is kept on this machine. */
export type KeptRun = {
  id: string
  report(): Promise<Report | null>
  log(): Promise<string | null>
  /** A page of its log. */
  logLines(query: LogQuery): Promise<LogPage | null>
}

/** The kept run of this id, of the beginning or end of one, or the newest for `last`; null when there is none, or several. */
export async function findRun(word: string): Promise<KeptRun | null> {
  const runsFolder = join(forRuns(readConfig().config).dataDir, 'runs')
  const ids = await runIds(runsFolder)
  const part = word.toUpperCase()
  const fitting = word === 'last' ? ids.slice(-1) : ids.filter((id) => id.startsWith(part) || id.endsWith(part))
  const [id] = fitting
  if (id === undefined || fitting.length > 1 || part.length < 4) return null
  const read = (name: string) => readFile(join(runsFolder, id, name), 'utf8').catch(() => null)
  return {
    id,
    log: () => read(LOG),
    logLines: (query) => readLogFile(join(runsFolder, id, LOG), query, false),
    async report() {
      const text = await read(REPORT)
      return text === null ? null : (JSON.parse(text) as Report)
    },
  }
}
