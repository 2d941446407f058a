import type { Queue } from 'bullmq'
import type { Job, JobError, TerminalState } from '../contract/index.js'
import { encodeProgress } from './codec.js'
import type { Connection } from './connection.js'
import { mediaMadeMs, outcomeOf } from './outcomes.js'
import { endedJob, givenPaths, type JobRecord, jobError, readRecord } from './record.js'
import type { Turns } from './turns/turns.js'
import { sumOf } from './usage.js'

export type SettleDeps = { redis: Connection; bull: Queue; turns: Turns; keepEventsMs: number }

/** Whether BullMQ has done with a job. */
export function isEnded(state: string): state is 'completed' | 'failed' {
  return state === 'completed' || state === 'failed'
}

/**
 * Ends a job when the queue has ended it, or when it is cancelled and nobody holds it. Whoever notices may call this,
 * any number of times and at once: the script appends the terminal event for exactly one of them. Gives the terminal
 * resource, or null while the job goes on.
 */
export async function settle(deps: SettleDeps, id: string): Promise<Job | null> {
  const { redis, bull } = deps
  const { keys } = redis.names
  const [fields, bullState] = await Promise.all([redis.hgetall(keys.job(id)), bull.getJobState(id)])
  const record = readRecord(id, fields)
  if (record === null) return null
  if (record.ended) return record.ended.job
  const state = await decide(bull, record, bullState)
  if (state === null) return null
  const nowMs = Date.now()
  const job = endedJob(record, state, nowMs, state === 'failed' ? await failure(bull, record, nowMs) : null)
  // Where it put nothing, another job may.
  const givenUp = givenPaths(record.request.outputs.filter(({ name }) => !record.published.has(name)))
  const last = state === 'completed' && job.progress ? [job.progress.seq, ...encodeProgress(job.progress)] : []
  const finished = await redis.ffFinish(
    id,
    state,
    nowMs,
    JSON.stringify(job),
    deps.keepEventsMs,
    outcomeOf(job),
    mediaMadeMs(job),
    sumOf(job, 'durationMs'),
    sumOf(job, 'bytes'),
    record.request.inputBytes ?? '',
    givenUp.length,
    ...givenUp,
    ...last,
  )
  if (finished !== null) {
    if (finished[1] === '1') await deps.turns.callUp(record.tenant)
    return job
  }
  return readRecord(id, await redis.hgetall(keys.job(id)))?.ended?.job ?? null
}

async function decide(bull: Queue, record: JobRecord, state: string): Promise<TerminalState | null> {
  // What BullMQ says of a job that is being retried may be its former end.
  if (!record.retrying) {
    if (state === 'completed') return 'completed'
    if (state === 'failed') return record.cancelled ? 'cancelled' : 'failed'
  }
  // Removing succeeds unless a worker holds the job's lock.
  if (record.cancelled && !record.committed && (state === 'unknown' || (await bull.remove(record.id)) === 1))
    return 'cancelled'
  return null
}

/** The error a failed job ends with: the last attempt's, or what BullMQ says when no attempt came to say it. */
async function failure(bull: Queue, record: JobRecord, atMs: number): Promise<JobError> {
  if (record.error) return record.error
  const job = await bull.getJob(record.id)
  const stalled = /stalled/.test(job?.failedReason ?? '')
  return stalled
    ? jobError('WORKER_LOST', 'The worker was lost and no attempt is left.', { attempt: record.attempt, atMs })
    : jobError('INTERNAL_ERROR', 'The attempt ended without saying why.', { attempt: record.attempt, atMs })
}
