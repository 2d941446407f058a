import type { FleetEvent, Job, ProgressSnapshot } from '../../contract/index.js'

/**
 * The job after an event. Lists and events overlap, so an event may tell what the job says already, or what is over: that
 * changes nothing, and no figure goes back within an attempt.
 */
export function applyEvent(job: Job, event: FleetEvent): Job {
  switch (event.type) {
    case 'job.queued':
      if (job.attempt > event.attempt || job.state === 'queued') return job
      return { ...job, ...notRunning(job), state: 'queued', progress: null, error: null, finishedAt: null }
    case 'attempt.started':
      if (event.attempt <= job.attempt) return job
      return {
        ...free(job),
        ...notRunning(job),
        state: 'active',
        attempt: event.attempt,
        worker: event.worker,
        progress: null,
        startedAt: event.at,
      }
    case 'phase.changed':
      if (isOver(job, event.attempt)) return job
      return { ...job, state: 'active', attempt: event.attempt, phase: event.phase, queuePosition: null }
    case 'progress':
      if (!isNewer(event.progress, job)) return job
      return {
        ...job,
        state: 'active',
        attempt: event.progress.attempt,
        phase: event.progress.phase,
        progress: event.progress,
        queuePosition: null,
      }
    case 'attempt.failed':
      if (isOver(job, event.attempt)) return job
      return event.willRetry ? { ...job, ...notRunning(job), state: 'queued' } : job
    case 'output.playable': {
      if (isOver(job, event.attempt)) return job
      const { output: name, playable } = event
      return { ...job, outputs: job.outputs.map((each) => (each.name === name ? { ...each, playable } : each)) }
    }
    case 'output.ready':
      return { ...job, outputs: job.outputs.map((each) => (each.name === event.output.name ? event.output : each)) }
    case 'job.completed':
    case 'job.failed':
    case 'job.cancelled':
      return endedBefore(event.job, job) ? job : event.job
    default:
      return job
  }
}

/** What it waited for before its turn came, it has. */
function free({ waitsFor: _, ...job }: Job): Job {
  return job
}

/** What an attempt showed of outputs that it has not published went with it. */
function notRunning(job: Job): Pick<Job, 'phase' | 'worker' | 'queuePosition' | 'outputs'> {
  const outputs = job.outputs.map((each) => (each.href === null && each.playable ? { ...each, playable: null } : each))
  return { phase: null, worker: null, queuePosition: null, outputs }
}

/** What an attempt does is no news once it is over: numbers rise, so a job that does not run is done with its own. */
function isOver(job: Job, attempt: number): boolean {
  return attempt < job.attempt || (attempt === job.attempt && job.state !== 'active')
}

/** A job that was run again ends more than once. */
function endedBefore(told: Job, job: Job): boolean {
  if (told.attempt !== job.attempt) return told.attempt < job.attempt
  return told.finishedAt !== null && job.finishedAt !== null && told.finishedAt < job.finishedAt
}

function isNewer(progress: ProgressSnapshot, job: Job): boolean {
  if (isOver(job, progress.attempt)) return false
  return job.progress === null || progress.seq > job.progress.seq
}
