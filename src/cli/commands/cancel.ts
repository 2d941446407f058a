import { defineCommand } from 'citty'
import { forEachJob } from '../for-each-job.js'
import { JSON_OPTION } from '../print.js'
import type { Arguments } from '../request/arguments.js'
import { clientOf, SERVER_OPTION } from '../server.js'

export default defineCommand({
  meta: { name: 'cancel', description: 'Cancel jobs; what was half written is removed' },
  args: {
    'job…': { type: 'positional', required: true, description: 'Ids of the jobs' },
    ...JSON_OPTION,
    ...SERVER_OPTION,
  },
  run({ args, data }) {
    const client = clientOf(args)
    const { positionals } = data as Arguments
    return forEachJob(positionals, args.json ?? false, (id) => client.cancel(id))
  },
})
