import { defineCommand } from 'citty'
import { JSON_OPTION, print, printJson, stdoutStyle } from '../print.js'
import { reportSummary } from '../render/report-summary.js'
import { clientOf, SERVER_OPTION } from '../server.js'

export default defineCommand({
  meta: { name: 'report', description: 'Show what ffmpeg did for a job; the whole of it with --json' },
  args: { job: { type: 'positional', required: true, description: 'Id of the job' }, ...JSON_OPTION, ...SERVER_OPTION },
  async run({ args }) {
    const report = await clientOf(args).report(args.job)
    if (args.json) return printJson(report)
    print(reportSummary(report, stdoutStyle()))
  },
})
