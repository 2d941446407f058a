import type { FfleetClient } from '../client/index.js'
import { isTerminalEvent } from '../contract/events.js'
import type { Job } from '../contract/index.js'
import { formatSpan } from './render/figures.js'
import type { Renderer } from './render/index.js'

/** Shows the jobs until all have ended, over broken connections too. Gives each job as it ended. */
export async function followJobs(
  client: FfleetClient,
  jobs: readonly Job[],
  renderer: Renderer,
  signal: AbortSignal,
): Promise<Job[]> {
  for (const job of jobs) renderer.describe(job)
  const ended = new Map<string, Job>()
  const onDisconnect = tellDisconnect(renderer)
  for await (const event of client.watch(
    jobs.map((job) => job.id),
    { signal, onDisconnect },
  )) {
    renderer.event(event)
    if (isTerminalEvent(event)) ended.set(event.jobId, event.job)
  }
  return [...ended.values()]
}

/** Shows the whole fleet until the signal is aborted. A job that comes up is asked for once, for its name. */
export async function followFleet(client: FfleetClient, renderer: Renderer, signal: AbortSignal): Promise<void> {
  const known = new Set<string>()
  for await (const event of client.watchFleet({ signal, onDisconnect: tellDisconnect(renderer) })) {
    renderer.event(event)
    if (!('jobId' in event)) continue
    const { jobId } = event
    if (isTerminalEvent(event)) known.delete(jobId)
    else if (!known.has(jobId)) {
      known.add(jobId)
      // Its events go on meanwhile, to its end perhaps; without an answer it is called by its id.
      const tell = (job: Job) => void (known.has(jobId) && renderer.describe(job))
      client.get(jobId, { signal }).then(tell, () => {})
    }
  }
}

/** A hiccup that is over at once, and a server that ends a response to restart, are not worth a line. */
function tellDisconnect(renderer: Renderer) {
  return ({ error, retryInMs }: { error: Error | null; retryInMs: number }) => {
    if (error === null || retryInMs < 200) return
    renderer.note(`The connection to the server is lost; trying again in ${formatSpan(retryInMs)}.`)
  }
}
