/** What may become of a job, as the events that tell it: attempts that fail, are lost, run again, end. */
import fc from 'fast-check'
import type { Job, JobError, JobEvent } from '../../../src/contract/index.js'
import { aSnapshot } from '../../helpers/jobs.js'

/** The n-th second of a time long ago. */
export const timeOf = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString()

/** A job as it is told first. */
export function aJob(more: Partial<Job> = {}): Job {
  const links = { self: '', events: '', report: '', log: '', watch: '' }
  return {
    id: '01J00000000000000000000000',
    state: 'queued',
    phase: null,
    attempt: 0,
    maxAttempts: 3,
    timeoutMs: null,
    priority: 0,
    tags: {},
    input: { uri: 'in.mp4', startMs: null, endMs: null, expectedDurationMs: null },
    outputs: [],
    progress: null,
    error: null,
    queuePosition: 1,
    forecast: null,
    warnings: [],
    worker: null,
    createdAt: timeOf(0),
    startedAt: null,
    finishedAt: null,
    links,
    ...more,
  }
}

export const ERROR: JobError = {
  code: 'ENCODER_FAILED',
  title: 'The encoder failed',
  detail: '',
  retryable: true,
  hint: '',
  attempt: 1,
  at: timeOf(1),
}

type Life = { steps: number[]; fate: 'completed' | 'failed' | 'cancelled' | 'open' }[][]

/** Lives between retries of a person; each a row of attempts, of which all but the last are tried again. */
const LIVES: fc.Arbitrary<Life> = fc.array(
  fc.array(
    fc.record({
      steps: fc.array(fc.integer({ min: 0, max: 99 }), { maxLength: 5 }).map((each) => each.sort((a, b) => a - b)),
      fate: fc.constantFrom('completed' as const, 'failed' as const, 'cancelled' as const, 'open' as const),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  { minLength: 1, maxLength: 3 },
)

export const HISTORIES: fc.Arbitrary<JobEvent[]> = LIVES.map(eventsOf)

function eventsOf(lives: Life): JobEvent[] {
  const events: JobEvent[] = []
  let attempt = 0
  let seq = 0
  const tell = (event: object) => {
    const n = events.length
    events.push({ id: `${n + 1}-0`, jobId: aJob().id, at: timeOf(n), ...event } as JobEvent)
  }
  const progress = (percent: number) => {
    seq++
    const snapshot = { ...aSnapshot({ attempt, percent }), seq }
    tell({ type: 'progress', progress: snapshot })
    return snapshot
  }
  for (const [i, attempts] of lives.entries()) {
    tell({ type: 'job.queued', attempt })
    for (const [j, { steps, fate }] of attempts.entries()) {
      attempt++
      tell({ type: 'attempt.started', attempt, worker: `w-${attempt}` })
      tell({ type: 'phase.changed', attempt, phase: 'encoding' })
      let last = steps.map(progress).at(-1) ?? null
      if (j < attempts.length - 1) {
        tell({ type: 'attempt.failed', attempt, error: ERROR, willRetry: true })
        continue
      }
      // Only what failed or was cancelled runs again.
      const end = i < lives.length - 1 ? (fate === 'cancelled' ? fate : 'failed') : fate
      if (end === 'open') return events
      if (end === 'failed') tell({ type: 'attempt.failed', attempt, error: ERROR, willRetry: false })
      if (end === 'completed') last = progress(100)
      tell({
        type: `job.${end}`,
        job: aJob({ state: end, attempt, progress: last, finishedAt: timeOf(events.length) }),
      })
    }
  }
  return events
}
