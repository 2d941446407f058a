import { defineCommand } from 'citty'
import { CommandError, UsageError } from '../exit.js'
import { printable } from '../render/text.js'
import { integerOf } from '../request/arguments.js'
import { JOB_WORDS } from '../request/job-ids.js'
import { jobOrRun } from '../request/job-or-run.js'
import { SERVER_OPTION } from '../server.js'

export default defineCommand({
  meta: { name: 'log', description: "Print ffmpeg's full log of the newest attempt of a job or a run" },
  args: {
    job: { type: 'positional', required: true, description: JOB_WORDS },
    attempt: { type: 'string', valueHint: 'N', description: 'Of this attempt' },
    ...SERVER_OPTION,
  },
  async run({ args }) {
    const attempt = integerOf(args.attempt, '--attempt', 1, 1_000)
    const found = await jobOrRun(args.job, args)
    if (found.run && attempt !== undefined) throw new UsageError('Of a run only the log of its newest attempt is kept.')
    const log = found.run ? await found.run.log() : await found.client.log(found.id, { attempt })
    if (log === null) throw new CommandError(`The run ${found.id} ended before it had a log.`)
    // A log quotes what a stranger's file holds; a pipe or file gets it untouched.
    process.stdout.write(process.stdout.isTTY ? log.split('\n').map(printable).join('\n') : log)
  },
})
