/** How a job stands in BullMQ, and the two ways it gets there: together with its record, or alone, once more. */
import type { JobsOptions, Queue } from 'bullmq'
import type { NormalizedJob } from '../contract/index.js'
import type { Connection } from './connection.js'
import { tagKeys } from './keys.js'
import type { Idempotency } from './types.js'

export type EnqueueOptions = {
  bull: Queue
  /** First delay before another attempt; doubles each time, with jitter. */
  backoffMs: number
}

export type Submitted = {
  id: string
  job: NormalizedJob
  createdMs: number
  idempotency?: Idempotency | undefined
}

/** The job that has the idempotency key already. */
export type Earlier = [id: string, bodyHash: string]

/** Of a job that was accepted how many are to be started before it, null while it is delayed; or that earlier one. */
export type SubmitAnswer = number | null | Earlier

/**
 * How many jobs one command takes. More would cost the sender less and Redis the same, but Redis would have nothing to do
 * while they gather.
 */
const BATCH = 8

/** What BullMQ carries of a job is for people who look at the queue. */
function dataOf(job: NormalizedJob) {
  return { input: job.input.uri, outputs: job.outputs.map((output) => output.preset), tags: job.tags }
}

function optionsOf(job: NormalizedJob, id: string, backoffMs: number): JobsOptions {
  return {
    jobId: id,
    attempts: job.maxAttempts,
    // BullMQ runs lower numbers first and 0 before all of them: 0 to 100, higher first, becomes 101 to 1.
    priority: 101 - job.priority,
    ...(job.delayMs > 0 && { delay: job.delayMs }),
    backoff: { type: 'exponential', delay: backoffMs, jitter: 0.5 },
    stackTraceLimit: 1,
  }
}

/** Hands a job to BullMQ whose record stands already. An id that is there is left as it is. */
export async function enqueue({ bull, backoffMs }: EnqueueOptions, id: string, job: NormalizedJob): Promise<void> {
  await bull.add('transcode', dataOf(job), optionsOf(job, id, backoffMs))
}

/**
 * Makes the call that records a job and hands it to BullMQ, both or neither. What is submitted in one turn of the event
 * loop goes out in one command: a command for each would cost more than the jobs do.
 */
export function createSubmit(redis: Connection, backoffMs: number): (submitted: Submitted) => Promise<SubmitAnswer> {
  const { keys } = redis.names
  type Waiting = { resolve: (answer: SubmitAnswer) => void; reject: (error: unknown) => void }
  let waiting: Waiting[] = []
  let args: string[] = []

  function send(): void {
    if (waiting.length === 0) return
    const batch = waiting
    const answers = redis.ffSubmit(...args)
    waiting = []
    args = []
    answers.then(
      (each) => batch.forEach(({ resolve }, i) => void resolve(each[i]!)),
      (error) => batch.forEach(({ reject }) => void reject(error)),
    )
  }

  return ({ id, job, createdMs, idempotency }) => {
    const tags = tagKeys(keys, job.tags)
    const options = optionsOf(job, id, backoffMs)
    args.push(String(9 + tags.length), id, JSON.stringify(job), String(createdMs))
    args.push(JSON.stringify(dataOf(job)), JSON.stringify(options), String(options.priority), String(job.delayMs))
    args.push(idempotency ? keys.idempotency(idempotency.scope, idempotency.key) : '', idempotency?.bodyHash ?? '')
    args.push(...tags)
    return new Promise((resolve, reject) => {
      waiting.push({ resolve, reject })
      if (waiting.length === BATCH) send()
      else if (waiting.length === 1) setImmediate(send)
    })
  }
}
