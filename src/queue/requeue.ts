import type { Connection } from './connection.js'
import { type EnqueueOptions, enqueue } from './enqueue.js'
import { readRecord } from './record.js'

/** The second half of a retry; may be repeated, and done by two at once. */
export async function requeue(options: EnqueueOptions & { redis: Connection }, id: string): Promise<void> {
  const { redis, bull } = options
  const record = readRecord(id, await redis.hgetall(redis.names.keys.job(id)))
  if (record === null || record.ended) return
  const [state, job] = await Promise.all([bull.getJobState(id), bull.getJob(id)])
  try {
    if (state === 'unknown') await enqueue(options, { ...record, request: { ...record.request, delayMs: 0 } })
    else if (state === 'failed') await job?.retry('failed', { resetAttemptsMade: true })
    // It was cancelled before it was handed over, and came here all the same.
    else if (state === 'delayed') await job?.promote()
  } catch (error) {
    // The other one was faster.
    if ((await bull.getJobState(id)) === state) throw error
  }
}
