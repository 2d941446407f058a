import { type JobEventType, TERMINAL_EVENTS, type WORKER_EVENT_TYPES } from './event-types.js'
import type { Job, JobError, JobOutput, Playable } from './job.js'
import type { ProgressSnapshot } from './progress.js'
import type { Phase } from './states.js'

export * from './event-types.js'

type Base<T extends string> = {
  /** Id of the entry in the stream it was read from; resume after it. */
  id: string
  type: T
  /** ISO 8601, UTC. */
  at: string
}
type JobBase<T extends JobEventType> = Base<T> & { jobId: string }

/** The job was accepted, or a retry put it back. `attempt` is the last one so far. */
export type JobQueuedEvent = JobBase<'job.queued'> & { attempt: number }
/** A worker began a try at the job. */
export type AttemptStartedEvent = JobBase<'attempt.started'> & { attempt: number; worker: string }
/** The attempt entered a phase. */
export type PhaseChangedEvent = JobBase<'phase.changed'> & { attempt: number; phase: Phase }
/** A progress snapshot. */
export type ProgressEvent = JobBase<'progress'> & { progress: ProgressSnapshot }
/** A warning or error line of ffmpeg. */
export type LogEvent = JobBase<'log'> & { attempt: number; level: 'warning' | 'error'; text: string }
/** A ladder can be played while it is still encoded; null: not any more, for it is begun anew. `output`: its name. */
export type OutputPlayableEvent = JobBase<'output.playable'> & {
  attempt: number
  output: string
  playable: Playable | null
}
/** An output was verified and stands at its path. */
export type OutputReadyEvent = JobBase<'output.ready'> & { attempt: number; output: JobOutput }
/** The attempt ended without success; `willRetry` says whether another one follows. */
export type AttemptFailedEvent = JobBase<'attempt.failed'> & {
  attempt: number
  error: JobError
  willRetry: boolean
}
/** Terminal: every output stands at its path. */
export type JobCompletedEvent = JobBase<'job.completed'> & { job: Job }
/** Terminal: `job.error` says why. */
export type JobFailedEvent = JobBase<'job.failed'> & { job: Job }
/** Terminal: somebody cancelled it. */
export type JobCancelledEvent = JobBase<'job.cancelled'> & { job: Job }

export type JobEvent =
  | JobQueuedEvent
  | AttemptStartedEvent
  | PhaseChangedEvent
  | ProgressEvent
  | LogEvent
  | OutputPlayableEvent
  | OutputReadyEvent
  | AttemptFailedEvent
  | JobCompletedEvent
  | JobFailedEvent
  | JobCancelledEvent

/** A worker joined, began to drain, or left the fleet; `reason` says why where it is not its own wish. */
export type WorkerEvent = Base<(typeof WORKER_EVENT_TYPES)[number]> & {
  worker: string
  reason: string | null
}

/** What `GET /v1/events` carries: job and attempt events, `progress` at most once a second per job, worker events. */
export type FleetEvent = JobEvent | WorkerEvent

/** True for the event that ends a job. */
export function isTerminalEvent(event: {
  type: string
}): event is JobCompletedEvent | JobFailedEvent | JobCancelledEvent {
  return (TERMINAL_EVENTS as readonly string[]).includes(event.type)
}
