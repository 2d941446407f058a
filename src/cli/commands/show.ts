import { defineCommand } from 'citty'
import type { Job } from '../../contract/index.js'
import { JSON_OPTION, print, printJson, stdoutColumns, stdoutStyle } from '../print.js'
import { formatBytes, formatClock, formatPercent, formatSpeed } from '../render/figures.js'
import { forecastWords } from '../render/forecast-words.js'
import { waitWords } from '../render/job-view.js'
import { inOptions } from '../render/option-words.js'
import { facts } from '../render/table.js'
import { JOB_WORDS, jobId } from '../request/job-ids.js'
import { clientOf, SERVER_OPTION } from '../server.js'

export default defineCommand({
  meta: { name: 'show', description: 'Show a job' },
  args: { job: { type: 'positional', required: true, description: JOB_WORDS }, ...JSON_OPTION, ...SERVER_OPTION },
  async run({ args }) {
    const client = clientOf(args)
    const job = await client.get(await jobId(client, args.job))
    if (args.json) return printJson(job)
    print(facts(rowsOf(job), stdoutStyle(), stdoutColumns()))
  },
})

function stateOf({ state, phase, waitsFor }: Job): string {
  if (phase !== null) return `${state}, ${phase}`
  return waitsFor === undefined ? state : `${state}, ${waitWords(waitsFor)}`
}

function rowsOf(job: Job): [string, string][] {
  const rows: [string, string][] = [
    ['job', job.id],
    ['state', stateOf(job)],
    ['input', (job.inputs ?? [job.input]).map(({ uri }) => uri).join(' + ')],
  ]
  for (const id of job.after ?? []) rows.push(['after', id])
  for (const output of job.outputs) {
    const bytes = output.bytes === null ? '' : `, ${formatBytes(output.bytes)}`
    rows.push(['output', `${output.name}: ${output.path}${bytes}`])
  }
  if (job.queuePosition !== null) rows.push(['position', String(job.queuePosition)])
  if (job.forecast) rows.push(['forecast', forecastWords(job.forecast, Date.now())])
  if (job.progress !== null && job.state === 'active') {
    const { percent, outTimeUs, speed, etaMs } = job.progress
    const parts = [formatPercent(percent)]
    if (outTimeUs !== null) parts.push(formatClock(outTimeUs / 1000))
    if (speed !== null) parts.push(formatSpeed(speed))
    if (etaMs !== null) parts.push(`ETA ${formatClock(etaMs)}`)
    rows.push(['progress', parts.join(', ')])
  }
  rows.push(['attempt', `${job.attempt} of ${job.maxAttempts}`])
  if (job.worker !== null) rows.push(['worker', job.worker])
  if (job.priority !== 0) rows.push(['priority', String(job.priority)])
  for (const [key, value] of Object.entries(job.tags)) rows.push(['tag', `${key}=${value}`])
  rows.push(['created', job.createdAt])
  if (job.startedAt !== null) rows.push(['started', job.startedAt])
  if (job.finishedAt !== null) rows.push(['finished', job.finishedAt])
  if (job.error !== null) {
    rows.push(
      ['error', `${job.error.code}: ${job.error.title}`],
      ['', inOptions(job.error.detail)],
      ['', inOptions(job.error.hint)],
    )
  }
  return rows
}
