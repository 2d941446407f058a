/** The events of the fleet, as this tab hears them. */
import { signal } from '@preact/signals'
import { FfleetClient } from '../../client/index.js'
import type { FleetEvent } from '../../contract/index.js'
import { type Connection, followFleet, STREAM_OPTIONS, type StreamMessage } from './follow-fleet.js'
import { SERVER } from './server.js'

export type FleetListener = {
  onEvents(events: FleetEvent[]): void
  /** The stream stands again after it was lost: what the server has forgotten meanwhile can only be read anew. */
  onAgain?(): void
}

export const connection = signal<Connection>({ state: 'connecting' })

const listeners = new Set<FleetListener>()
let source: Promise<void> | null = null
let restart = () => {}

/**
 * From when it resolves on, no event is missed, or `onAgain` says so: whoever lists then can tell by its id what an event
 * adds to the list.
 */
export async function listenToFleet(listener: FleetListener): Promise<() => void> {
  listeners.add(listener)
  await open()
  return () => void listeners.delete(listener)
}

function onEvents(events: FleetEvent[]): void {
  for (const listener of listeners) listener.onEvents(events)
}

function onConnection(next: Connection): void {
  const wasLost = connection.value.state === 'lost'
  connection.value = next
  if (wasLost && next.state === 'live') for (const listener of listeners) listener.onAgain?.()
}

/** Resolves when the stream stands, or is known not to. */
function open(): Promise<void> {
  source ??= new Promise((resolve) => {
    const hear = (next: Connection) => {
      onConnection(next)
      if (next.state !== 'connecting') resolve()
    }
    if (typeof SharedWorker === 'undefined') ownStream(hear)
    else sharedStream(hear)
  })
  return source
}

/** Closes the stream and opens it as whoever this browser is now. */
export function restartStream(): void {
  restart()
}

function sharedStream(hear: (next: Connection) => void): void {
  // The name parts servers behind one origin; it is also how the worker knows where its own is.
  const worker = new SharedWorker(new URL('./fleet.worker.ts', import.meta.url), { type: 'module', name: SERVER })
  addEventListener('pagehide', ({ persisted }) => {
    if (!persisted) worker.port.postMessage({ leave: true })
  })
  restart = () => worker.port.postMessage({ restart: true })
  worker.onerror = () => ownStream(hear)
  worker.port.onmessage = ({ data }: MessageEvent<StreamMessage>) => {
    if ('events' in data) onEvents(data.events)
    else hear(data.connection)
  }
}

function ownStream(hear: (next: Connection) => void): void {
  const client = new FfleetClient({ ...STREAM_OPTIONS, baseUrl: SERVER })
  restart = followFleet(client, { onEvents, onConnection: hear }).restart
}
