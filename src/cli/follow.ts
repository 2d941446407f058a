import type { FfleetClient } from '../client/index.js'
import { isTerminalEvent } from '../contract/events.js'
import type { Job } from '../contract/index.js'
import { isTerminal } from '../contract/states.js'
import { followQueue } from './follow-queue.js'
import { formatSpan } from './render/figures.js'
import type { Renderer } from './render/index.js'

/** So many jobs are followed at once, each over a connection; the others when one of them has ended. */
const AT_ONCE = 64

/** Shows the jobs until all have ended, over broken connections too. Gives each job as it ended. */
export async function followJobs(
  client: FfleetClient,
  jobs: readonly Job[],
  renderer: Renderer,
  signal: AbortSignal,
): Promise<Job[]> {
  const ended: Job[] = []
  const left = [...jobs]
  const queue = followQueue(client, renderer, signal)
  for (const job of jobs) renderer.describe(job)
  const followSome = async () => {
    for (let job = left.shift(); job !== undefined; job = left.shift()) {
      const end = await followJob(client, job, renderer, queue, signal)
      if (end !== null) ended.push(end)
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, jobs.length) }, followSome))
  } finally {
    queue.stop()
  }
  return ended
}

/** Null when the stream ended before the job. */
async function followJob(
  client: FfleetClient,
  job: Job,
  renderer: Renderer,
  queue: ReturnType<typeof followQueue>,
  signal: AbortSignal,
): Promise<Job | null> {
  let end: Job | null = null
  if (job.state === 'queued') queue.waits(job.id)
  for await (const event of client.events(job.id, { signal, onDisconnect: tellDisconnect(renderer) })) {
    queue.heard(event)
    renderer.event(event)
    if (isTerminalEvent(event)) end = event.job
  }
  return end
}

/** A job that says nothing for so long is asked for: its end may have come just before it was listened to. */
const ASKED_AGAIN_MS = 10_000

/** Shows the whole fleet until the signal is aborted: what waits and runs, then everything that comes. */
export async function followFleet(client: FfleetClient, renderer: Renderer, signal: AbortSignal): Promise<void> {
  const queue = followQueue(client, renderer, signal)
  /** When the last word of each job that has not ended came. */
  const heardAt = new Map<string, number>()
  const ended = new Set<string>()
  const tell = (job: Job) => {
    if (ended.has(job.id)) return
    if (isTerminal(job.state)) heardAt.delete(job.id)
    else heardAt.set(job.id, performance.now())
    if (job.state === 'queued') queue.waits(job.id)
    renderer.describe(job)
  }
  const ask = (id: string) => client.get(id, { signal }).then(tell, () => {})
  const listAll = async () => {
    for (const state of ['active', 'queued'] as const) {
      for await (const job of client.list({ state, limit: 200 }, { signal })) if (!heardAt.has(job.id)) tell(job)
    }
  }
  const timer = setInterval(() => {
    const nowMs = performance.now()
    for (const [id, atMs] of heardAt) {
      if (nowMs - atMs < ASKED_AGAIN_MS || queue.isWaiting(id)) continue
      heardAt.set(id, nowMs)
      // Only its end is news: what it says while it runs would have come.
      client.get(id, { signal }).then(
        (job) => isTerminal(job.state) && tell(job),
        () => {},
      )
    }
  }, ASKED_AGAIN_MS / 4)
  try {
    // Listed beside the stream, so that nothing falls between the two.
    listAll().catch(() => {})
    for await (const event of client.watchAll({ signal, onDisconnect: tellDisconnect(renderer) })) {
      queue.heard(event)
      renderer.event(event)
      if (!('jobId' in event)) continue
      const { jobId } = event
      const isNew = !heardAt.has(jobId)
      if (isTerminalEvent(event)) {
        heardAt.delete(jobId)
        ended.add(jobId)
      } else {
        heardAt.set(jobId, performance.now())
        ended.delete(jobId)
        // For its name; without an answer it is called by its id.
        if (isNew) ask(jobId)
      }
    }
  } finally {
    clearInterval(timer)
    queue.stop()
  }
}

/** A hiccup that is over at once, and a server that ends a response to restart, are not worth a line. */
function tellDisconnect(renderer: Renderer) {
  return ({ error, retryInMs }: { error: Error | null; retryInMs: number }) => {
    if (error === null || retryInMs < 200) return
    renderer.note(`The connection to the server is lost; trying again in ${formatSpan(retryInMs)}.`)
  }
}
