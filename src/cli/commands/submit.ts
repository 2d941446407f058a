import { defineCommand } from 'citty'
import { ON_EXISTS, type OnExists } from '../../contract/job.js'
import { EXIT } from '../exit.js'
import { followJobs } from '../follow.js'
import { exitCodeOf, interruptible } from '../interrupt.js'
import { JSON_OPTION, print, printJson } from '../print.js'
import { createRenderer } from '../render/index.js'
import { type Arguments, integerOf, RANGE_OPTIONS, rangeOf, secondsOf, tagsOf, valuesOf } from '../request/arguments.js'
import { jobRequest } from '../request/job-request.js'
import { OUTPUT_OPTIONS, outputChoices } from '../request/outputs.js'
import { clientOf, SERVER_OPTION } from '../server.js'

export default defineCommand({
  meta: { name: 'submit', description: 'Send a job to a server and print its id' },
  args: {
    input: { type: 'positional', required: true, description: "Path in the server's media root" },
    preset: { ...OUTPUT_OPTIONS.preset, description: 'Preset of the output; may be given again for another output' },
    output: { ...OUTPUT_OPTIONS.output, description: "Path in the server's output root; default <job>/<preset>.<ext>" },
    'on-exists': {
      type: 'enum',
      options: [...ON_EXISTS],
      description: 'When something is at the path already; default fail',
    },
    ...RANGE_OPTIONS,
    priority: { type: 'string', valueHint: 'N', description: '0 to 100, higher runs first' },
    'max-attempts': { type: 'string', valueHint: 'N', description: '1 to 10, default 3' },
    timeout: { type: 'string', valueHint: 'SECONDS', description: 'Limit on one attempt' },
    delay: { type: 'string', valueHint: 'SECONDS', description: 'Run no sooner than this' },
    tag: { type: 'string', valueHint: 'KEY=VALUE', description: 'May be given again' },
    watch: { type: 'boolean', alias: 'w', description: 'Follow the job to its end; 1 unless it completes' },
    ...JSON_OPTION,
    ...SERVER_OPTION,
  },
  async run({ args, data }) {
    const read = data as Arguments
    const client = clientOf(args)
    const request = jobRequest(args.input, outputChoices(read), {
      ...rangeOf(args),
      onExists: args['on-exists'] as OnExists | undefined,
      priority: integerOf(args.priority, '--priority', 0, 100),
      maxAttempts: integerOf(args['max-attempts'], '--max-attempts', 1, 10),
      timeoutMs: secondsOf(args.timeout, '--timeout'),
      delayMs: secondsOf(args.delay, '--delay'),
      tags: tagsOf(valuesOf(read, 'tag')),
    })
    const job = await client.submit(request)
    if (!args.watch) return args.json ? printJson(job) : print(job.id)
    const renderer = createRenderer({ json: args.json ?? false })
    try {
      const ended = await interruptible((signal) => followJobs(client, [job], renderer, signal))
      if ('interruption' in ended) {
        renderer.note(`The job goes on; \`ffleet watch ${job.id}\` follows it, \`ffleet cancel ${job.id}\` ends it.`)
        return exitCodeOf(ended.interruption)
      }
      return ended.result[0]?.state === 'completed' ? EXIT.ok : EXIT.failed
    } finally {
      renderer.close()
    }
  },
})
