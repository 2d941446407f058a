import { WORKER_STATES } from '../../contract/fleet.js'
import { familyOf } from '../../contract/hardware.js'
import type { ApiParts } from '../types.js'

/** Brings the figures that are asked for, not counted, up to date for a scrape. Never rejects. */
export async function refreshMetrics(parts: ApiParts): Promise<void> {
  takeStreamFigures(parts)
  const { metrics, queue } = parts
  try {
    const [info, workers, untold] = await Promise.all([queue.jobs.info(), queue.fleet.list(), queue.webhooks.waiting()])
    const { delayed, ...byState } = info.counts
    for (const [state, count] of Object.entries(byState)) metrics.jobs.set({ state }, count)
    metrics.queueDelayed.set(delayed)
    metrics.queueDemand.set(info.demand?.slots ?? 0)
    metrics.queueOldestWait.set((info.oldestWaitMs ?? 0) / 1000)
    metrics.queuePaused.set(info.paused ? 1 : 0)
    for (const state of WORKER_STATES) {
      metrics.workers.set({ state }, workers.filter((worker) => worker.state === state).length)
    }
    const busy = workers.reduce((sum, worker) => sum + worker.busy, 0)
    metrics.slots.set({ use: 'busy' }, busy)
    metrics.slots.set({ use: 'free' }, Math.max(0, info.slots - busy))
    metrics.hardwareEncoders.reset()
    for (const encoder of workers.flatMap(({ encoders }) => encoders)) {
      if (familyOf(encoder) !== null) metrics.hardwareEncoders.inc({ encoder })
    }
    metrics.webhooksWaiting.set(untold.jobs)
    metrics.webhookOldest.set(untold.oldestMs === null ? 0 : Math.max(0, Date.now() - untold.oldestMs) / 1000)
    metrics.queueUp.set(1)
  } catch {
    // What the queue said last is no longer true, and nothing is known.
    for (const gauge of [metrics.jobs, metrics.queueDemand, metrics.workers, metrics.slots, metrics.hardwareEncoders])
      gauge.reset()
    metrics.queueUp.set(0)
  }
}

/** Streams count in plain numbers, because they count once for every reader of every event. */
function takeStreamFigures({ metrics, streams }: ApiParts): void {
  const { figures, readers } = streams
  metrics.watchers.set({ scope: 'job' }, readers.job)
  metrics.watchers.set({ scope: 'fleet' }, readers.fleet)
  metrics.streamBytes.inc(figures.bytes)
  metrics.streamCoalesced.inc(figures.coalesced)
  for (const [type, count] of figures.events) metrics.streamEvents.inc({ type }, count)
  figures.bytes = 0
  figures.coalesced = 0
  figures.events.clear()
}
