/** A batch from its files to its end; every step of each is noted, so that it goes on from there. */
import { createHash } from 'node:crypto'
import type { FfleetApiError } from '../../client/index.js'
import type { Job } from '../../contract/index.js'
import { isTerminal } from '../../contract/states.js'
import { type Interruption, interruptible } from '../interrupt.js'
import type { Renderer } from '../render/index.js'
import { runJobs, type Signals } from '../run/run-jobs.js'
import { type End, type Entry, failed, type Journal, type Made } from './journal.js'
import { isSame } from './originals.js'
import type { Place } from './place.js'
import type { Planned } from './plan-batch.js'
import { type Replacing, settle } from './settle.js'

/** Sends the jobs and brings each output where it belongs. `left`: files that were interrupted before their end. */
export async function runBatch(options: {
  place: Place
  planned: readonly Planned[]
  journal: Journal
  replacing: Replacing
  /** For keys by which a job that was sent before a crash is found again. */
  name: string
  renderer: Renderer
  onEnded: (planned: Planned, end: End) => void
}): Promise<{ left: number; interruption: Interruption | null }> {
  const { place, planned, journal, replacing, renderer } = options
  let left = planned.length
  const { interruption } = await runJobs({
    connect: async () => ({ client: place.client, ...(place.gone && { gone: place.gone }) }),
    requests: planned.map(({ request }) => request),
    atOnce: place.atOnce,
    renderer,
    send,
    async onSubmitted(job, i) {
      await place.onSent(job)
      await journal.note({ ...entryOf(planned[i]!), jobId: job.id })
    },
    async onEnded({ job, error }, i) {
      const end = await endOf(planned[i]!, job, error)
      if (end === null) return
      left--
      options.onEnded(planned[i]!, end)
    },
  })
  return { left, interruption }

  async function send(client: Place['client'], i: number, { abort }: Signals): Promise<Job> {
    const { original, request, former } = planned[i]!
    const sent = place.staysAlone && former?.jobId && isSame(former.original, original.mark) ? former.jobId : null
    const job = sent === null ? null : await client.get(sent, { signal: abort }).catch(() => null)
    if (job !== null && (job.state === 'completed' || !isTerminal(job.state))) return job
    // The job of a try that failed or was cancelled has had its key.
    const what = JSON.stringify([options.name, original.path, original.mark, request, job?.id ?? null])
    const idempotencyKey = `batch-${createHash('sha256').update(what).digest('hex')}`
    return client.submit(request, { signal: abort, idempotencyKey })
  }

  /** False: interrupted; the next run brings it. */
  async function isBrought(job: Job, path: string): Promise<boolean> {
    const brought = await interruptible((signal) => place.bring(job, path, signal))
    return !('interruption' in brought)
  }

  async function endOf(each: Planned, job: Job | null, error: FfleetApiError | null): Promise<End | null> {
    const entry: Entry = { ...entryOf(each), jobId: job?.id ?? null }
    const close = async (end: End) => {
      await journal.note({ ...entry, end })
      return end
    }
    if (error !== null) return close(failed(`${error.code}: ${error.message}`))
    if (job === null || job.state === 'cancelled') return null
    if (job.state !== 'completed') return close(failed(`${job.error?.code}: ${job.error?.detail ?? ''}`))
    const [output] = job.outputs
    const { bytes, sha256, path } = output!
    if (each.place === null || replacing === 'never') {
      if (each.place !== null && !(await isBrought(job, each.place))) return null
      return close({ outcome: 'made', why: null, bytes, place: each.place ?? path, mark: null })
    }
    try {
      if (!(await isBrought(job, each.place))) return null
      const made: Made = { path: each.place, bytes: bytes!, sha256: sha256! }
      await journal.note({ ...entry, made })
      entry.made = made
      return await close(await settle(entry, made, replacing))
    } catch (fault) {
      // As it is made, the next run goes on with it.
      return failed((fault as Error).message)
    }
  }
}

function entryOf({ original }: Planned): Entry {
  return { path: original.path, original: original.mark, jobId: null, made: null, end: null }
}
