import type { Caller } from '../../callers/index.js'
import { FfleetError, type JobRequest, type NormalizedJob } from '../../contract/index.js'
import { type Font, shippedFont } from '../../fonts/index.js'
import type { Metrics } from '../../metrics.js'
import type { PresetBook } from '../../presets/index.js'
import type { Idempotency, Queue, Submission } from '../../queue/index.js'
import { openRemote, type RemoteStore } from '../../remote/index.js'
import type { Storage } from '../../storage/index.js'
import { mayCommand } from '../callers/commands.js'
import { jobsFor, presetsFor, storageFor, uploadsFor } from '../callers/tenancy.js'
import { rememberInputs } from './recent-inputs.js'
import { normalizeRequest, type SubmissionOptions } from './submission.js'

/** Sends jobs with the rights of whoever asks, or of whoever made a schedule. */
export type Submitter = {
  /** What a request is checked against; `within` may look at files in another way. */
  checksFor(caller: Caller | null, within?: Parameters<typeof storageFor>[0]): SubmissionOptions
  /** @throws FfleetError with everything that stands against the request. */
  normalize(request: JobRequest, caller: Caller | null): Promise<NormalizedJob>
  submit(request: JobRequest, caller: Caller | null, idempotency?: Idempotency): Promise<Submission>
}

type Parts = {
  queue: Pick<Queue, 'jobs' | 'uploads'>
  presets: PresetBook
  /** That workers draw text with. Default the one that comes with ffleet. */
  font?: Font
  storage: Pick<Storage, 'inputs' | 'outputs'>
  metrics: Pick<Metrics, 'jobsSubmitted'>
  /** Whether ffmpeg's own arguments are accepted at all. Default false. */
  arguments?: boolean
  /** Checks inputs that lie elsewhere. Default: public ones are accepted. */
  remote?: Pick<RemoteStore, 'check'>
  /** Networks that webhooks may lead to though they are not public. Default none. */
  webhookNetworks?: readonly string[]
}

export function createSubmitter({
  queue,
  presets,
  font = shippedFont(),
  storage,
  metrics,
  arguments: isAccepted = false,
  remote = openRemote({ allow: [], timeoutMs: 30_000 }),
  webhookNetworks = [],
}: Parts): Submitter {
  const { outputs } = storage
  const remembering = { inputs: { ...storage.inputs, resolve: rememberInputs(storage.inputs.resolve) }, outputs }

  const checksFor = (caller: Caller | null, within: Parameters<typeof storageFor>[0] = remembering) => ({
    ...storageFor(within, caller),
    presets: presetsFor(presets, caller),
    font,
    arguments: mayCommand(isAccepted, caller),
    ownerOf: queue.jobs.ownerOf,
    jobs: jobsFor(queue.jobs, caller),
    uploads: uploadsFor(queue.uploads, caller),
    remote,
    webhookNetworks,
  })

  const normalize = (request: JobRequest, caller: Caller | null) => normalizeRequest(request, checksFor(caller))

  async function submit(request: JobRequest, caller: Caller | null, idempotency?: Idempotency): Promise<Submission> {
    const jobs = jobsFor(queue.jobs, caller)
    let normalized: NormalizedJob
    try {
      normalized = await normalize(request, caller)
    } catch (error) {
      // Who asks again for a job that was accepted gets that, though its input may have been moved away since.
      const job = idempotency && (await jobs.earlier(idempotency))
      if (job) return { id: job.id, created: false, job }
      throw error
    }
    try {
      const submission = await jobs.submit(normalized, idempotency ? { idempotency } : {})
      if (submission.created) metrics.jobsSubmitted.inc()
      return submission
    } catch (error) {
      // Another submission took a free path that was found just now: there is a next one.
      const mayBeElsewhere = request.outputs.some(({ onExists }) => onExists === 'rename')
      if (mayBeElsewhere && error instanceof FfleetError && error.code === 'OUTPUT_EXISTS') {
        return submit(request, caller, idempotency)
      }
      throw error
    }
  }

  return { checksFor, normalize, submit }
}
