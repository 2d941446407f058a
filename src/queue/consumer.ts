import { setTimeout as sleep } from 'node:timers/promises'
import { type Job as BullJob, DelayedError, UnrecoverableError, WaitingError, Worker } from 'bullmq'
import type { ErrorCode } from '../contract/index.js'
import type { Connection } from './connection.js'
import { behindTurns } from './enqueue.js'
import { QUEUE_NAME } from './keys.js'
import { CALLED_UP } from './needs.js'

/** How a run ended, as BullMQ has to be told. */
export type RunOutcome =
  | { kind: 'completed' }
  | { kind: 'failed'; code: ErrorCode; retry: boolean }
  | { kind: 'cancelled' }
  /** Handed back without charging an attempt. */
  | { kind: 'released' }
  /** Its tenant runs as many as it may: the job waits, without an attempt, until it is called up. */
  | { kind: 'held' }
  /** It names an encoder that this worker can't use now: it waits, without an attempt, until one that can calls it up. */
  | { kind: 'needs' }
  /** Somebody else holds the job now: nothing is to be told. */
  | { kind: 'lost' }

export type Run = {
  jobId: string
  token: string
  /** False when BullMQ will not try again after this one. */
  retryPossible: boolean
  /** Aborted when the lock is lost or can no longer be trusted: stop everything at once. */
  lockLost: AbortSignal
  /** For people who look at the queue itself: soon, and of what is told at short intervals only the last. */
  showProgress(progress: ShownProgress): void
}

/** The first word is told at once; then, as each costs worker and Redis as much as any event, the newest this often. */
const SHOW_EVERY_MS = 250

/** A job that is held is called up long before; should nobody do that, it asks again by itself. */
const LONGEST_HOLD_MS = 60 * 60 * 1000

/** A slot that took what was called up for another worker keeps out of the way for so long. */
const REST_MS = 500

/** How long a slot in which nothing runs may take to close. */
const LONGEST_CLOSE_MS = 10_000

/** What BullMQ's own record of a job says: percent, null when it is unknown, and some words. */
export type ShownProgress = { progress: number | null; phase: string; speed: number | null }

export type SlotOptions = {
  connection: Connection
  name: string
  lockDurationMs: number
  stalledCheckMs: number
  run: (run: Run) => Promise<RunOutcome>
  /** BullMQ has moved the job to completed or failed. */
  onEnded: (jobId: string) => void
  /** BullMQ has it wait again. */
  onPutBack: (jobId: string) => void
  /** BullMQ has it wait for a worker that has what it needs. */
  onNeeds: (jobId: string) => void
  onError: (error: Error) => void
}

export type Slot = {
  /** Takes no more; resolves when what runs has ended. */
  close(): Promise<void>
  /** Gives up at once; the job stalls and is taken over. */
  abandon(): Promise<void>
  pause(): Promise<void>
  resume(): void
}

/**
 * Room for one attempt: a BullMQ Worker of its own with concurrency 1. BullMQ 6.7.0 stops renewing a lock when a worker
 * with more picks its own stalled job up again; with one job per Worker, each lock has its own keeper.
 */
export function openSlot(options: SlotOptions): Slot {
  const { lockDurationMs } = options
  let current: { jobId: string; trusted: number; lost: AbortController } | null = null

  // BullMQ tells of a refused renewal but not of one that never got an answer, and says nothing while this process is
  // stopped. Time since the last renewal says all three.
  const watch = setInterval(() => {
    if (current && performance.now() - current.trusted > lockDurationMs)
      current.lost.abort(new Error('lock not renewed in time'))
  }, lockDurationMs / 10)
  watch.unref()

  async function process(job: BullJob, token?: string): Promise<unknown> {
    const mine = { jobId: job.id!, trusted: performance.now(), lost: new AbortController() }
    current = mine
    let untold: ShownProgress | null = null
    let timer: NodeJS.Timeout | undefined
    const show = () => {
      timer = undefined
      if (!untold) return
      timer = setTimeout(show, SHOW_EVERY_MS)
      job.updateProgress(untold).catch(() => {})
      untold = null
    }
    try {
      const outcome = await options.run({
        jobId: mine.jobId,
        token: token!,
        retryPossible: job.attemptsMade + 1 < (job.opts.attempts ?? 1),
        lockLost: mine.lost.signal,
        showProgress(progress) {
          untold = progress
          if (!timer) show()
        },
      })
      return await tellBull(job, token!, outcome, options)
    } finally {
      clearTimeout(timer)
      current = null
    }
  }

  const worker = new Worker(QUEUE_NAME, process, {
    connection: options.connection,
    prefix: options.connection.names.bullPrefix,
    name: options.name,
    concurrency: 1,
    lockDuration: lockDurationMs,
    stalledInterval: options.stalledCheckMs,
    // Starts are counted by the job's record, which knows lost workers from retries.
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    drainDelay: 5,
  })
  worker.on('locksRenewed', ({ jobIds }) => {
    if (current && jobIds.includes(current.jobId)) current.trusted = performance.now()
  })
  worker.on('lockRenewalFailed', (ids) => {
    if (current && ids.includes(current.jobId)) current.lost.abort(new Error('lock taken'))
  })
  worker.on('completed', (job) => options.onEnded(job.id!))
  worker.on('failed', (job) => {
    if (job?.finishedOn) options.onEnded(job.id!)
    else if (job) options.onPutBack(job.id!)
  })
  worker.on('error', (error) => options.onError(error))

  return {
    async close() {
      // BullMQ says goodbye to Redis before it closes, and can wait for ever when the connection breaks just then. What
      // it could still tell does not count any more once the lock has run out.
      const idle = untilIdleFor(Math.min(lockDurationMs, LONGEST_CLOSE_MS), () => current === null)
      await Promise.race([worker.close(), idle.reached])
      idle.stop()
      clearInterval(watch)
    },
    async abandon() {
      clearInterval(watch)
      await worker.close(true)
    },
    pause: () => worker.pause(true),
    resume: () => worker.resume(),
  }
}

/** Resolves when a condition has held without a break for so long. */
function untilIdleFor(idleMs: number, isIdle: () => boolean): { reached: Promise<void>; stop(): void } {
  let sinceMs = performance.now()
  let timer: NodeJS.Timeout | undefined
  const reached = new Promise<void>((resolve) => {
    timer = setInterval(() => {
      if (!isIdle()) sinceMs = performance.now()
      else if (performance.now() - sinceMs > idleMs) resolve()
    }, idleMs / 10)
  })
  return { reached, stop: () => clearInterval(timer) }
}

async function tellBull(
  job: BullJob,
  token: string,
  outcome: RunOutcome,
  { onPutBack, onNeeds }: Pick<SlotOptions, 'onPutBack' | 'onNeeds'>,
): Promise<unknown> {
  switch (outcome.kind) {
    case 'completed': {
      // On the connection that BullMQ moves it on: whoever listens hears of 100 before the end.
      const done: ShownProgress = { progress: 100, phase: 'completed', speed: null }
      job.updateProgress(done).catch(() => {})
      return null
    }
    case 'failed': {
      if (!outcome.retry) throw new UnrecoverableError(outcome.code)
      // The turn that it had is over.
      const priority = behindTurns(job.data.priority ?? 0)
      if (job.priority !== priority) await job.changePriority({ priority })
      throw new Error(outcome.code)
    }
    case 'cancelled':
      throw new UnrecoverableError('CANCELLED')
    case 'held':
      await job.moveToDelayed(Date.now() + LONGEST_HOLD_MS, token)
      onPutBack(job.id!)
      throw new DelayedError()
    case 'needs':
      await job.moveToDelayed(Date.now() + LONGEST_HOLD_MS, token)
      onNeeds(job.id!)
      if (job.priority === CALLED_UP) await sleep(REST_MS)
      throw new DelayedError()
    case 'released':
    case 'lost':
      // Back to the queue without charging an attempt; refused by BullMQ where the lock is another's by now.
      await job.moveToWait(token)
      onPutBack(job.id!)
      throw new WaitingError()
  }
}
