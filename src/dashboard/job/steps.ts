/** What became of each attempt, and what it did when. */

import { isTerminalEvent } from '../../contract/events.js'
import type { AttemptReport, JobError, JobEvent, Report } from '../../contract/index.js'
import type { AttemptOutcome, Phase } from '../../contract/states.js'

export type Attempt = {
  attempt: number
  worker: string | null
  /** ISO 8601; null where no event and no report tells. */
  startedAt: string | null
  finishedAt: string | null
  outcome: AttemptOutcome
  error: JobError | null
  phases: { phase: Phase; at: string }[]
}

/** With the next event. */
export function addStep(attempts: Attempt[], event: JobEvent): Attempt[] {
  switch (event.type) {
    case 'attempt.started':
      return change(attempts, event.attempt, (was) => ({ ...was, worker: event.worker, startedAt: event.at }))
    case 'phase.changed':
      return change(attempts, event.attempt, (was) => ({
        ...was,
        phases: [...was.phases, { phase: event.phase, at: event.at }],
      }))
    case 'attempt.failed':
      return change(attempts, event.attempt, (was) => ({
        ...was,
        finishedAt: event.at,
        error: event.error,
        outcome: event.error.code === 'WORKER_LOST' ? 'lost' : 'failed',
      }))
    default:
      if (!isTerminalEvent(event) || event.job.attempt === 0) return attempts
      return change(attempts, event.job.attempt, (was) => ({
        ...was,
        startedAt: was.startedAt ?? event.job.startedAt,
        finishedAt: was.finishedAt ?? event.job.finishedAt,
        error: was.error ?? event.job.error,
        outcome: was.outcome === 'running' ? (event.job.state as AttemptOutcome) : was.outcome,
      }))
  }
}

/** With what the report says: events are kept for a day, the report with the job. */
export function attemptsOf(report: Report, known: Attempt[]): Attempt[] {
  return report.attempts.reduce((attempts, told) => change(attempts, told.attempt, (was) => merge(was, told)), known)
}

function merge(was: Attempt, told: AttemptReport): Attempt {
  return {
    ...was,
    worker: was.worker ?? told.worker,
    startedAt: was.startedAt ?? told.startedAt,
    finishedAt: was.finishedAt ?? told.finishedAt,
    error: was.error ?? told.error,
    outcome: was.outcome === 'running' ? told.outcome : was.outcome,
  }
}

function change(attempts: Attempt[], attempt: number, by: (was: Attempt) => Attempt): Attempt[] {
  const was = attempts.find((each) => each.attempt === attempt)
  if (was !== undefined) return attempts.map((each) => (each === was ? by(was) : each))
  const begun: Attempt = {
    attempt,
    worker: null,
    startedAt: null,
    finishedAt: null,
    outcome: 'running',
    error: null,
    phases: [],
  }
  return [...attempts, by(begun)].sort((a, b) => a.attempt - b.attempt)
}
