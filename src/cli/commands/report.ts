import { defineCommand } from 'citty'
import { JSON_OPTION, print, printJson, stdoutStyle } from '../print.js'
import { reportSummary } from '../render/report-summary.js'
import { JOB_WORDS, jobId } from '../request/job-ids.js'
import { clientOf, SERVER_OPTION } from '../server.js'

export default defineCommand({
  meta: { name: 'report', description: 'Show what ffmpeg did for a job; the whole of it with --json' },
  args: { job: { type: 'positional', required: true, description: JOB_WORDS }, ...JSON_OPTION, ...SERVER_OPTION },
  async run({ args }) {
    const client = clientOf(args)
    const report = await client.report(await jobId(client, args.job))
    if (args.json) return printJson(report)
    print(reportSummary(report, stdoutStyle()))
  },
})
