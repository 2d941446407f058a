import type { FleetEvent, JobEvent } from '../contract/index.js'
import { guarded } from './availability.js'
import { compareIds, decodeEntry, decodeMessage, knownEntry } from './codec.js'
import type { Connection } from './connection.js'
import { QUEUED_BODY } from './keys.js'
import { type RecordFields, readRecord } from './record.js'
import type { Entry, EventLog, Subscription } from './types.js'

type Listener = { onMessage: (message: string) => void; onGap: () => void }

/**
 * Reads the event log and follows it live. `subscriber` is a connection of its own: however many watchers there are,
 * a process holds one, and a channel is subscribed once.
 */
export function createEventLog(options: { redis: Connection; subscriber: Connection }): EventLog {
  const { redis, subscriber } = options
  const { channels, keys } = redis.names
  const listeners = new Map<string, Set<Listener>>()

  let intact = subscriber.status === 'ready'

  subscriber.on('message', (channel: string, message: string) => {
    // What comes before everybody knows of the gap is left to the read they make for it: it would hide the gap.
    if (!intact) return
    for (const listener of listeners.get(channel) ?? []) listener.onMessage(message)
  })
  subscriber.on('close', () => {
    intact = false
  })
  subscriber.on('ready', () => {
    // A connection that breaks meanwhile gets ready once more; one that only does not answer has to be made to.
    subscribeAgain().catch(() => subscriber.disconnect(true))
  })

  /** What was published while nobody listened has to be read. */
  async function subscribeAgain(): Promise<void> {
    if (listeners.size > 0) await subscriber.subscribe(...listeners.keys())
    intact = true
    for (const set of listeners.values()) for (const listener of set) listener.onGap()
  }

  async function listen(channel: string, listener: Listener): Promise<Subscription> {
    const existing = listeners.get(channel)
    const set = existing ?? new Set<Listener>()
    set.add(listener)
    if (!existing) listeners.set(channel, set)
    const close = () => {
      set.delete(listener)
      if (set.size > 0 || listeners.get(channel) !== set) return
      listeners.delete(channel)
      subscriber.unsubscribe(channel).catch(() => {})
    }
    try {
      // Subscribing again while the first is on its way is harmless and waits for the same confirmation.
      await subscriber.subscribe(channel)
    } catch (error) {
      close()
      throw error
    }
    return { close }
  }

  async function readFleet(after?: string): Promise<{ entries: Entry<FleetEvent>[]; lastId: string }> {
    if (after === undefined) {
      const [newest] = await redis.xrevrange(keys.fleet, '+', '-', 'COUNT', 1)
      return { entries: [], lastId: newest?.[0] ?? '0-0' }
    }
    const entries = await redis.xrange(keys.fleet, `(${after}`, '+')
    return {
      entries: entries.map(([id, flat]) => decodeEntry<FleetEvent>(null, id, flat)),
      lastId: entries.at(-1)?.[0] ?? after,
    }
  }

  return {
    read: guarded((jobId: string, after?: string) => readJobEvents(redis, jobId, after)),
    readFleet: guarded(readFleet),
    subscribe: guarded((jobId: string, onEntry: (entry: Entry<JobEvent>) => void, onGap: () => void) =>
      listen(channels.job(jobId), { onMessage: (message) => onEntry(decodeMessage(jobId, message)), onGap }),
    ),
    subscribeOutcomes: guarded((onEntry: (entry: Entry<FleetEvent>) => void, onGap: () => void) =>
      listen(channels.outcomes, { onMessage: (message) => onEntry(decodeMessage(null, message)), onGap }),
    ),
    subscribeFleet: guarded((onEntry: (entry: Entry<FleetEvent>) => void, onGap: () => void) =>
      listen(channels.fleet, { onMessage: (message) => onEntry(decodeMessage(null, message)), onGap }),
    ),
    async close() {
      listeners.clear()
      subscriber.disconnect()
    },
  }
}

/** As `EventLog.read`; rejects with whatever the connection does. */
export async function readJobEvents(
  redis: Connection,
  jobId: string,
  after?: string,
): Promise<{ entries: Entry<JobEvent>[]; endId: string | null } | null> {
  const { keys } = redis.names
  // At one moment: what an event changes, and the event.
  const [[, fields], [, entries]] = (await redis
    .multi()
    .hgetall(keys.job(jobId))
    .xrange(keys.events(jobId), after === undefined ? '-' : `(${after}`, '+')
    .exec()) as [[unknown, RecordFields], [unknown, [id: string, flat: string[]][]]]
  const record = readRecord(jobId, fields)
  if (record === null) return null
  const decoded = entries.map(([id, flat]) => decodeEntry<JobEvent>(jobId, id, flat))
  const { queuedId, createdMs } = record
  if (queuedId !== null && (after === undefined || compareIds(after, queuedId) < 0)) {
    decoded.push(decodeEntry(jobId, queuedId, ['e', 'job.queued', 'i', '', 't', String(createdMs), 'd', QUEUED_BODY]))
  }
  const { ended } = record
  if (ended === null || decoded.length > 0 || after === ended.eventId)
    return { entries: decoded, endId: ended?.eventId ?? null }
  // The events have expired: what is left to say is how the job ended.
  const event = {
    id: ended.eventId,
    type: `job.${ended.state}`,
    jobId,
    at: ended.job.finishedAt,
    job: ended.job,
  } as unknown as JobEvent
  return { entries: [knownEntry(event)], endId: ended.eventId }
}
