import type { FfleetClient } from '../../client/index.js'
import type { Job, JobRequest } from '../../contract/index.js'
import { followJobs } from '../follow.js'
import { type Interruption, onInterruption } from '../interrupt.js'
import type { Renderer } from '../render/index.js'

/** How long a cancelled job may take to stop before it is no longer waited for. */
const CANCEL_MS = 15_000

/** `force`: replace what is there. `range`: the part of the input, in ms. */
export type RunOptions = { force: boolean; range: { startMs: number | undefined; endMs: number | undefined } }

export type RunEnd = { job: Job | null; interruption: Interruption | null }

/**
 * Gets a server, sends the job and follows it to its end. The first interruption cancels the job, whose end is still
 * waited for; a second one does not wait. `job` is null when it is not known how, or that, the job ended.
 */
export async function runJob(options: {
  connect: (signal: AbortSignal) => Promise<{ client: FfleetClient; gone?: Promise<Error> }>
  request: JobRequest
  renderer: Renderer
  /** Told the job once it is there. */
  onSubmitted?: (job: Job) => Promise<void>
}): Promise<RunEnd> {
  const abort = new AbortController()
  let interruption: Interruption | null = null
  let cancel: (() => Promise<unknown>) | null = null
  let timer: NodeJS.Timeout | undefined
  const stopListening = onInterruption((which) => {
    const again = interruption !== null
    interruption ??= which
    if (again || cancel === null) return abort.abort()
    // It may have ended just now; then its last event is on the way.
    cancel().catch(() => {})
    timer = setTimeout(() => abort.abort(), CANCEL_MS)
  })
  try {
    const { client, gone } = await options.connect(abort.signal)
    const submitted = await client.submit(options.request, { signal: abort.signal })
    cancel = () => client.cancel(submitted.id)
    await options.onSubmitted?.(submitted)
    // Interrupted while it was being sent.
    if (interruption !== null) await cancel().catch(() => {})
    const followed = followJobs(client, [submitted], options.renderer, abort.signal)
    const broken = gone?.then((reason) => Promise.reject(reason))
    const [job] = await Promise.race([followed, ...(broken ? [broken] : [])])
    return { job: job ?? null, interruption }
  } catch (error) {
    if (interruption === null) throw error
    return { job: null, interruption }
  } finally {
    clearTimeout(timer)
    stopListening()
  }
}
