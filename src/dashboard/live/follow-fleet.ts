import { sleep } from '../../client/abort.js'
import type { ClientOptions, FfleetClient } from '../../client/index.js'
import type { FleetEvent } from '../../contract/index.js'

/** Whether what is shown is live: `lost` since then, and tried again. Times by the browser's clock, ms since 1970. */
export type Connection = { state: 'connecting' | 'live' } | { state: 'lost'; sinceMs: number; retryAtMs: number }

/** What the shared worker says to a tab; the first word is that of its connection. */
export type StreamMessage = { events: FleetEvent[] } | { connection: Connection }

/** The server sends a comment every 15 s. A page that is not live says so soon. */
export const STREAM_OPTIONS: ClientOptions = { idleTimeoutMs: 20_000, retry: { baseMs: 250, maxMs: 3_000 } }

export type FollowHandlers = {
  onEvents(events: FleetEvent[]): void
  onConnection(connection: Connection): void
}

/** Events are passed on this often at most: a repaint needs no more. */
const BATCH_MS = 80
/** A timer that is this late slept, and so did the connection. */
const SLEPT_MS = 10_000
const LOOK_MS = 2_000
const RETRY_MS = 2_000

/** Follows the fleet from now on for ever: through restarts of the server, and the sleep of the machine. */
export function followFleet(client: FfleetClient, handlers: FollowHandlers): { restart(): void } {
  let lastId: string | undefined
  let batch: FleetEvent[] = []
  let connection: Connection = { state: 'connecting' }
  let stream = new AbortController()

  const tell = (next: Connection) => {
    connection = next
    handlers.onConnection(next)
  }
  const lost = (retryInMs: number) => {
    const sinceMs = connection.state === 'lost' ? connection.sinceMs : Date.now()
    tell({ state: 'lost', sinceMs, retryAtMs: Date.now() + retryInMs })
  }
  const flush = () => {
    const events = batch
    batch = []
    handlers.onEvents(events)
  }
  const take = (event: FleetEvent) => {
    lastId = event.id
    if (batch.push(event) === 1) setTimeout(flush, BATCH_MS)
  }
  const follow = async () => {
    for (;;) {
      stream = new AbortController()
      const options = {
        after: lastId,
        signal: stream.signal,
        onConnect: () => tell({ state: 'live' }),
        onDisconnect: ({ retryInMs }: { retryInMs: number }) => lost(retryInMs),
      }
      try {
        for await (const event of client.watchAll(options)) take(event)
      } catch {
        lost(stream.signal.aborted ? 0 : RETRY_MS)
        if (!stream.signal.aborted) await sleep(RETRY_MS)
      }
    }
  }
  let lookedMs = Date.now()
  setInterval(() => {
    const now = Date.now()
    if (now - lookedMs > SLEPT_MS) stream.abort()
    lookedMs = now
  }, LOOK_MS)
  void follow()
  return { restart: () => stream.abort() }
}
