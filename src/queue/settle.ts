import type { Queue } from 'bullmq'
import type { Job, JobError, TerminalState } from '../contract/index.js'
import { encodeProgress } from './codec.js'
import type { Connection } from './connection.js'
import { type EnqueueOptions, enqueue } from './enqueue.js'
import { whyBarred } from './followers/course.js'
import { mediaMadeMs, outcomeOf } from './outcomes.js'
import { endedJob, givenPaths, type JobRecord, jobError, readRecord } from './record.js'
import { requeue } from './requeue.js'
import type { Turns } from './turns/turns.js'
import { sumOf } from './usage.js'

export type SettleDeps = EnqueueOptions & { redis: Connection; turns: Turns; keepEventsMs: number }

/** Followers that are told at once: each costs Redis a few looks in one script. */
const AT_ONCE = 100

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
    record.request.inputBytes ?? record.sources.get(record.request.input.uri)?.output.bytes ?? '',
    givenUp.length,
    ...givenUp,
    ...last,
  )
  if (finished !== null) {
    if (finished[1] === '1') await deps.turns.callUp(record.tenant)
    // Not waited for, as there may be many, and not missed where it gets lost: the sweeper looks for those that are left.
    if (finished[2] === '1') release(deps, id).catch(() => {})
    return job
  }
  return readRecord(id, await redis.hgetall(keys.job(id)))?.ended?.job ?? null
}

async function decide(bull: Queue, record: JobRecord, state: string): Promise<TerminalState | null> {
  // It waits for a job that will not complete, so BullMQ has nothing of it but a former end.
  if (record.barred !== null) return record.cancelled ? 'cancelled' : 'failed'
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
  if (record.barred !== null) {
    return jobError('PREDECESSOR_FAILED', whyBarred(record.barred), { attempt: record.attempt, atMs })
  }
  if (record.error) return record.error
  const job = await bull.getJob(record.id)
  const stalled = /stalled/.test(job?.failedReason ?? '')
  return stalled
    ? jobError('WORKER_LOST', 'The worker was lost and no attempt is left.', { attempt: record.attempt, atMs })
    : jobError('INTERNAL_ERROR', 'The attempt ended without saying why.', { attempt: record.attempt, atMs })
}

/**
 * Tells the followers of a job that has ended: those that wait for nothing else now are handed to BullMQ, or end as it
 * did. May be repeated and left half-way, and done by several at once: the sweeper does what is left.
 */
export async function release(deps: SettleDeps, id: string): Promise<void> {
  const { redis, turns } = deps
  let done: string[] = []
  for (;;) {
    const [ids, more] = await redis.ffRelease(id, Date.now(), AT_ONCE, ...done)
    if (ids.length === 0 && more === '') return
    const tenants = await Promise.all(ids.map((follower) => goOn(deps, follower)))
    for (const tenant of new Set(tenants)) if (tenant !== undefined) await turns.callUp(tenant)
    done = ids
  }
}

/** Gives the tenant of a job that has its place in the queue now. */
async function goOn(deps: SettleDeps, id: string): Promise<string | null | undefined> {
  const { redis } = deps
  const record = readRecord(id, await redis.hgetall(redis.names.keys.job(id)))
  if (record === null || record.ended) return undefined
  if (record.barred !== null || record.cancelled) {
    await settle(deps, id)
    return undefined
  }
  if (record.retrying) await requeue(deps, id)
  else await enqueue(deps, record)
  return record.tenant
}
