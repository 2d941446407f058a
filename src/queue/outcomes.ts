/** How jobs ended, minute by minute; the script that ends a job counts it. */
import type { Job, QueueHistory } from '../contract/index.js'
import type { Connection } from './connection.js'
import { HOUR_MS } from './keys.js'

const MINUTE_MS = 60_000
const FAILED = 'failed:'

/** What the history counts: `completed`, `cancelled` or `failed:<code>`. */
export function outcomeOf({ state, error }: Job): string {
  return state === 'failed' ? FAILED + (error?.code ?? 'INTERNAL_ERROR') : state
}

/** The length of the longest output of a job that completed. */
export function mediaMadeMs({ state, outputs }: Job): number {
  if (state !== 'completed') return 0
  return Math.round(Math.max(0, ...outputs.map(({ durationMs }) => durationMs ?? 0)))
}

/** Of the whole fleet, or of the jobs of one tenant. */
export async function readHistory(
  redis: Connection,
  minutes: number,
  nowMs: number,
  tenant: string | null = null,
): Promise<QueueHistory> {
  const { keys } = redis.names
  const keyOf = (hour: number) => (tenant === null ? keys.outcomes(hour) : keys.outcomesOfTenant(tenant, hour))
  const last = Math.floor(nowMs / MINUTE_MS)
  const starts = Array.from({ length: minutes }, (_, i) => (last - minutes + 1 + i) * MINUTE_MS)
  const hours = [...new Set(starts.map((ms) => Math.floor(ms / HOUR_MS)))]
  const told = await Promise.all(hours.map((hour) => redis.hgetall(keyOf(hour))))
  const byHour = new Map(hours.map((hour, i) => [hour, told[i]!]))
  return {
    bucketMs: MINUTE_MS,
    items: starts.map((ms) => itemOf(ms, byHour.get(Math.floor(ms / HOUR_MS))!)),
  }
}

function itemOf(ms: number, hour: Record<string, string>): QueueHistory['items'][number] {
  const prefix = `${Math.floor(ms / MINUTE_MS) % 60}:`
  const count = (name: string) => Number(hour[prefix + name] ?? 0)
  const failed = Object.entries(hour).flatMap(([field, n]) => {
    const begins = prefix + FAILED
    return field.startsWith(begins) ? [[field.slice(begins.length), Number(n)] as const] : []
  })
  return {
    at: new Date(ms).toISOString(),
    completed: count('completed'),
    cancelled: count('cancelled'),
    failed: Object.fromEntries(failed),
    mediaMs: count('media'),
  }
}
