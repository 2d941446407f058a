/** How a job stands in BullMQ. */
import type { JobsOptions, Queue } from 'bullmq'
import { type NormalizedJob, shownUri } from '../contract/index.js'
import { BEHIND_TURNS, placeInLine } from './turns/lines.js'

export type EnqueueOptions = {
  bull: Queue
  /** First delay before another attempt; doubles each time, with jitter. */
  backoffMs: number
}

/** What BullMQ has to know of a job whose record stands. */
export type Recorded = { id: string; request: NormalizedJob; createdMs: number; freedMs?: number | null }

/**
 * Hands a job to BullMQ whose record stands already. An id that is there is left as it is, so that whoever cannot know
 * whether it has been done may do it again. `turn`: the one it has already; without it the job waits behind all turns.
 */
export async function enqueue(
  { bull, backoffMs }: EnqueueOptions,
  { id, request, createdMs, freedMs }: Recorded,
  turn: number | null = null,
): Promise<void> {
  const options: JobsOptions = {
    jobId: id,
    // A delay counts from here, whoever adds the job, and however late.
    timestamp: freedMs ?? createdMs,
    attempts: request.maxAttempts,
    priority: turn ?? behindTurns(request.priority),
    ...(request.delayMs > 0 && { delay: request.delayMs }),
    backoff: { type: 'exponential', delay: backoffMs, jitter: 0.5 },
    stackTraceLimit: 1,
  }
  await bull.add('transcode', shownOf(request), options)
}

/**
 * BullMQ runs lower numbers first: 0 to 100, higher first, become 101 to 1, behind all jobs whose turn it is. Jobs of one
 * tenant, or of none where there are no tenants, run in this order.
 */
export function behindTurns(priority: number): number {
  return BEHIND_TURNS + 1 + placeInLine(priority)
}

/** What BullMQ carries of a job is for people who look at the queue. */
function shownOf(job: NormalizedJob) {
  const outputs = job.outputs.map((output) => output.preset)
  return { input: shownUri(job.input.uri), outputs, priority: job.priority, tags: job.tags }
}
