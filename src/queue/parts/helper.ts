import { Worker as BullWorker, type Job, WaitingError } from 'bullmq'
import type { Connection } from '../connection.js'
import type { Slot } from '../consumer.js'
import { partsQueueName } from '../keys.js'
import type { MadePart, OfferedPart } from './types.js'

/** How often it is told how far a part is. */
const TELL_EVERY_MS = 1_000

export type HelperOptions = {
  connection: Connection
  kin: string
  name: string
  lockDurationMs: number
  stalledCheckMs: number
  /** Null: the part is handed back. What it rejects with ends the offer: whoever asked for the part makes it. */
  make(part: OfferedPart, lost: AbortSignal, onProgress: (fraction: number) => void): Promise<MadePart | null>
  onError: (error: Error) => void
}

export type Helper = Omit<Slot, 'abandon'>

/** Makes parts that attempts of other slots offer, one at a time. One that cost a worker its life is not given to another. */
export function openHelper(options: HelperOptions): Helper {
  const { connection, kin, lockDurationMs } = options
  let current: { id: string; lost: AbortController } | null = null

  async function process(job: Job<OfferedPart, MadePart>, token?: string): Promise<MadePart> {
    const lost = new AbortController()
    current = { id: job.id!, lost }
    let toldMs = Number.NEGATIVE_INFINITY
    const tell = (fraction: number) => {
      if (performance.now() - toldMs < TELL_EVERY_MS) return
      toldMs = performance.now()
      job.updateProgress(fraction).catch(() => {})
    }
    try {
      const made = await options.make(job.data, lost.signal, tell)
      if (made !== null) return made
      await job.moveToWait(token!)
      // BullMQ wakes nobody for a job with a priority that is handed back, but for one that is given a priority.
      await job.changePriority({ priority: job.priority }).catch(() => {})
      throw new WaitingError()
    } finally {
      current = null
    }
  }

  const worker = new BullWorker<OfferedPart, MadePart>(partsQueueName(kin), process, {
    connection,
    prefix: connection.names.bullPrefix,
    name: options.name,
    concurrency: 1,
    lockDuration: lockDurationMs,
    stalledInterval: options.stalledCheckMs,
    maxStalledCount: 0,
    drainDelay: 5,
  })
  worker.on('lockRenewalFailed', (ids) => {
    if (current && ids.includes(current.id)) current.lost.abort(new Error('lock taken'))
  })
  worker.on('error', options.onError)
  return {
    close: () => worker.close(),
    pause: () => worker.pause(true),
    resume: () => worker.resume(),
  }
}
