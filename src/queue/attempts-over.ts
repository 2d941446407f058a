import type { Connection } from './connection.js'

/** How many attempts of a job that has ended are over; null while it may go on; 'unknown' without a record of it. */
export async function attemptsOver(redis: Connection, jobId: string): Promise<number | 'unknown' | null> {
  const [request, final, attempt] = await redis.hmget(redis.names.keys.job(jobId), 'req', 'final', 'attempt')
  if (!request) return 'unknown'
  return final ? Number(attempt) : null
}
