import type { Job, JobError, JobEvent, JobState, Phase, ProgressSnapshot } from '../../contract/index.js'
import { inputName } from '../../contract/input-name.js'

/** What is shown of one job: its newest state, put together from its events. */
export type JobView = {
  id: string
  /** What people know it by; the id until it is told. */
  label: string
  state: JobState
  phase: Phase | null
  attempt: number
  progress: ProgressSnapshot | null
  queuePosition: number | null
  waitsFor: NonNullable<Job['waitsFor']> | null
  error: JobError | null
  /** The last attempt failed and another one follows. */
  retrying: boolean
  /** The job as it ended; null before. */
  job: Job | null
  /** When the last word of it came, by `performance.now()`; null where nobody keeps count. */
  heardAtMs: number | null
}

export function newJobView(id: string): JobView {
  return {
    id,
    label: id,
    state: 'queued',
    phase: null,
    attempt: 0,
    progress: null,
    queuePosition: null,
    waitsFor: null,
    error: null,
    retrying: false,
    job: null,
    heardAtMs: null,
  }
}

/** What a job is called: its input and what is made of it. */
export function jobLabel(job: Job): string {
  return `${inputName(job.input)} → ${job.outputs.map((output) => output.name).join(', ')}`
}

/** What a job waits for before it waits for its turn. */
export function waitWords(waitsFor: NonNullable<Job['waitsFor']>): string {
  return {
    job: 'waits for another job',
    upload: 'waits for its upload',
    quota: 'waits for the quota',
    encoder: 'waits for its encoder',
  }[waitsFor]
}

/** Takes over what a job resource tells. */
export function describe(view: JobView, job: Job): void {
  view.label = jobLabel(job)
  view.state = job.state
  view.phase = job.phase
  view.attempt = job.attempt
  view.progress = job.progress
  view.queuePosition = job.queuePosition
  view.waitsFor = job.waitsFor ?? null
  view.error = job.error
}

/** Takes over what an event tells. */
export function apply(view: JobView, event: JobEvent): void {
  switch (event.type) {
    case 'job.queued':
      Object.assign(view, { state: 'queued', phase: null, progress: null, job: null, attempt: event.attempt })
      return
    case 'attempt.started':
      Object.assign(view, { state: 'active', attempt: event.attempt, progress: null, queuePosition: null })
      Object.assign(view, { waitsFor: null, phase: null, error: null, retrying: false })
      return
    case 'phase.changed':
      Object.assign(view, { state: 'active', phase: event.phase, attempt: event.attempt })
      return
    case 'progress':
      Object.assign(view, { state: 'active', phase: event.progress.phase, progress: event.progress })
      view.attempt = event.progress.attempt
      return
    case 'attempt.failed':
      Object.assign(view, { error: event.error, retrying: event.willRetry, phase: null })
      return
    case 'log':
    case 'output.playable':
    case 'output.ready':
      return
    case 'job.completed':
    case 'job.failed':
    case 'job.cancelled':
      describe(view, event.job)
      view.job = event.job
  }
}
