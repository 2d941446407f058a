import { defineCommand } from 'citty'
import type { FfleetClient } from '../../client/index.js'
import type { Job } from '../../contract/index.js'
import { inputName } from '../../contract/input-name.js'
import { EXIT, UsageError } from '../exit.js'
import { followFleet, followJobs } from '../follow.js'
import { exitCodeOf, interruptible } from '../interrupt.js'
import { JSON_OPTION } from '../print.js'
import { createRenderer } from '../render/index.js'
import { styleOf } from '../render/style.js'
import { outcomeOf, tally } from '../render/tally.js'
import { countOf } from '../render/tty.js'
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
    const all = args.all ?? false
    if (all === words.length > 0) throw new UsageError('Name the jobs to watch, or give --all.')
    const client = clientOf(args)
    const json = args.json ?? false
    const ids = all ? [] : await Promise.all((await jobWords(words)).map((word) => jobId(client, word)))
    const several = new Set(ids).size > 1
    const renderer = createRenderer({
      json,
      server: client.baseUrl,
      ids: all || several,
      ...(all && { headline: countOf }),
    })
    let jobs: Job[] = []
    let ended: Job[] = []
    try {
      const end = await interruptible(async (signal) => {
        if (all) return followFleet(client, renderer, signal)
        jobs = await Promise.all([...new Set(ids)].map((id) => client.get(id, { signal })))
        ended = await followJobs(client, jobs, renderer, signal)
      })
      if ('interruption' in end) {
        if (jobs.length > 0) renderer.note(goingOn(client, jobs))
        return exitCodeOf(end.interruption)
      }
    } finally {
      renderer.close()
    }
    if (several && !json) {
      const ends = ended.map((job) => ({ input: `${job.id} ${inputName(job.input)}`, ...outcomeOf(job) }))
      process.stderr.write(`${tally(ends, styleOf(process.stderr, process.env))}\n`)
    }
    return ended.every((job) => job.state === 'completed') ? EXIT.ok : EXIT.failed
  },
})

/** Said where somebody no longer looks at jobs that have not ended. */
export function goingOn(client: FfleetClient, jobs: readonly Job[]): string {
  const [first] = jobs
  if (jobs.length > 1) {
    return `${jobs.length} jobs go on at ${client.baseUrl}; \`ffleet watch --all\` follows them, \`ffleet cancel\` ends those that it is given.`
  }
  return `Job ${first!.id} goes on at ${client.baseUrl}${first!.links.self}; \`ffleet watch ${first!.id}\` follows it, \`ffleet cancel ${first!.id}\` ends it.`
}
