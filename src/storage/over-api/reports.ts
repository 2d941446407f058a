import type { StoreConnection } from '../../store-api/index.js'
import type { ReportTarget } from '../reports/sent.js'

/** A report is worth less than the job that it tells of; what cannot be sent by then waits. */
const patience = { patienceMs: 60_000 }

/** The API that has the reports of the fleet. */
export function reportsAtApi(connection: StoreConnection): ReportTarget {
  return {
    everyMs: 3_000,
    send: (file, path, bytes) => connection.send(file, path, bytes, patience),
    async remove(jobId) {
      await connection.call('forget', { jobId }, patience)
    },
  }
}
