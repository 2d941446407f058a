import type { Job } from '../../contract/index.js'
import { words } from '../words/texts.js'

/** The state of a job, and while it runs its phase. */
export function State({ job }: { job: Job }) {
  const w = words.value
  const isStalled = (job.progress?.stalledForMs ?? 0) > STALLED_MS && job.state === 'active'
  const text = job.state === 'active' && job.phase !== null ? w.phases[job.phase] : w.states[job.state]
  return (
    <span class="state" data-state={job.state} data-stalled={isStalled ? '' : undefined}>
      <span class="dot" aria-hidden="true" />
      {isStalled ? w.stalled : text}
    </span>
  )
}

/** Of a job that waits: what for, or where it stands. */
export function waitOf({ waitsFor, queuePosition }: Job): string {
  const w = words.value
  if (waitsFor === 'quota') return w.waitsForQuota
  return queuePosition === null ? w.waits : w.position(queuePosition)
}

/** ffmpeg is quiet for a moment now and then. */
export const STALLED_MS = 3_000
