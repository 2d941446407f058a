/** What was used and made, by tenant and day; the scripts that end attempts and jobs count it. */
import type { Job, UsageDay } from '../contract/index.js'
import type { Connection } from './connection.js'
import { DAY_MS } from './keys.js'

/** Days as `YYYY-MM-DD` of UTC, both included. Without `tenant`: of all; null: of jobs that belong to none. */
export type UsageRange = { from: string; to: string; tenant?: string | null }

const COUNTS = ['completed', 'failed', 'cancelled', 'attempts'] as const
/** What there is only when an attempt has ended, and only when a job has completed. */
const FIGURES = {
  cpuMs: 'attempts',
  mediaMs: 'completed',
  outputMs: 'completed',
  inputBytes: 'completed',
  outputBytes: 'completed',
} as const
const NAMES = [...COUNTS, ...(Object.keys(FIGURES) as (keyof typeof FIGURES)[])]
type Amounts = Partial<Record<(typeof NAMES)[number], number>>

/** A figure of all outputs of a job, added up; what is not known of one counts as nothing. */
export function sumOf({ outputs }: Job, figure: 'durationMs' | 'bytes'): number {
  return Math.round(outputs.reduce((sum, output) => sum + (output[figure] ?? 0), 0))
}

/** Oldest day first, then by tenant; days and tenants on which nothing ended are left out. */
export async function readUsage(redis: Connection, { from, to, tenant }: UsageRange): Promise<UsageDay[]> {
  const [first, last] = [dayOf(from), dayOf(to)]
  const days = Array.from({ length: last - first + 1 }, (_, i) => first + i)
  const read = tenant === undefined ? readAll : readOne(tenant)
  const told = await Promise.all(days.map((day) => read(redis, day)))
  return days.flatMap((day, i) => told[i]!.map(([whose, amounts]) => usageOf(day, whose, amounts)))
}

const dayOf = (date: string) => Math.floor(Date.parse(date) / DAY_MS)

async function readAll(redis: Connection, day: number): Promise<[string, Amounts][]> {
  const byTenant = new Map<string, Amounts>()
  for (const [field, amount] of Object.entries(await redis.hgetall(redis.names.keys.usage(day)))) {
    const colon = field.indexOf(':')
    const whose = field.slice(colon + 1)
    byTenant.set(whose, { ...byTenant.get(whose), [field.slice(0, colon)]: Number(amount) })
  }
  return [...byTenant].sort(([a], [b]) => (a < b ? -1 : 1))
}

const readOne =
  (tenant: string | null) =>
  async (redis: Connection, day: number): Promise<[string, Amounts][]> => {
    const fields = NAMES.map((name) => `${name}:${tenant ?? ''}`)
    const amounts = await redis.hmget(redis.names.keys.usage(day), ...fields)
    const known = NAMES.flatMap((name, i) => (amounts[i] === null ? [] : [[name, Number(amounts[i])] as const]))
    return known.length === 0 ? [] : [[tenant ?? '', Object.fromEntries(known)]]
  }

function usageOf(day: number, tenant: string, amounts: Amounts): UsageDay {
  const { completed = 0, failed = 0, cancelled = 0, attempts = 0 } = amounts
  const figure = (name: keyof typeof FIGURES) => amounts[name] ?? (amounts[FIGURES[name]] ? null : 0)
  return {
    day: new Date(day * DAY_MS).toISOString().slice(0, 10),
    tenant: tenant || null,
    jobs: { completed, failed, cancelled },
    attempts,
    cpuMs: figure('cpuMs'),
    mediaMs: figure('mediaMs'),
    outputMs: figure('outputMs'),
    inputBytes: figure('inputBytes'),
    outputBytes: figure('outputBytes'),
  }
}
