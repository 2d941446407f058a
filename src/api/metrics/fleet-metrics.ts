import { type FleetEvent, isTerminalEvent, type Job, TERMINAL_EVENTS } from '../../contract/index.js'
import type { Metrics } from '../../metrics.js'
import type { Entry, EventLog, Subscription } from '../../queue/index.js'
import { compareIds } from '../../queue/index.js'

const RETRY_MS = 5_000
const OUTCOMES = new Set<FleetEvent['type']>(['attempt.failed', ...TERMINAL_EVENTS])

/** Counts how attempts and jobs end on the fleet, from now on; after an outage it catches up. Call the result to stop. */
export function countOutcomes(events: EventLog, metrics: Metrics): () => void {
  let lastId: string | undefined
  let subscription: Subscription | null = null
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  function count(entry: Entry<FleetEvent>): void {
    if (lastId !== undefined && compareIds(entry.id, lastId) <= 0) return
    lastId = entry.id
    countEvent(entry.event, metrics)
  }

  async function catchUp(): Promise<void> {
    clearTimeout(timer)
    try {
      subscription ??= await events.subscribeOutcomes(count, () => void catchUp())
      if (stopped) return subscription.close()
      const read = await events.readFleet(lastId)
      for (const entry of read.entries) if (OUTCOMES.has(entry.type)) count(entry)
      lastId ??= read.lastId
    } catch {
      if (!stopped) timer = setTimeout(() => void catchUp(), RETRY_MS).unref()
    }
  }

  void catchUp()
  return () => {
    stopped = true
    clearTimeout(timer)
    subscription?.close()
  }
}

function countEvent(event: FleetEvent, metrics: Metrics): void {
  if (event.type === 'attempt.failed') {
    const { code } = event.error
    metrics.attempts.inc({ outcome: code === 'WORKER_LOST' ? 'lost' : 'failed' })
    metrics.attemptErrors.inc({ code })
  }
  if (isTerminalEvent(event)) countJob(event.job, metrics)
}

function countJob(job: Job, metrics: Metrics): void {
  if (job.state !== 'failed' && job.startedAt !== null) metrics.attempts.inc({ outcome: job.state })
  if (job.startedAt === null || job.finishedAt === null) return
  const started = Date.parse(job.startedAt)
  const seconds = (Date.parse(job.finishedAt) - started) / 1000
  metrics.jobDuration.observe({ state: job.state }, seconds)
  metrics.jobWait.observe((started - Date.parse(job.createdAt)) / 1000)
  if (job.state !== 'completed') return
  metrics.hardwareFallbacks.inc(job.warnings.filter(({ code }) => code === 'HARDWARE_FELL_BACK').length)
  metrics.outputBytes.inc(job.outputs.reduce((sum, output) => sum + (output.bytes ?? 0), 0))
  const mediaMs = Math.max(...job.outputs.map((output) => output.durationMs ?? 0))
  if (mediaMs > 0 && seconds > 0) metrics.encodeSpeed.observe(mediaMs / 1000 / seconds)
}
