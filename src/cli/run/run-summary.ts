import { relative } from 'node:path'
import type { Job, Report } from '../../contract/index.js'
import { formatBytes, formatClock } from '../render/figures.js'
import { endLine } from '../render/job-line.js'
import { describe, newJobView } from '../render/job-view.js'
import { inOptions } from '../render/option-words.js'
import { culpritLines, passFacts, probeText } from '../render/report-summary.js'
import type { Style } from '../render/style.js'
import { facts } from '../render/table.js'
import { printable } from '../render/text.js'

/** What is kept of a run: the report, and where it and the log lie; null where there is none. */
export type Records = { report: Report | null; reportFile: string | null; logFile: string | null }

/** How a job ended, where everything lies, and what it took. `outputPaths` are in the order of the job's outputs. */
export function runSummary(
  job: Job,
  { report, reportFile, logFile }: Records,
  outputPaths: readonly (string | null)[],
  style: Style,
): string {
  const view = newJobView(job.id)
  describe(view, job)
  view.job = job
  const rows: [string, string][] = []
  if (job.state === 'completed') {
    job.outputs.forEach((output, i) => {
      const probe = report?.outputs.find((one) => one.name === output.name)?.probe
      const size = output.bytes === null ? [] : [formatBytes(output.bytes)]
      const length = output.durationMs === null ? [] : [formatClock(output.durationMs)]
      // A folder has more in it than what was probed.
      const what = probe ? probeText({ ...probe, bytes: output.bytes ?? probe.bytes }) : [...length, ...size].join(', ')
      rows.push(['output', `${shown(outputPaths[i] ?? output.path)}  ${what}`])
    })
  }
  for (const { output, detail } of job.warnings) {
    rows.push(['warning', style.warn(printable(job.outputs.length > 1 ? `${output}: ${detail}` : detail))])
  }
  for (const pass of report?.attempts.at(-1)?.passes ?? []) {
    rows.push([pass.label, passFacts({ ...pass.summary, bytes: null }).join(', ')])
  }
  if (reportFile) rows.push(['report', shown(reportFile)])
  if (logFile) rows.push(['log', shown(logFile)])
  const text = [endLine(view, style)]
  if (job.error !== null) text.push(`  ${inOptions(job.error.detail)}`)
  const attempt = report?.attempts.at(-1)
  if (job.state === 'failed' && attempt) text.push(...culpritLines(attempt, style))
  if (rows.length > 0) text.push(indent(facts(rows, style)))
  // What the person can do about it comes last, where it is seen.
  if (job.error !== null) text.push(`  ${style.accent(inOptions(job.error.hint))}`)
  return text.join('\n')
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}

/** Relative where that is shorter. */
function shown(path: string): string {
  const near = relative(process.cwd(), path)
  return path.startsWith('/') && near.length < path.length && !near.startsWith('../..') ? near : path
}
