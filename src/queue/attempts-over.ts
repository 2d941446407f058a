import type { Connection } from './connection.js'

/** How many attempts of a job that has ended are over; null while it may go on; 'unknown' without a record of it. */
export async function attemptsOver(redis: Connection, jobId: string): Promise<number | 'unknown' | null> {
  const begun = await attemptsOf(redis, jobId)
  if (begun === null) return 'unknown'
  return begun.hasEnded ? begun.attempts : null
}

/** The same of a job that may go on: all but its newest attempt. */
export async function attemptsPast(redis: Connection, jobId: string): Promise<number | 'unknown'> {
  const begun = await attemptsOf(redis, jobId)
  if (begun === null) return 'unknown'
  return begun.hasEnded ? begun.attempts : Math.max(0, begun.attempts - 1)
}

/** Null without a record of the job. */
async function attemptsOf(redis: Connection, jobId: string): Promise<{ attempts: number; hasEnded: boolean } | null> {
  const [request, final, attempt] = await redis.hmget(redis.names.keys.job(jobId), 'req', 'final', 'attempt')
  return request ? { attempts: Number(attempt ?? 0), hasEnded: Boolean(final) } : null
}

/** Whether the job ended as failed, so that it may be retried. */
export async function hasFailed(redis: Connection, jobId: string): Promise<boolean> {
  return (await redis.hget(redis.names.keys.job(jobId), 'term')) === 'failed'
}
