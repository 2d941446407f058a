import type { Queue } from 'bullmq'
import type { Connection } from './connection.js'
import { enqueue } from './enqueue.js'
import { buryLostWorkers } from './fleet.js'
import { pairsOf } from './pairs.js'
import { readRecord } from './record.js'
import { requeue } from './requeue.js'
import { isEnded, release, settle } from './settle.js'
import type { Turns } from './turns/turns.js'
import type { JobQueue } from './types.js'

export type SweeperOptions = {
  redis: Connection
  bull: Queue
  jobs: JobQueue
  turns: Turns
  backoffMs: number
  keepEventsMs: number
  /** Ended jobs are forgotten after so long, or when there are more than so many. */
  keepJobsMs: number
  keepJobsCount: number
  /** Jobs that were forgotten; their reports can go. */
  onForgotten: (ids: string[]) => Promise<void>
  onError: (error: unknown) => void
  /** Between two rounds; a job is left to its submitter for as long. Default 5,000. */
  intervalMs?: number
}

type Sweep = Required<SweeperOptions>

const FULL_SWEEP_EVERY = 12
const NEWEST = 200
const BATCH = 200

/**
 * Puts right what a process left undone when it died: a job that was recorded but not handed to BullMQ, a job whose end was
 * never told, followers of an ended job that were not told, a retry that got half-way, a cancelled job that lost its worker, turns that nobody called up, workers that are
 * gone, jobs kept for longer than they should be. A job that somebody removed from BullMQ by hand ends as cancelled. Every process may run one; a short lease lets one of them
 * work at a time, and every step may be repeated.
 */
export function startSweeper(given: SweeperOptions): { stop(): Promise<void> } {
  const options: Sweep = { intervalMs: 5_000, ...given }
  const { redis, intervalMs } = options
  const { keys } = redis.names
  const me = `${process.pid}-${Math.random().toString(36).slice(2)}`
  let rounds = 0
  let running: Promise<void> | null = null

  async function round(): Promise<void> {
    const holder = await redis.set(keys.sweeper, me, 'PX', intervalMs * 3, 'NX')
    if (holder === null && (await redis.get(keys.sweeper)) !== me) return
    await redis.pexpire(keys.sweeper, intervalMs * 3)
    await buryLostWorkers(redis)
    await mend(options, await redis.zrange(keys.active, 0, -1))
    for (const id of await redis.hkeys(keys.followed)) await release(options, id)
    if (rounds++ % FULL_SWEEP_EVERY === 0) await mendAll(options)
    else await mend(options, await redis.zrevrange(keys.open, 0, NEWEST - 1))
    await options.turns.callUpAll()
    await forget(options)
  }

  const timer = setInterval(() => {
    running ??= round()
      .catch(options.onError)
      .finally(() => {
        running = null
      })
  }, intervalMs)
  timer.unref()
  return {
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}

async function mendAll(options: Sweep): Promise<void> {
  const { redis } = options
  const { open, following } = redis.names.keys
  await inBatches(redis, following, (ids) => redis.ffLeftBehind(...ids))
  await inBatches(redis, open, (ids) => mend(options, ids))
}

async function inBatches(redis: Connection, set: string, each: (ids: string[]) => Promise<unknown>): Promise<void> {
  let after = '-'
  for (;;) {
    const ids = await redis.zrangebylex(set, after, '+', 'LIMIT', 0, BATCH)
    await each(ids)
    if (ids.length < BATCH) return
    after = `(${ids.at(-1)}`
  }
}

async function mend(options: Sweep, ids: string[]): Promise<void> {
  const { redis, bull } = options
  const { keys } = redis.names
  // One call for them all: nearly every job simply waits or runs, and there may be thousands.
  const suspects = ids.length === 0 ? [] : await redis.ffSuspects(options.intervalMs, ...ids)
  const found = await Promise.all(
    suspects.map(async (id) => ({
      id,
      state: await bull.getJobState(id),
      marks: await redis.hmget(keys.job(id), 'cancel', 'retrying', 'req', 'barred'),
    })),
  )
  let removed: Promise<Set<string>> | null = null
  for (const { id, state, marks } of found) {
    const [cancel, retrying, request, barred] = marks
    if (!request) await redis.multi().zrem(keys.open, id).zrem(keys.active, id).exec()
    else if (cancel === '1' || barred !== null) await settle(options, id)
    else if (retrying === '1' && (state === 'failed' || state === 'unknown')) await requeue(options, id)
    else if (isEnded(state)) await settle(options, id)
    else if (state === 'unknown') {
      const record = readRecord(id, await redis.hgetall(keys.job(id)))
      if (!record || record.ended) continue
      removed ??= removedByHand(redis)
      if (!(await removed).has(id)) await enqueue(options, record)
      else if ((await redis.ffCancel(id)) === 'ASKED') await settle(options, id)
    }
  }
}

/** Jobs that BullMQ tells were removed: one that is open here, and was never taken out by us, was by somebody else. */
async function removedByHand(redis: Connection): Promise<Set<string>> {
  const entries = await redis.xrevrange(redis.names.keys.bullEvents, '+', '-')
  const fields = entries.map(([, flat]) => Object.fromEntries(pairsOf(flat)))
  return new Set(fields.flatMap(({ event, jobId }) => (event === 'removed' && jobId ? [jobId] : [])))
}

async function forget(options: Sweep): Promise<void> {
  const { redis, jobs } = options
  const { keys } = redis.names
  const [ended, untold] = await Promise.all([redis.zcard(keys.ended), redis.zrange(keys.webhooksWaiting, 0, -1)])
  const surplus = ended - options.keepJobsCount
  // Those whose webhook has yet to be told stay until it is, or all tries of it have failed.
  const most = BATCH + untold.length
  const [old, many] = await Promise.all([
    redis.zrangebyscore(keys.ended, '-inf', Date.now() - options.keepJobsMs, 'LIMIT', 0, most),
    surplus > 0 ? redis.zrange(keys.ended, 0, Math.min(surplus, most) - 1) : [],
  ])
  const kept = new Set(untold)
  const ids = [...new Set([...old, ...many])].filter((id) => !kept.has(id)).slice(0, BATCH)
  for (const id of ids) await jobs.remove(id)
  if (ids.length > 0) await options.onForgotten(ids)
}
