import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoreConnection } from '../../store-api/index.js'
import { openReports } from '../reports.js'
import type { WorkerStorage } from '../worker-storage.js'

/** How often what is new of a log is sent. */
const LOG_EVERY_MS = 3_000
/** A report is worth less than the job that it tells of. */
const PATIENCE_MS = 60_000

type SentLog = { path: string; bytes: number; timer: NodeJS.Timeout; sending: Promise<void> }

/** Logs grow in the data folder of the worker until all of them is sent; what cannot be sent stays there. */
export function openReportsOverApi(connection: StoreConnection, dataDir: string): WorkerStorage['reports'] {
  const local = openReports(dataDir)
  const logs = new Map<string, SentLog>()
  const patience = { patienceMs: PATIENCE_MS }

  /** One after the other, each what is new by then. */
  function sendLog(jobId: string, attempt: number): Promise<void> {
    const log = logs.get(`${jobId}/${attempt}`)
    if (log === undefined) return Promise.resolve()
    log.sending = log.sending
      .catch(() => {})
      .then(async () => {
        const bytes = (await stat(log.path).catch(() => null))?.size ?? 0
        if (bytes === log.bytes) return
        await connection.send({ jobId, attempt, kind: 'log' }, log.path, bytes, patience)
        log.bytes = bytes
      })
    return log.sending
  }

  async function endLog(jobId: string, attempt: number): Promise<void> {
    const log = logs.get(`${jobId}/${attempt}`)
    if (log === undefined) return
    clearInterval(log.timer)
    await sendLog(jobId, attempt)
    logs.delete(`${jobId}/${attempt}`)
    await rm(join(log.path, '..'), { recursive: true, force: true })
  }

  return {
    async append(jobId, part, { last } = { last: false }) {
      const { attempt } = part.attempt
      const logged = last ? endLog(jobId, attempt) : Promise.resolve()
      await Promise.all([connection.call('report', { jobId, part, last }, patience), logged])
    },
    async logPath(jobId, attempt) {
      const path = await local.logPath(jobId, attempt)
      const timer = setInterval(() => void sendLog(jobId, attempt).catch(() => {}), LOG_EVERY_MS).unref()
      logs.set(`${jobId}/${attempt}`, { path, bytes: 0, timer, sending: Promise.resolve() })
      return path
    },
    remove: async (jobId) => {
      await connection.call('forget', { jobId }, patience)
    },
  }
}
