/**
 * What the API asks of workers: what would become of a job. Only a worker has ffmpeg and the code of a real run, and the
 * way to one is a queue, so this is one too: small, quick, and its jobs are gone as soon as they are answered.
 */
import { randomUUID } from 'node:crypto'
import { Queue as BullQueue, QueueEvents } from 'bullmq'
import type { Inspection, NormalizedJob, WorkerInfo } from '../contract/index.js'
import { guarded } from './availability.js'
import { type Connection, openConnection, type RedisSource } from './connection.js'
import { INSPECT_QUEUE_NAME } from './keys.js'
import type { FleetRegistry, KnownOutput } from './types.js'

/** How long an answer is waited for; a client waits for 30 s. */
export const INSPECT_LIMIT_MS = 20_000
/** Every answer is in BullMQ's event stream once more: so many are enough for those who wait, and no burden. */
const KEPT_EVENTS = 500
/** Well below the time in which a connection must answer: it is not asked whether it lives while it blocks. */
const BLOCK_MS = 2_000

/** What a worker found, or why there is nothing, as a sentence for people. */
export type InspectionAnswer = { inspection: Inspection } | { unanswered: string }

/** A job, and what is known of outputs of other jobs that are its inputs, by `job:<id>/<output>`. */
export type Question = NormalizedJob & { sources?: Record<string, KnownOutput> }

export type Inspections = {
  /** Asks a worker, unless there is none to ask, and waits no longer than the limit. Throws `QUEUE_UNAVAILABLE`. */
  ask(question: Question): Promise<InspectionAnswer>
  close(): Promise<void>
}

type Options = {
  redis: Connection
  source: RedisSource
  fleet: FleetRegistry
  onError: (error: Error) => void
  /** Default INSPECT_LIMIT_MS. */
  limitMs?: number | undefined
}

/** Connects for itself with the first question. */
export function createInspections(options: Options): Inspections {
  const { redis, source, fleet, onError, limitMs = INSPECT_LIMIT_MS } = options
  const waiting = new Map<string, (answer: InspectionAnswer) => void>()
  let opened: { bull: BullQueue; events: QueueEvents; blocking: Connection } | null = null

  function open() {
    const blocking = openConnection(source, 'worker', onError)
    const prefix = redis.names.bullPrefix
    const bull = new BullQueue(INSPECT_QUEUE_NAME, {
      connection: redis,
      prefix,
      skipVersionCheck: true,
      streams: { events: { maxLen: KEPT_EVENTS } },
    })
    const events = new QueueEvents(INSPECT_QUEUE_NAME, {
      connection: blocking,
      prefix,
      skipVersionCheck: true,
      blockingTimeout: BLOCK_MS,
      // From its beginning: what comes before the first read must not be missed.
      lastEventId: '0-0',
    })
    bull.on('error', onError)
    events.on('error', onError)
    events.on('completed', ({ jobId, returnvalue }) => {
      waiting.get(jobId)?.({ inspection: returnvalue as unknown as Inspection })
    })
    events.on('failed', ({ jobId }) => waiting.get(jobId)?.({ unanswered: GIVEN_UP }))
    return { bull, events, blocking }
  }

  async function ask(question: Question): Promise<InspectionAnswer> {
    const nobody = nobodyToAsk(await fleet.list())
    if (nobody !== null) return { unanswered: nobody }
    opened ??= open()
    const { bull } = opened
    const jobId = randomUUID()
    // BullMQ's waitUntilFinished rejects where nobody can hear it when Redis goes away meanwhile.
    const answered = new Promise<InspectionAnswer>((resolve) => waiting.set(jobId, resolve))
    const late = { unanswered: `No worker answered within ${limitMs / 1_000} s.` }
    const timer = setTimeout(() => waiting.get(jobId)?.(late), limitMs)
    try {
      await bull.add('inspect', question, { jobId, attempts: 1, removeOnComplete: true, removeOnFail: true })
      const answer = await answered
      // One that a worker has taken up goes with its end.
      if (answer === late) await bull.remove(jobId).catch(onError)
      return answer
    } finally {
      clearTimeout(timer)
      waiting.delete(jobId)
    }
  }

  return {
    ask: guarded(ask),
    async close() {
      for (const answer of waiting.values()) answer({ unanswered: 'The API is closing.' })
      if (opened === null) return
      const { bull, events, blocking } = opened
      await events.close()
      await bull.close()
      blocking.disconnect()
    },
  }
}

const GIVEN_UP = 'The worker that was asked gave no answer.'

/** Null when a worker takes work. */
function nobodyToAsk(workers: WorkerInfo[]): string | null {
  if (workers.length === 0) return 'No worker is running.'
  return workers.some(({ state }) => state === 'running')
    ? null
    : 'No worker takes work: all are draining or unhealthy.'
}
