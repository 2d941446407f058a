import { defineCommand } from 'citty'
import { openInBrowser } from '../browser.js'
import { print } from '../print.js'
import { JOB_WORDS, jobId } from '../request/job-ids.js'
import { clientOf, SERVER_OPTION } from '../server.js'

export default defineCommand({
  meta: { name: 'open', description: 'Print the address of the web page, and open it where stdout is a terminal' },
  args: {
    job: { type: 'positional', required: false, description: `The page of this job. ${JOB_WORDS}` },
    print: { type: 'boolean', description: 'Only print it; so it is where CI is set, too' },
    ...SERVER_OPTION,
  },
  async run({ args }) {
    const client = clientOf(args)
    const job = args.job === undefined ? null : await client.get(await jobId(client, args.job))
    const address = `${client.baseUrl}/${job === null ? '' : `jobs/${job.id}`}`
    print(address)
    if (process.stdout.isTTY && !args.print && !process.env.CI) openInBrowser(address)
  },
})
