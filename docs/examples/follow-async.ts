// Follows one or more jobs live, from their first events to their last, whenever you begin.
// npx tsx follow-async.ts JOB_ID…
import { FfleetClient } from 'ffleet'

const client = new FfleetClient() // where FFLEET_URL says, or http://127.0.0.1:4280

let failed = false
for await (const event of client.watch(process.argv.slice(2))) {
  switch (event.type) {
    case 'progress': {
      const { phase, percent, etaMs } = event.progress
      console.log(event.jobId, phase, percent, etaMs)
      break
    }
    case 'log':
      console.log(event.jobId, event.level, event.text)
      break
    case 'job.failed':
      console.log(event.jobId, event.type, event.job.error?.code, event.job.error?.detail)
      failed = true
      break
    default:
      console.log(event.jobId, event.type)
      if (event.type === 'job.cancelled') failed = true
  }
}
process.exitCode = failed ? 1 : 0
