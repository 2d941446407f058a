import { defineCommand } from 'citty'
import { printable } from '../render/text.js'
import { integerOf } from '../request/arguments.js'
import { JOB_WORDS, jobId } from '../request/job-ids.js'
import { clientOf, SERVER_OPTION } from '../server.js'

export default defineCommand({
  meta: { name: 'log', description: "Print ffmpeg's full log of a job's newest attempt" },
  args: {
    job: { type: 'positional', required: true, description: JOB_WORDS },
    attempt: { type: 'string', valueHint: 'N', description: 'Of this attempt' },
    ...SERVER_OPTION,
  },
  async run({ args }) {
    const attempt = integerOf(args.attempt, '--attempt', 1, 1_000)
    const client = clientOf(args)
    const log = await client.log(await jobId(client, args.job), { attempt })
    // A log quotes what a stranger's file holds; a pipe or file gets it untouched.
    process.stdout.write(process.stdout.isTTY ? log.split('\n').map(printable).join('\n') : log)
  },
})
