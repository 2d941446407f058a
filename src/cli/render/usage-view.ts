import type { UsageDay } from '../../contract/index.js'
import { formatBytes, formatSpan } from './figures.js'

/** A row for each day and tenant, and one of their sums. */
export function usageRows(items: readonly UsageDay[]): string[][] {
  const rows = items.map((item) => [item.day, item.tenant ?? '-', ...figuresOf(item)])
  return items.length < 2 ? rows : [...rows, ['total', '', ...figuresOf(totalOf(items))]]
}

type Figures = Omit<UsageDay, 'day' | 'tenant'>

function figuresOf({ jobs, attempts, cpuMs, mediaMs, outputMs, inputBytes, outputBytes }: Figures): string[] {
  const counts = [jobs.completed, jobs.failed, jobs.cancelled, attempts].map(String)
  return [...counts, ...[cpuMs, mediaMs, outputMs].map(formatSpan), ...[inputBytes, outputBytes].map(formatBytes)]
}

function totalOf(items: readonly UsageDay[]): Figures {
  const sum = (figure: (item: UsageDay) => number) => items.reduce((all, item) => all + figure(item), 0)
  /** What is not known of one is not known of all. */
  const known = (figure: (item: UsageDay) => number | null) =>
    items.some((item) => figure(item) === null) ? null : sum((item) => figure(item)!)
  return {
    jobs: {
      completed: sum(({ jobs }) => jobs.completed),
      failed: sum(({ jobs }) => jobs.failed),
      cancelled: sum(({ jobs }) => jobs.cancelled),
    },
    attempts: sum(({ attempts }) => attempts),
    cpuMs: known(({ cpuMs }) => cpuMs),
    mediaMs: known(({ mediaMs }) => mediaMs),
    outputMs: known(({ outputMs }) => outputMs),
    inputBytes: known(({ inputBytes }) => inputBytes),
    outputBytes: known(({ outputBytes }) => outputBytes),
  }
}

/** RFC 4180 with a head; what is not known is empty. No value needs quotes: they are dates, names of tenants and numbers. */
export function usageCsv(items: readonly UsageDay[]): string {
  const lines = items.map(({ day, tenant, jobs, ...figures }) =>
    [day, tenant, jobs.completed, jobs.failed, jobs.cancelled, ...FIGURES.map((name) => figures[name])]
      .map((value) => value ?? '')
      .join(','),
  )
  return [['day', 'tenant', 'completed', 'failed', 'cancelled', ...FIGURES].join(','), ...lines].join('\r\n')
}

const FIGURES = ['attempts', 'cpuMs', 'mediaMs', 'outputMs', 'inputBytes', 'outputBytes'] as const
