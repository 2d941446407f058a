import type { Schedule, ScheduleRun } from '../../contract/index.js'
import { formatLongSpan } from './figures.js'
import type { Style } from './style.js'
import { facts, table } from './table.js'

/** What they know of times is in UTC, as everywhere. */
const second = (text: string) => text.slice(0, 19).replace('T', ' ')

/** When it runs, as `30 3 * * * Europe/Berlin` or `every 6h`. */
function whenOf({ cron, everyMs, timeZone }: Schedule): string {
  return cron === null ? `every ${formatLongSpan(everyMs!)}` : `${cron} ${timeZone}`
}

/** How the newest run stands: as its job does, or why there is none. */
function stateOf({ outcome, jobState, code }: ScheduleRun): string {
  return outcome === 'submitted' ? (jobState ?? 'removed') : (code ?? outcome)
}

export function scheduleTable(schedules: readonly Schedule[], style: Style, columns: number | undefined): string {
  const rows = schedules.map((each) => [
    each.name,
    whenOf(each),
    each.paused ? 'paused' : second(each.nextRuns[0]!),
    each.lastRun === null ? 'never' : `${second(each.lastRun.slotAt)} ${stateOf(each.lastRun)}`,
  ])
  return table(['NAME', 'WHEN', 'NEXT (UTC)', 'LAST (UTC)'], rows, style, { columns })
}

export function runTable(runs: readonly ScheduleRun[], style: Style, columns: number | undefined): string {
  const rows = runs.map((run) => [
    second(run.slotAt),
    run.trigger,
    run.outcome,
    run.jobId ?? '',
    [stateOf(run), run.detail].filter((part) => part !== null && part !== run.outcome).join(': '),
  ])
  return table(['SLOT (UTC)', 'BY', 'OUTCOME', 'JOB', 'STATE'], rows, style, { columns })
}

export function scheduleFacts(schedule: Schedule, style: Style, columns: number | undefined): string {
  const { name, tenant, overlap, catchUp, paused, madeBy, nextRuns, lastRun, job } = schedule
  const played = job.inputs ?? (job.input === undefined ? [] : [job.input])
  const input = played.map((each) => (typeof each === 'string' ? each : each.uri)).join(', ')
  const outputs = job.outputs.map(({ preset, path }) => (path === undefined ? preset : `${preset} to ${path}`))
  const rows: [string, string][] = [
    ['name', name],
    ...(tenant === null ? [] : [['tenant', tenant] as [string, string]]),
    ['when', whenOf(schedule)],
    ['next', paused ? 'paused; `ffleet schedule resume` lets it go on' : nextRuns.map(second).join(', ')],
    ['last', lastRun === null ? 'never' : `${second(lastRun.slotAt)} ${stateOf(lastRun)}`],
    ['input', input],
    ['outputs', outputs.join(', ')],
    ['overlap', overlap],
    ['catch up', catchUp],
    ['made by', madeBy],
  ]
  return facts(rows, style, columns)
}
