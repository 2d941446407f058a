import type { FleetEvent, Job, ProgressSnapshot } from '../../contract/index.js'

/**
 * The job after an event. Lists and events overlap, so an event may tell what the job says already, or what is over: that
 * changes nothing, and no figure goes back within an attempt.
 */
export function applyEvent(job: Job, event: FleetEvent): Job {
  switch (event.type) {
    case 'job.queued':
      if (job.attempt > event.attempt || job.state === 'queued') return job
      return { ...job, ...NOT_RUNNING, state: 'queued', progress: null, error: null, finishedAt: null }
    case 'attempt.started':
      if (isPast(job, event.attempt) || (job.attempt === event.attempt && job.state !== 'queued')) return job
      return {
        ...job,
        ...NOT_RUNNING,
        state: 'active',
        attempt: event.attempt,
        worker: event.worker,
        progress: null,
        startedAt: event.at,
      }
    case 'phase.changed':
      if (isPast(job, event.attempt)) return job
      return { ...job, state: 'active', attempt: event.attempt, phase: event.phase, queuePosition: null }
    case 'progress':
      if (!isNewer(event.progress, job)) return job
      return { ...job, state: 'active', phase: event.progress.phase, progress: event.progress, queuePosition: null }
    case 'attempt.failed':
      if (isPast(job, event.attempt) || job.state !== 'active') return job
      return event.willRetry ? { ...job, ...NOT_RUNNING, state: 'queued' } : job
    case 'output.ready':
      return { ...job, outputs: job.outputs.map((each) => (each.name === event.output.name ? event.output : each)) }
    case 'job.completed':
    case 'job.failed':
    case 'job.cancelled':
      return event.job.attempt < job.attempt ? job : event.job
    default:
      return job
  }
}

const NOT_RUNNING = { phase: null, worker: null, queuePosition: null }

/** The job has ended, or is in a later attempt. */
function isPast(job: Job, attempt: number): boolean {
  return job.attempt > attempt || (job.finishedAt !== null && job.attempt >= attempt)
}

function isNewer(progress: ProgressSnapshot, job: Job): boolean {
  if (isPast(job, progress.attempt)) return false
  return job.progress === null || progress.seq > job.progress.seq
}
