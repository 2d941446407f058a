/** The types of event that end a job. */
export const TERMINAL_EVENTS = ['job.completed', 'job.failed', 'job.cancelled'] as const
export type TerminalEventType = (typeof TERMINAL_EVENTS)[number]

/** All types of event that tell of a job. */
export const JOB_EVENT_TYPES = [
  'job.queued',
  'attempt.started',
  'phase.changed',
  'progress',
  'log',
  'output.playable',
  'output.ready',
  'attempt.failed',
  ...TERMINAL_EVENTS,
] as const
export type JobEventType = (typeof JOB_EVENT_TYPES)[number]
/** All types of event that tell of a worker. */
export const WORKER_EVENT_TYPES = ['worker.joined', 'worker.draining', 'worker.left'] as const
