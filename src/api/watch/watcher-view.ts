/** What the holder of a watch link may know: how far a job is, not what it is made of, where, or by whom. */
import {
  type FleetEvent,
  isTerminalEvent,
  type Job,
  type JobError,
  type JobInput,
  type JobOutput,
  type Playable,
} from '../../contract/index.js'

/** Paths, tags, workers, commands and messages are empty or null; ids, times, figures, names of outputs and codes stay. */
export function watcherEvent(event: FleetEvent): FleetEvent {
  if (isTerminalEvent(event)) return { ...event, job: watcherJob(event.job) }
  switch (event.type) {
    case 'attempt.started':
      return { ...event, worker: '' }
    case 'log':
      return { ...event, text: '' }
    case 'output.playable':
      return { ...event, playable: event.playable && unlinked(event.playable) }
    case 'output.ready':
      return { ...event, output: watcherOutput(event.output) }
    case 'attempt.failed':
      return { ...event, error: watcherError(event.error) }
    default:
      return event
  }
}

function watcherJob({ after: _, ...job }: Job): Job {
  return {
    ...job,
    input: hidden(job.input),
    ...(job.inputs && { inputs: job.inputs.map(hidden) }),
    outputs: job.outputs.map(watcherOutput),
    tags: {},
    worker: null,
    error: job.error && watcherError(job.error),
    warnings: job.warnings.map((warning) => ({ ...warning, detail: '' })),
  }
}

/** How it is played is as much as a name: nothing of it stays but that it is there. */
function hidden({ startMs, endMs, expectedDurationMs }: JobInput): JobInput {
  return { uri: '', startMs, endMs, expectedDurationMs }
}

function watcherOutput(output: JobOutput): JobOutput {
  const warnings = output.warnings.map((warning) => ({ ...warning, detail: '' }))
  const { playable } = output
  return {
    ...output,
    ...(playable && { playable: unlinked(playable) }),
    ...{ path: '', sha256: null, href: null, warnings },
  }
}

function unlinked(playable: Playable): Playable {
  return { ...playable, href: '' }
}

function watcherError(error: JobError): JobError {
  return { ...error, detail: error.title, hint: '' }
}
