/** Counts of the queue and the workers, read again when events say that they changed. */
import { signal } from '@preact/signals'
import { FfleetApiError } from '../../client/index.js'
import type { QueueInfo, WorkerInfo } from '../../contract/index.js'
import { listenToFleet } from './fleet-stream.js'
import { client } from './server.js'

export const queue = signal<QueueInfo | null>(null)
/** Null until they are known, and for whoever may not know them. */
export const workers = signal<WorkerInfo[] | null>(null)
/** The server answers, but Redis does not answer it: streams stand, and nothing comes. */
export const isAway = signal(false)

/** After an event, and when nothing happens. */
const SOON_MS = 1_000
const EVERY_MS = 10_000

let timer: ReturnType<typeof setTimeout> | undefined
let atMs = Number.POSITIVE_INFINITY
let reading: Promise<void> | null = null

async function read(): Promise<void> {
  try {
    const [nextQueue, nextWorkers] = await Promise.all([client.queue(), client.workers().catch(unknownToTenants)])
    queue.value = nextQueue
    workers.value = nextWorkers
    isAway.value = false
  } catch (error) {
    isAway.value = error instanceof FfleetApiError && error.code === 'QUEUE_UNAVAILABLE'
    // The page says that the connection is lost; what it shows stays, with its age.
  }
}

/** The workers are the whole fleet's: those of a tenant cannot know whether there are any. */
function unknownToTenants(error: unknown): null {
  if (error instanceof FfleetApiError && error.status === 403) return null
  throw error
}

/** Reads within the time. */
export function readQueue(withinMs = 0): void {
  const dueMs = performance.now() + withinMs
  if (dueMs >= atMs) return
  clearTimeout(timer)
  atMs = dueMs
  timer = setTimeout(async () => {
    await reading
    // What happens from here on may not be in the answer: it asks for another.
    atMs = Number.POSITIVE_INFINITY
    reading = read()
    await reading
    readQueue(isAway.value ? SOON_MS : EVERY_MS)
  }, withinMs)
}

/** Keeps both true from now on. */
export function followQueue(): void {
  readQueue()
  void listenToFleet({
    onEvents: (events) => {
      if (events.some(({ type }) => type !== 'progress' && type !== 'log')) readQueue(SOON_MS)
    },
    onAgain: () => readQueue(),
  })
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) readQueue()
  })
}
