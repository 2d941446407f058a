import type { Queue as BullQueue } from 'bullmq'
import type { WorkerInfo } from '../contract/index.js'
import { guarded } from './availability.js'
import type { Connection } from './connection.js'
import type { FleetRegistry } from './types.js'

export const HEARTBEAT_MS = 3_000
/** A worker that was silent for so long is gone. */
export const WORKER_TTL_MS = 15_000
const DRAIN_TTL_MS = 60 * 60 * 1000

/** What a heartbeat tells of a worker; what it runs, the records of the jobs tell at every moment. */
export type Heartbeat = Omit<WorkerInfo, 'busy' | 'jobs'>

/** The fleet as heartbeats and jobs tell. */
export function createFleetRegistry(redis: Connection, bull: BullQueue): FleetRegistry {
  const { channels, keys } = redis.names
  return {
    list: guarded(async () => {
      const ids = await redis.zrangebyscore(keys.workers, Date.now() - WORKER_TTL_MS, '+inf')
      if (ids.length === 0) return []
      const [beats, runs] = await Promise.all([redis.mget(ids.map((id) => keys.worker(id))), runsIn(redis)])
      return beats
        .flatMap((beat) => (beat === null ? [] : [JSON.parse(beat) as Heartbeat]))
        .sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1))
        .map((worker) => {
          const jobs = runs.filter((run) => run.worker === worker.id).map((run) => run.jobId)
          return { ...worker, busy: jobs.length, jobs }
        })
    }),
    drain: guarded(async (workerId: string) => {
      if ((await redis.exists(keys.worker(workerId))) === 0) return false
      // The mark stays for a worker that misses the message.
      await redis.set(keys.drain(workerId), '1', 'PX', DRAIN_TTL_MS)
      await redis.publish(channels.control, `drain ${workerId}`)
      return true
    }),
    lost: guarded(async (workerId: string) => {
      for (const { jobId, worker } of await runsIn(redis)) {
        if (worker !== workerId) continue
        const [job, token] = await Promise.all([bull.getJob(jobId), redis.hget(keys.job(jobId), 'token')])
        // Where its lock has run out meanwhile, or another one has it, there is nothing to do.
        if (job && token) await job.moveToWait(token).catch(() => {})
      }
      if ((await redis.zrem(keys.workers, workerId)) === 1) {
        await tellFleet(redis, 'worker.left', workerId, 'lost: its process ended')
      }
    }),
  }
}

async function runsIn(redis: Connection): Promise<{ jobId: string; worker: string | null }[]> {
  const { keys } = redis.names
  const ids = await redis.zrange(keys.active, 0, -1)
  return Promise.all(ids.map(async (jobId) => ({ jobId, worker: await redis.hget(keys.job(jobId), 'worker') })))
}

/** A worker's own entry in the registry. */
export type FleetMember = {
  join(beat: Heartbeat): Promise<void>
  /** Says that the worker lives, and learns whether it was asked to drain. */
  beat(beat: Heartbeat): Promise<{ drain: boolean }>
  /** Whether a worker of that id lives. */
  knows(id: string): Promise<boolean>
  draining(reason: string | null): Promise<void>
  leave(reason: string | null): Promise<void>
}

export function createFleetMember(redis: Connection, id: string): FleetMember {
  const { keys } = redis.names
  const write = (beat: Heartbeat) =>
    redis
      .multi()
      .set(keys.worker(id), JSON.stringify(beat), 'PX', WORKER_TTL_MS)
      .zadd(keys.workers, Date.now(), id)
      .exists(keys.drain(id))
      .exec()
  return {
    async join(beat) {
      await write(beat)
      await tellFleet(redis, 'worker.joined', id, null)
    },
    async beat(beat) {
      const answers = await write(beat)
      return { drain: answers?.[2]?.[1] === 1 }
    },
    knows: async (other) => (await redis.exists(keys.worker(other))) === 1,
    draining: (reason) => tellFleet(redis, 'worker.draining', id, reason),
    async leave(reason) {
      await redis.del(keys.worker(id), keys.drain(id))
      if ((await redis.zrem(keys.workers, id)) === 1) await tellFleet(redis, 'worker.left', id, reason)
    },
  }
}

/** Takes workers off the list whose heartbeat stopped; whoever takes one off tells the fleet. */
export async function buryLostWorkers(redis: Connection): Promise<void> {
  const { keys } = redis.names
  for (const id of await redis.zrangebyscore(keys.workers, '-inf', Date.now() - WORKER_TTL_MS)) {
    if ((await redis.zrem(keys.workers, id)) === 1)
      await tellFleet(redis, 'worker.left', id, 'lost: its heartbeat stopped')
  }
}

async function tellFleet(redis: Connection, type: string, worker: string, reason: string | null): Promise<void> {
  await redis.ffFleetEvent(type, Date.now(), JSON.stringify({ worker, reason }))
}

/** What workers are told from afar. `onNeeds`: a job waits for a worker that has what it needs. */
export type Control = {
  onCancel: (jobId: string) => void
  onDrain: (workerId: string) => void
  onNeeds?: (jobId: string) => void
}

/** Listens for cancellations and drains; both leave a durable mark too, for a message that is missed. */
export async function listenForControl(subscriber: Connection, control: Control): Promise<void> {
  const { channels } = subscriber.names
  subscriber.on('message', (channel: string, message: string) => {
    if (channel !== channels.control) return
    const [verb, id] = message.split(' ')
    if (verb === 'cancel') control.onCancel(id!)
    else if (verb === 'drain') control.onDrain(id!)
    else if (verb === 'needs') control.onNeeds?.(id!)
  })
  await subscriber.subscribe(channels.control)
}
