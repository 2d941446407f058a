import type { FfleetClient } from '../../client/index.js'
import type { Job } from '../../contract/index.js'
import { isTerminal } from '../../contract/states.js'
import { jobsCommand } from '../for-each-job.js'

/** How long an attempt may take to stop before its end is no longer waited for. */
const STOP_MS = 10_000

async function ended(client: FfleetClient, asked: Job): Promise<Job> {
  if (isTerminal(asked.state)) return asked
  return client.wait(asked.id, { timeoutMs: STOP_MS }).catch((error: Error) => {
    if (error.name === 'TimeoutError') return asked
    throw error
  })
}

export default jobsCommand(
  { name: 'cancel', description: 'Cancel jobs; what was half written is removed' },
  async (client, id) => {
    const job = await ended(client, await client.cancel(id))
    return { said: isTerminal(job.state) ? job.state : 'is being cancelled', json: job }
  },
)
