import type { FleetEvent, Job, JobEvent, LogEvent, ProgressEvent } from '../../contract/index.js'
import { formatBytes, formatClock, formatPercent, formatSpeed } from './figures.js'
import { endAddresses } from './job-end.js'
import { jobLabel } from './job-view.js'
import { inOptions } from './option-words.js'
import { playableText } from './playable-text.js'
import type { Renderer, Sink } from './renderer.js'
import { printable } from './text.js'

/** Between two lines about the progress of one job, by the clock of its events. */
const PROGRESS_EVERY_MS = 5_000
/** Log lines of one attempt that are shown. */
const LOG_LINES = 20

type Told = { label: string; progressAt: number; phase: string | null; logLines: number }

/**
 * One line for each notable change of a job; progress now and then. For files, pipes and CI logs. `server`: for the
 * addresses of what has ended; `ended`: lines behind the last one of a job.
 */
export function createPlainRenderer(
  out: Sink,
  err: Sink,
  { server = null, ended = () => [] }: { server?: string | null; ended?: (job: Job) => string[] } = {},
): Renderer {
  const jobs = new Map<string, Told>()
  const told = (jobId: string): Told => {
    const known = jobs.get(jobId) ?? { label: jobId, progressAt: Number.NEGATIVE_INFINITY, phase: null, logLines: 0 }
    jobs.set(jobId, known)
    return known
  }
  return {
    describe: (job) => void (told(job.id).label = `${job.id} ${jobLabel(job)}`),
    event(event) {
      const text = 'jobId' in event ? jobText(event, told(event.jobId), server) : workerText(event)
      if (text === null) return
      const who = 'jobId' in event ? told(event.jobId).label : event.worker
      out.write(`${event.at.replace(/\.\d+Z$/, 'Z')} ${printable(`${who}: ${text}`)}\n`)
      if (!('jobId' in event && 'job' in event)) return
      jobs.delete(event.jobId)
      for (const line of ended(event.job)) out.write(`${line}\n`)
    },
    position: () => {},
    standstill: (reason) => void (reason !== null && err.write(`${printable(reason)}\n`)),
    note: (text) => void err.write(`${printable(text)}\n`),
    close: () => {},
  }
}

function workerText(event: Exclude<FleetEvent, JobEvent>): string {
  return event.type.replace('worker.', '') + (event.reason === null ? '' : ` (${event.reason})`)
}

/** Null where nothing is worth a line. */
function jobText(event: JobEvent, told: Told, server: string | null): string | null {
  switch (event.type) {
    case 'job.queued':
      return 'queued'
    case 'attempt.started':
      Object.assign(told, { progressAt: Number.NEGATIVE_INFINITY, phase: null, logLines: 0 })
      return `attempt ${event.attempt} started on ${event.worker}`
    case 'phase.changed':
      if (event.phase === told.phase) return null
      told.phase = event.phase
      return event.phase
    case 'progress':
      return progressText(event, told)
    case 'log':
      return logText(event, told)
    case 'output.playable':
      return playableText(event, server)
    case 'output.ready':
      return `output ${event.output.name} is ready: ${event.output.path}, ${formatBytes(event.output.bytes)}`
    case 'attempt.failed':
      return `attempt ${event.attempt} failed, ${event.willRetry ? 'another one follows' : 'no other follows'}: ${event.error.code} ${inOptions(event.error.detail)}`
    case 'job.completed':
      return [`completed${endFacts(event.job)}`, ...endAddresses(event.job, server)].join(' ')
    case 'job.failed': {
      const { code = 'unknown', detail = '' } = event.job.error ?? {}
      return [`failed: ${code}`, inOptions(detail), ...endAddresses(event.job, server)].filter(Boolean).join(' ')
    }
    case 'job.cancelled':
      return ['cancelled', ...endAddresses(event.job, server)].join(' ')
  }
}

function progressText({ at, progress: p }: ProgressEvent, told: Told): string | null {
  const atMs = Date.parse(at)
  if (atMs - told.progressAt < PROGRESS_EVERY_MS) return null
  told.progressAt = atMs
  const facts = [p.percent === null ? 'percent unknown' : formatPercent(p.percent)]
  if (p.outTimeUs !== null) facts.push(formatClock(p.outTimeUs / 1000))
  if (p.frame !== null) facts.push(`${p.frame} frames`)
  if (p.speed !== null) facts.push(formatSpeed(p.speed))
  if (p.etaMs !== null) facts.push(`ETA ${formatClock(p.etaMs)}`)
  if (p.stalledForMs >= PROGRESS_EVERY_MS) facts.push(`stalled for ${formatClock(p.stalledForMs)}`)
  return `${p.phase} ${facts.join(', ')}`
}

function logText(event: LogEvent, told: Told): string | null {
  told.logLines++
  if (told.logLines > LOG_LINES + 1) return null
  return told.logLines > LOG_LINES ? 'more lines of ffmpeg are in the log' : `${event.level}: ${event.text}`
}

function endFacts(job: Job): string {
  const outputs = job.outputs.map((output) => `${output.path} (${formatBytes(output.bytes)})`)
  return outputs.length === 0 ? '' : `: ${outputs.join(', ')}`
}
