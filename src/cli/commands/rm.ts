import { defineCommand } from 'citty'
import { forEachJob } from '../for-each-job.js'
import { JSON_OPTION } from '../print.js'
import type { Arguments } from '../request/arguments.js'
import { JOBS_WORDS } from '../request/job-ids.js'
import { clientOf, SERVER_OPTION } from '../server.js'

export default defineCommand({
  meta: { name: 'rm', description: 'Remove jobs that have ended, with their reports; their outputs stay' },
  args: {
    'job…': { type: 'positional', required: true, description: JOBS_WORDS },
    ...JSON_OPTION,
    ...SERVER_OPTION,
  },
  run({ args, data }) {
    const client = clientOf(args)
    return forEachJob(client, (data as Arguments).positionals, args.json ?? false, async (id) => {
      await client.remove(id)
      return { said: 'removed', json: { id, removed: true } }
    })
  },
})
