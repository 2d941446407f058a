import { defineCommand } from 'citty'
import type { FfleetClient } from '../../client/index.js'
import type { Job } from '../../contract/index.js'
import { isTerminal } from '../../contract/states.js'
import { forEachJob } from '../for-each-job.js'
import { JSON_OPTION } from '../print.js'
import type { Arguments } from '../request/arguments.js'
import { JOBS_WORDS } from '../request/job-ids.js'
import { clientOf, SERVER_OPTION } from '../server.js'

/** How long an attempt may take to stop before its end is no longer waited for. */
const STOP_MS = 10_000

async function ended(client: FfleetClient, asked: Job): Promise<Job> {
  if (isTerminal(asked.state)) return asked
  return client.wait(asked.id, { timeoutMs: STOP_MS }).catch((error: Error) => {
    if (error.name === 'TimeoutError') return asked
    throw error
  })
}

export default defineCommand({
  meta: { name: 'cancel', description: 'Cancel jobs; what was half written is removed' },
  args: {
    'job…': { type: 'positional', required: true, description: JOBS_WORDS },
    ...JSON_OPTION,
    ...SERVER_OPTION,
  },
  run({ args, data }) {
    const client = clientOf(args)
    return forEachJob(client, (data as Arguments).positionals, args.json ?? false, async (id) => {
      const job = await ended(client, await client.cancel(id))
      return { said: isTerminal(job.state) ? job.state : 'is being cancelled', json: job }
    })
  },
})
