/** How much a tenant may have at once. Limits stand in the file with the keys; Redis holds what APIs read there, for the scripts. */
import { FfleetError, QUOTAS, type QueueInfo, type Quotas } from '../contract/index.js'
import type { Connection } from './connection.js'

/** The limits of tenants by their names, `*` for all others; null: no limit, whatever `*` says. */
export type TenantQuotas = Readonly<Record<string, Quotas>>

/** From now on these count, and no others. False: they did already. */
export async function publishQuotas(redis: Connection, quotas: TenantQuotas): Promise<boolean> {
  const { keys } = redis.names
  const fields = Object.entries(quotas).flatMap(([tenant, limits]) =>
    QUOTAS.flatMap((what) => (limits[what] === undefined ? [] : [[`${tenant}:${what}`, `${limits[what] ?? 'none'}`]])),
  )
  const now = await redis.hgetall(keys.quotas)
  if (fields.length === Object.keys(now).length && fields.every(([field, limit]) => now[field!] === limit)) return false
  const all = redis.multi().del(keys.quotas)
  if (fields.length > 0) all.hset(keys.quotas, ...fields.flat())
  await all.exec()
  return true
}

/** What a tenant may have and has. */
export async function quotaUseOf(redis: Connection, tenant: string): Promise<NonNullable<QueueInfo['quotas']>> {
  const { keys } = redis.names
  const [own, others, queued, running, bytes] = await Promise.all([
    redis.hmget(keys.quotas, ...QUOTAS.map((what) => `${tenant}:${what}`)),
    redis.hmget(keys.quotas, ...QUOTAS.map((what) => `*:${what}`)),
    redis.scard(keys.openOf(tenant)),
    redis.scard(keys.runningOf(tenant)),
    redis.hget(keys.stored, tenant),
  ])
  const limit = (i: number) => {
    const told = own[i] ?? others[i] ?? 'none'
    return told === 'none' ? null : Number(told)
  }
  return {
    queued: { limit: limit(0), used: queued },
    running: { limit: limit(1), used: running },
    bytes: { limit: limit(2), used: Number(bytes ?? 0) },
  }
}

/** `told`: which quota, the limit, and what there is. */
export function quotaExceeded(tenant: string, [quota, limit, used]: readonly string[]): FfleetError {
  if (quota === 'bytes') {
    const detail = `The outputs of the jobs of ${tenant} have ${used} bytes; the limit is ${limit}.`
    return new FfleetError('QUOTA_EXCEEDED', detail, {
      hint: 'Remove jobs whose outputs are not needed any more, with those outputs, or ask the operator for more.',
    })
  }
  const detail = `${tenant} has ${used} jobs that have not ended; the limit is ${limit}.`
  return new FfleetError('QUOTA_EXCEEDED', detail, {
    hint: 'Wait for jobs to end, cancel some, or ask the operator for more.',
  })
}
