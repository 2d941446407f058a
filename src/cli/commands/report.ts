import { defineCommand } from 'citty'
import { CommandError } from '../exit.js'
import { JSON_OPTION, print, printJson, stdoutStyle } from '../print.js'
import { reportSummary } from '../render/report-summary.js'
import { JOB_WORDS } from '../request/job-ids.js'
import { jobOrRun } from '../request/job-or-run.js'
import { SERVER_OPTION } from '../server.js'

export default defineCommand({
  meta: { name: 'report', description: 'Show what ffmpeg did for a job or a run; the whole of it with --json' },
  args: { job: { type: 'positional', required: true, description: JOB_WORDS }, ...JSON_OPTION, ...SERVER_OPTION },
  async run({ args }) {
    const found = await jobOrRun(args.job, args)
    const report = found.run ? await found.run.report() : await found.client.report(found.id)
    if (report === null) throw new CommandError(`The run ${found.id} ended before it had a report.`)
    if (args.json) return printJson(report)
    print(reportSummary(report, stdoutStyle()))
  },
})
