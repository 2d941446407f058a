/**
 * Who delivers: a BullMQ worker whose jobs say no more than that a job has news for its webhook, under the job's own id, so that
 * there is one of each. What is sent next stands in the event log behind the cursor; what waits, in `ffleet:webhooks:due`. Should
 * a word get lost between the two, the sweep finds it there.
 */
import { randomUUID } from 'node:crypto'
import { type Job as BullJob, Queue as BullQueue, DelayedError, WaitingError, Worker } from 'bullmq'
import { openConnection, type RedisSource } from '../connection.js'
import { WEBHOOK_QUEUE_NAME } from '../keys.js'
import { defineScripts } from '../scripts.js'
import { type OnTried, type Send, tell } from './tell.js'

export type DelivererOptions = {
  send: Send
  /** Jobs that are told of at once. */
  concurrency: number
  /** Between two looks for what nobody was told of. Default 5,000. */
  sweepMs?: number | undefined
  /** After each try that counts. */
  onTried?: OnTried | undefined
}

export type Deliverer = {
  /** Takes no more, and gives up what is under way: somebody else takes it. */
  close(): Promise<void>
}

/** Renewed at half, however long a try takes; so soon somebody else goes on when this process is killed. */
const LOCK_MS = 10_000
const STALLED_CHECK_MS = 2_000
const SWEPT_AT_ONCE = 500
const LONGEST_CLOSE_MS = 3_000
/** BullMQ 6.7.0 stops renewing a lock when a worker picks its own stalled job up again: that has to wait. */
const OWN_STALLED_MS = 1_000

export function openDeliverer(
  { source, onError }: { source: RedisSource; onError: (error: Error) => void },
  { send, concurrency, sweepMs = 5_000, onTried = () => {} }: DelivererOptions,
): Deliverer {
  const redis = openConnection(source, 'worker', onError)
  defineScripts(redis)
  const subscriber = openConnection(source, 'subscriber', onError)
  const { bullPrefix: prefix, channels } = redis.names
  const bull = new BullQueue(WEBHOOK_QUEUE_NAME, { connection: redis, prefix, skipVersionCheck: true })
  bull.on('error', onError)
  const closing = new AbortController()
  const running = new Set<string>()

  /** Lets BullMQ know that a job has news. Whoever hears of them may say so, any number of times. */
  async function announce(id: string, inMs: number): Promise<void> {
    const state = await bull.getJobState(id)
    if (state === 'unknown') {
      await bull.add('deliver', {}, { jobId: id, delay: inMs, removeOnComplete: true, removeOnFail: true })
    } else if (state === 'delayed' && inMs === 0) {
      // Another one may have been faster.
      await (await bull.getJob(id))?.promote().catch(() => {})
    }
  }

  async function announceAnew(id: string): Promise<void> {
    const inMs = await redis.ffHookDueIn(id)
    if (inMs !== null) await announce(id, inMs)
  }

  let isSweeping = false
  async function sweep(): Promise<void> {
    if (isSweeping) return
    isSweeping = true
    try {
      const ids = await redis.ffHooksDue(SWEPT_AT_ONCE)
      await Promise.all(ids.map((id) => announce(id, 0)))
    } catch (error) {
      onError(error as Error)
    } finally {
      isSweeping = false
    }
  }

  subscriber.on('message', (_channel: string, message: string) => {
    const [id = '', inMs] = message.split(' ')
    announce(id, Number(inMs)).catch(onError)
  })
  subscriber.on('ready', () => {
    subscriber.subscribe(channels.webhooks).then(sweep, () => subscriber.disconnect(true))
  })
  const timer = setInterval(() => void sweep(), sweepMs)
  timer.unref()

  async function take(job: BullJob, lock?: string): Promise<void> {
    const id = job.id!
    if (running.has(id)) {
      await job.moveToDelayed(Date.now() + OWN_STALLED_MS, lock)
      throw new DelayedError()
    }
    running.add(id)
    const token = randomUUID()
    try {
      const waitMs = await tell({ redis, send, onTried }, id, token, closing.signal)
      if (waitMs === null) return
      await job.moveToDelayed(Date.now() + waitMs, lock)
      // Something may have come that does not wait so long.
      const inMs = await redis.ffHookDueIn(id)
      if (inMs !== null && inMs < waitMs) await announce(id, 0)
    } catch (error) {
      await redis.ffHookRelease(id, token)
      if (!closing.signal.aborted) throw error
      await job.moveToWait(lock)
      throw new WaitingError()
    } finally {
      running.delete(id)
    }
    throw new DelayedError()
  }

  const worker = new Worker(WEBHOOK_QUEUE_NAME, take, {
    connection: redis,
    prefix,
    concurrency,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_CHECK_MS,
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    drainDelay: 5,
  })
  worker.on('error', onError)
  worker.on('failed', (_job, error) => onError(error))
  // What came while BullMQ put the job away was not added again.
  worker.on('completed', (job) => void announceAnew(job.id!).catch(onError))

  return {
    async close() {
      clearInterval(timer)
      subscriber.disconnect()
      closing.abort(new Error('closing'))
      const late = new Promise((done) => setTimeout(done, LONGEST_CLOSE_MS).unref())
      await Promise.race([worker.close().then(() => bull.close()), late])
      redis.disconnect()
    },
  }
}
