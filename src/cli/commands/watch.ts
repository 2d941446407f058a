import { defineCommand } from 'citty'
import { EXIT, UsageError } from '../exit.js'
import { followFleet, followJobs } from '../follow.js'
import { exitCodeOf, interruptible } from '../interrupt.js'
import { JSON_OPTION } from '../print.js'
import { createRenderer } from '../render/index.js'
import type { Arguments } from '../request/arguments.js'
import { JOBS_WORDS, jobId, jobWords } from '../request/job-ids.js'
import { clientOf, SERVER_OPTION } from '../server.js'

export default defineCommand({
  meta: { name: 'watch', description: 'Follow jobs live until they end; 1 unless all of them complete' },
  args: {
    'job…': { type: 'positional', required: false, description: JOBS_WORDS },
    all: { type: 'boolean', description: 'Everything on the fleet, until Ctrl-C' },
    ...JSON_OPTION,
    ...SERVER_OPTION,
  },
  async run({ args, data }) {
    const words = (data as Arguments).positionals
    if ((args.all ?? false) === words.length > 0) throw new UsageError('Name the jobs to watch, or give --all.')
    const client = clientOf(args)
    const renderer = createRenderer({ json: args.json ?? false })
    try {
      const ended = await interruptible(async (signal) => {
        if (args.all) return followFleet(client, renderer, signal)
        const ids = await Promise.all((await jobWords(words)).map((word) => jobId(client, word)))
        const jobs = await Promise.all([...new Set(ids)].map((id) => client.get(id, { signal })))
        return followJobs(client, jobs, renderer, signal)
      })
      if ('interruption' in ended) return exitCodeOf(ended.interruption)
      return ended.result?.every((job) => job.state === 'completed') ? EXIT.ok : EXIT.failed
    } finally {
      renderer.close()
    }
  },
})
