import type { Connection } from './connection.js'

/** How many attempts of a job that has ended are over; null while it may go on; 'unknown' without a record of it. */
export async function attemptsOver(redis: Connection, jobId: string): Promise<number | 'unknown' | null> {
  const [request, final, attempt] = await redis.hmget(redis.names.keys.job(jobId), 'req', 'final', 'attempt')
  if (!request) return 'unknown'
  return final ? Number(attempt) : null
}

/** The same of a job that may go on: all but its newest attempt. */
export async function attemptsPast(redis: Connection, jobId: string): Promise<number | 'unknown'> {
  const [request, final, attempt] = await redis.hmget(redis.names.keys.job(jobId), 'req', 'final', 'attempt')
  if (!request) return 'unknown'
  return final ? Number(attempt) : Math.max(0, Number(attempt ?? 0) - 1)
}

/** Whether the job ended as failed, so that it may be retried. */
export async function hasFailed(redis: Connection, jobId: string): Promise<boolean> {
  return (await redis.hget(redis.names.keys.job(jobId), 'term')) === 'failed'
}
