import { Worker } from 'bullmq'
import type { Inspection } from '../contract/index.js'
import type { Connection } from './connection.js'
import type { Slot } from './consumer.js'
import { INSPECT_LIMIT_MS, type Question } from './inspections.js'
import { INSPECT_QUEUE_NAME } from './keys.js'

/** At once in a worker, beside whatever its slots run: mostly it waits for the disk. */
const AT_ONCE = 2
/** Short, so that whoever asked a worker that is lost hears of it before it gives up. */
const LOCK_MS = 8_000
const STALLED_CHECK_MS = 3_000
/** Asked so long ago, nobody waits any more; longer than the limit, as clocks of hosts differ. */
const STALE_MS = 3 * INSPECT_LIMIT_MS

export type InspectorOptions = {
  connection: Connection
  name: string
  /** May reject only when the signal aborts. */
  inspect: (question: Question, signal: AbortSignal) => Promise<Inspection>
  onError: (error: Error) => void
}

/** Answers the questions of `inspections.ts`. An input that cost one worker its life is not given to another. */
export function openInspector({ connection, name, inspect, onError }: InspectorOptions): Omit<Slot, 'abandon'> {
  const worker = new Worker<Question, Inspection>(
    INSPECT_QUEUE_NAME,
    async (job) => {
      if (Date.now() - job.timestamp > STALE_MS) throw new Error('asked too long ago')
      return inspect(job.data, AbortSignal.timeout(INSPECT_LIMIT_MS))
    },
    {
      connection,
      prefix: connection.names.bullPrefix,
      name,
      concurrency: AT_ONCE,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: 0,
      drainDelay: 5,
    },
  )
  worker.on('error', onError)
  return {
    close: () => worker.close(),
    pause: () => worker.pause(true),
    resume: () => worker.resume(),
  }
}
