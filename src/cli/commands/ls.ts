import { defineCommand } from 'citty'
import type { ErrorCode, Job } from '../../contract/index.js'
import { isTerminal, JOB_STATES, type JobState } from '../../contract/states.js'
import { JSON_OPTION, print, printJsonLine, stdoutColumns, stdoutStyle } from '../print.js'
import { formatPercent, formatSpan } from '../render/figures.js'
import { jobLabel, waitWords } from '../render/job-view.js'
import { table } from '../render/table.js'
import { type Arguments, integerOf, tagsOf, timeOf, valuesOf } from '../request/arguments.js'
import { clientOf, SERVER_OPTION } from '../server.js'

export default defineCommand({
  meta: { name: 'ls', description: 'List jobs, newest first' },
  args: {
    state: { type: 'enum', options: [...JOB_STATES], description: 'Only jobs in this state' },
    tag: { type: 'string', valueHint: 'KEY=VALUE', description: 'Only jobs with this tag; may be given again' },
    preset: { type: 'string', valueHint: 'NAME', description: 'Only jobs with an output of this preset' },
    code: { type: 'string', valueHint: 'CODE', description: 'Only jobs that failed with this code' },
    text: { type: 'string', valueHint: 'TEXT', description: 'Only jobs with this in their id, paths or tags' },
    since: { type: 'string', valueHint: 'TIME', description: 'Only jobs submitted since: 2h, 3d, or 2026-11-27' },
    until: { type: 'string', valueHint: 'TIME', description: 'Only jobs submitted before' },
    limit: { type: 'string', valueHint: 'N', description: 'How many at most; default 20' },
    all: { type: 'boolean', description: 'Without a limit' },
    ...JSON_OPTION,
    ...SERVER_OPTION,
  },
  async run({ args, data }) {
    const limit = args.all ? Number.POSITIVE_INFINITY : (integerOf(args.limit, '--limit', 1, 1_000_000) ?? 20)
    const tags = tagsOf(valuesOf(data as Arguments, 'tag'))
    const filter = {
      state: args.state as JobState | undefined,
      tags,
      preset: args.preset,
      code: args.code as ErrorCode | undefined,
      text: args.text,
      since: timeOf(args.since, '--since'),
      until: timeOf(args.until, '--until'),
      limit: Math.min(limit, 200),
    }
    const jobs: Job[] = []
    let shown = 0
    for await (const job of clientOf(args).list(filter)) {
      if (args.json) printJsonLine(job)
      else jobs.push(job)
      if (++shown >= limit) break
    }
    if (args.json) return
    if (jobs.length === 0) return print('No jobs.')
    const rows = jobs.map((job) => [job.id, job.state, progressOf(job), ageOf(job), jobLabel(job)])
    print(table(['JOB', 'STATE', 'PROGRESS', 'AGE', 'WHAT'], rows, stdoutStyle(), { columns: stdoutColumns() }))
  },
})

function progressOf(job: Job): string {
  if (job.state === 'failed') return job.error?.code ?? ''
  if (job.waitsFor !== undefined) return waitWords(job.waitsFor)
  if (job.state === 'queued') return job.queuePosition === null ? '' : `position ${job.queuePosition}`
  if (isTerminal(job.state)) return ''
  return [formatPercent(job.progress?.percent ?? null), job.phase ?? ''].join(' ').trim()
}

function ageOf(job: Job): string {
  return formatSpan(Date.now() - Date.parse(job.createdAt))
}
