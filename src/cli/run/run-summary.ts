import { relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Job, Report } from '../../contract/index.js'
import { formatBytes, formatClock } from '../render/figures.js'
import { endRows } from '../render/job-end.js'
import { endLine } from '../render/job-line.js'
import { describe, newJobView } from '../render/job-view.js'
import { inOptions } from '../render/option-words.js'
import { culpritLines, passFacts, probeText } from '../render/report-summary.js'
import type { Style } from '../render/style.js'
import { facts } from '../render/table.js'

/** What is kept of a run: the report, and where it and the log lie; null where there is none. */
export type Records = { report: Report | null; reportFile: string | null; logFile: string | null }

const NO_RECORDS: Records = { report: null, reportFile: null, logFile: null }

/**
 * How a job ended, where everything lies, and what it took. `outputPaths` are in the order of the job's outputs;
 * `server` as in `endRows`.
 */
export function runSummary(
  job: Job,
  records: Records | null,
  { outputPaths, server }: { outputPaths: readonly (string | null)[]; server: string | null },
  style: Style,
): string {
  const { report, reportFile, logFile } = records ?? NO_RECORDS
  const rows: [string, string][] = [['job', job.id]]
  if (job.state === 'completed') rows.push(...outputRows(job, report, outputPaths, server))
  for (const { output, detail } of job.warnings) {
    rows.push(['warning', job.outputs.length > 1 ? `${output}: ${detail}` : detail])
  }
  for (const pass of report?.attempts.at(-1)?.passes ?? []) {
    rows.push([pass.label, passFacts({ ...pass.summary, bytes: null }).join(', ')])
  }
  if (reportFile) rows.push(['report', shownPath(reportFile)])
  else if (job.state !== 'completed' && server !== null) rows.push(endRows(job, server).at(-1)!)
  if (logFile) rows.push(['log', shownPath(logFile)])
  const text = [endLineOf(job, style)]
  if (job.error !== null) text.push(`  ${inOptions(job.error.detail)}`)
  const attempt = report?.attempts.at(-1)
  if (job.state === 'failed' && attempt) text.push(...culpritLines(attempt, style))
  text.push(indent(facts(rows, style)))
  // What the person can do about it comes last, where it is seen.
  if (job.error !== null) text.push(`  ${style.accent(inOptions(job.error.hint))}`)
  return text.join('\n')
}

/** One of several: how it ended, which job it was, and where its outputs lie. */
export function shortSummary(
  job: Job,
  { outputPaths, server }: { outputPaths: readonly (string | null)[]; server: string | null },
  style: Style,
): string {
  const rows: [string, string][] = [['job', job.id]]
  if (job.state === 'completed') rows.push(...outputRows(job, null, outputPaths, server))
  else rows.push(...endRows(job, server).slice(1))
  return [endLineOf(job, style), indent(facts(rows, style))].join('\n')
}

function endLineOf(job: Job, style: Style): string {
  const view = newJobView(job.id)
  describe(view, job)
  view.job = job
  return endLine(view, style)
}

/** Where each output lies and what it is, and its address: of the server's, or of the file. */
function outputRows(
  job: Job,
  report: Report | null,
  outputPaths: readonly (string | null)[],
  server: string | null,
): [string, string][] {
  return job.outputs.flatMap((output, i): [string, string][] => {
    const probe = report?.outputs.find((one) => one.name === output.name)?.probe
    const size = output.bytes === null ? [] : [formatBytes(output.bytes)]
    const length = output.durationMs === null ? [] : [formatClock(output.durationMs)]
    // A folder has more in it than what was probed.
    const what = probe ? probeText({ ...probe, bytes: output.bytes ?? probe.bytes }) : [...length, ...size].join(', ')
    const path = outputPaths[i] ?? null
    const address = server === null ? path && pathToFileURL(path).href : output.href && server + output.href
    const row: [string, string] = ['output', `${path === null ? output.path : shownPath(path)}  ${what}`]
    return address === null ? [row] : [row, ['', address]]
  })
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}

/** Relative where that is shorter. */
export function shownPath(path: string): string {
  const near = relative(process.cwd(), path)
  return path.startsWith('/') && near.length < path.length && !near.startsWith('../..') ? near : path
}
