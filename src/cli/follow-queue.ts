/** What the events of a job that waits do not say: where it stands, and why nothing is started. */
import type { FfleetClient } from '../client/index.js'
import { isTerminalEvent } from '../contract/events.js'
import type { FleetEvent, QueueInfo, WorkerInfo } from '../contract/index.js'
import type { Renderer } from './render/index.js'

/** A job that is taken at once is not asked about. */
const FIRST_MS = 300
const EVERY_MS = 2_000
/** So many jobs are asked about one by one; of more, what is next. */
const ASKED = 24
/** As many as a screen shows. */
const NEXT = 100

export type FollowedQueue = {
  /** The job waits. */
  waits(jobId: string): void
  isWaiting(jobId: string): boolean
  heard(event: FleetEvent): void
  stop(): void
}

/** Asks, while any job waits, for the places of the first of them and for what keeps all from being started. */
export function followQueue(client: FfleetClient, renderer: Renderer, signal: AbortSignal): FollowedQueue {
  const waiting = new Set<string>()
  let told: string | null = null
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const tell = (reason: string | null) => {
    if (reason !== told) renderer.standstill(reason)
    told = reason
  }
  const look = async () => {
    try {
      tell(await standstillOf(client, signal))
    } catch {
      // The stream says that the connection is lost.
    }
    if (waiting.size > ASKED) await askNext()
    else await Promise.all([...waiting].map(ask))
  }
  const askNext = async () => {
    const next = await client.queueNext({ limit: NEXT }, { signal }).catch(() => null)
    if (next === null) return
    const places = new Map(next.map(({ id, queuePosition }) => [id, queuePosition]))
    for (const id of waiting) renderer.position(id, places.get(id) ?? null)
  }
  const ask = async (id: string) => {
    const job = await client.get(id, { signal }).catch(() => null)
    if (waiting.has(id)) renderer.position(id, job?.state === 'queued' ? job.queuePosition : null)
  }
  const schedule = (ms: number) => {
    if (timer !== undefined || stopped || waiting.size === 0) return
    timer = setTimeout(async () => {
      if (waiting.size > 0) await look()
      timer = undefined
      schedule(EVERY_MS)
    }, ms)
  }
  const left = (jobId: string) => {
    waiting.delete(jobId)
    if (waiting.size === 0) tell(null)
  }
  const waits = (jobId: string) => {
    waiting.add(jobId)
    schedule(FIRST_MS)
  }
  return {
    waits,
    isWaiting: (jobId) => waiting.has(jobId),
    heard(event) {
      if (!('jobId' in event)) return
      if (event.type === 'job.queued') waits(event.jobId)
      else if (event.type === 'attempt.started' || event.type === 'progress' || isTerminalEvent(event)) {
        left(event.jobId)
      }
    },
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

/** Why nothing that waits would be started just now; null where a worker takes jobs. */
export async function standstillOf(client: FfleetClient, signal?: AbortSignal): Promise<string | null> {
  const queue = await client.queue({ signal })
  return reasonOf(queue, queue.workers === 0 ? [] : await client.workers({ signal }))
}

function reasonOf({ paused }: QueueInfo, workers: readonly WorkerInfo[]): string | null {
  if (paused) return 'The queue is paused: nothing is started until `ffleet resume`.'
  if (workers.length === 0) return 'No worker is running: jobs wait until one is started, with `ffleet worker`.'
  const states = new Set(workers.map(({ state }) => state))
  if (states.has('running')) return null
  const why = [...states].map((state) => (state === 'draining' ? 'is ending' : 'is unhealthy')).join(' or ')
  return `No worker takes jobs: each that is there ${why}. \`ffleet worker\` starts another.`
}
