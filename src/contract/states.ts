/**
 * The life of a job and of an attempt, in the words every other file uses.
 *
 * queued ── attempt.started ──▶ active ──▶ completed
 *    ▲                            │ ├────▶ failed
 *    └──── attempt.failed (retry) ┘ └────▶ cancelled      (queued may also go straight to cancelled)
 */
export const JOB_STATES = ['queued', 'active', 'completed', 'failed', 'cancelled'] as const
export type JobState = (typeof JOB_STATES)[number]

/** The states that a job ends in. */
export const TERMINAL_STATES = ['completed', 'failed', 'cancelled'] as const
export type TerminalState = (typeof TERMINAL_STATES)[number]

/**
 * What an active job is doing, in this order; `finalizing` is ffmpeg writing trailers, `verifying` is ffleet reading the output. Before
 * encoding, `searching` tries settings on samples; it is the last here, as snapshots are kept with the place of a phase.
 */
export const PHASES = ['fetching', 'probing', 'encoding', 'finalizing', 'verifying', 'publishing', 'searching'] as const
export type Phase = (typeof PHASES)[number]

/** What percent may rest on; `overrun` is an output that runs longer than was expected. */
export const PROGRESS_BASES = ['time', 'frames', 'bytes', 'overrun', 'unknown'] as const
export type ProgressBasis = (typeof PROGRESS_BASES)[number]

/** How one attempt ended; `lost` is a worker that died or lost its lock, `released` one that handed the job back while draining. */
export const ATTEMPT_OUTCOMES = ['running', 'completed', 'failed', 'cancelled', 'lost', 'released'] as const
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number]

/** True for a state that a job never leaves, except by an explicit retry. */
export function isTerminal(state: JobState): state is TerminalState {
  return state === 'completed' || state === 'failed' || state === 'cancelled'
}
