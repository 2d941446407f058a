import type { FfleetClient } from '../../client/index.js'
import { FfleetApiError } from '../../client/index.js'
import type { Job, JobRequest } from '../../contract/index.js'
import { followJobs } from '../follow.js'
import { type Interruption, onInterruption } from '../interrupt.js'
import type { Renderer } from '../render/index.js'

/** How long cancelled jobs may take to stop before they are no longer waited for. */
const CANCEL_MS = 15_000

/** How one job ended: as the job says, or why it did not come to be. Both null where it is not known how, or that. */
export type JobEnd = { job: Job | null; error: FfleetApiError | null }
/** `interrupted`: by the first interruption. `abort`: nothing is waited for any more. */
export type Signals = { interrupted: AbortSignal; abort: AbortSignal }
export type RunEnds = { ends: JobEnd[]; interruption: Interruption | null }

/**
 * Gets a server, sends the jobs and follows them to their ends, so many at once. One that is refused leaves the others
 * alone. The first interruption cancels those that are there, whose ends are still waited for, and ends what is being sent; a
 * second one does not wait.
 */
export async function runJobs(options: {
  connect: (signal: AbortSignal) => Promise<{ client: FfleetClient; gone?: Promise<Error> }>
  requests: readonly JobRequest[]
  /** How one is sent; default: as a job of its own. */
  send?: (client: FfleetClient, index: number, signals: Signals) => Promise<Job>
  atOnce: number
  renderer: Renderer
  /** Told each job once it is there, and before anything of it is shown. */
  onSubmitted?: (job: Job, index: number) => Promise<void>
  onEnded?: (end: JobEnd, index: number) => Promise<void>
}): Promise<RunEnds> {
  const { requests, renderer } = options
  const send = options.send ?? ((client, index) => client.submit(requests[index]!, { signal: abort.signal }))
  const ends: JobEnd[] = requests.map(() => ({ job: null, error: null }))
  const abort = new AbortController()
  const interrupted = new AbortController()
  const signals: Signals = { interrupted: interrupted.signal, abort: abort.signal }
  let interruption = null as Interruption | null
  let connected = false
  const running = new Map<string, () => Promise<unknown>>()
  let timer: NodeJS.Timeout | undefined
  const stopListening = onInterruption((which) => {
    const again = interruption !== null
    interruption ??= which
    interrupted.abort()
    if (again || !connected) return abort.abort()
    // They may have ended just now; then their last events are on the way.
    for (const cancel of running.values()) cancel().catch(() => {})
    timer = setTimeout(() => abort.abort(), CANCEL_MS)
  })
  const runOne = async (client: FfleetClient, index: number): Promise<void> => {
    const end: JobEnd = { job: null, error: null }
    ends[index] = end
    try {
      const submitted = await send(client, index, signals)
      const cancel = () => client.cancel(submitted.id)
      running.set(submitted.id, cancel)
      await options.onSubmitted?.(submitted, index)
      // Interrupted while it was being sent.
      if (interruption !== null) await cancel().catch(() => {})
      const [job] = await followJobs(client, [submitted], renderer, abort.signal)
      running.delete(submitted.id)
      end.job = job ?? null
    } catch (error) {
      if (error === interrupted.signal.reason) return
      if (!(error instanceof FfleetApiError)) throw error
      end.error = error
    }
    await options.onEnded?.(end, index)
  }
  try {
    const { client, gone } = await options.connect(abort.signal)
    connected = true
    let next = 0
    const runSome = async () => {
      while (next < requests.length && interruption === null) await runOne(client, next++)
    }
    const all = Promise.all(Array.from({ length: options.atOnce }, runSome))
    const broken = gone?.then((reason) => Promise.reject(reason))
    await Promise.race([all, ...(broken ? [broken] : [])])
    return { ends, interruption }
  } catch (error) {
    abort.abort()
    if (interruption === null) throw error
    return { ends, interruption }
  } finally {
    clearTimeout(timer)
    stopListening()
  }
}
