/** The events of the fleet, as this tab hears them. */
import { signal } from '@preact/signals'
import { FfleetClient } from '../../client/index.js'
import type { FleetEvent } from '../../contract/index.js'
import { type Connection, followFleet, STREAM_OPTIONS, type StreamMessage } from './follow-fleet.js'
import { BASE } from './server.js'

export type FleetListener = {
  onEvents(events: FleetEvent[]): void
  /** The stream stands again after it was lost: what the server has forgotten meanwhile can only be read anew. */
  onAgain?(): void
}

export const connection = signal<Connection>({ state: 'connecting' })

const listeners = new Set<FleetListener>()
let source: Promise<(after: string) => void> | null = null

/** From when it resolves on, no event is missed: whoever lists then can tell by its id what an event adds to the list. */
export async function listenToFleet(listener: FleetListener): Promise<() => void> {
  listeners.add(listener)
  await open()
  return () => void listeners.delete(listener)
}

/** Begins after an event, where the stream does not stand yet. */
export async function startFleet(after: string): Promise<void> {
  const start = await open()
  start(after)
}

function onEvents(events: FleetEvent[]): void {
  for (const listener of listeners) listener.onEvents(events)
}

function onConnection(next: Connection): void {
  const wasLost = connection.value.state === 'lost'
  connection.value = next
  if (wasLost && next.state === 'live') for (const listener of listeners) listener.onAgain?.()
}

function open(): Promise<(after: string) => void> {
  source ??= typeof SharedWorker === 'undefined' ? Promise.resolve(ownStream()) : sharedStream()
  return source
}

function sharedStream(): Promise<(after: string) => void> {
  // The name parts servers behind one origin; it is also how the worker knows where its own is.
  const worker = new SharedWorker(new URL('./fleet.worker.ts', import.meta.url), { type: 'module', name: BASE })
  addEventListener('pagehide', ({ persisted }) => {
    if (!persisted) worker.port.postMessage({ leave: true })
  })
  return new Promise((resolve) => {
    worker.onerror = () => resolve(ownStream())
    worker.port.onmessage = ({ data }: MessageEvent<StreamMessage>) => {
      if ('events' in data) return onEvents(data.events)
      onConnection(data.connection)
      resolve((after) => worker.port.postMessage({ after }))
    }
  })
}

function ownStream(): (after: string) => void {
  let started = false
  return (after) => {
    if (started) return
    started = true
    followFleet(new FfleetClient({ ...STREAM_OPTIONS, baseUrl: BASE }), after, { onEvents, onConnection })
  }
}
