import { createParser } from 'eventsource-parser'
import { isTerminalEvent } from '../contract/events.js'
import type { FleetEvent } from '../contract/index.js'
import { type AbortScope, abortScope, sleep, unlessAborted } from './abort.js'
import { FfleetApiError, FfleetConnectionError } from './api-error.js'
import type { Retry } from './backoff.js'
import { EventBuffer } from './event-buffer.js'
import { isTransient, waitMs } from './http.js'

export type EventStreamOptions = {
  /** Id of the last event already seen; only what follows it comes. */
  after?: string | undefined
  /** Ends the iteration by rejecting with its reason. */
  signal?: AbortSignal | undefined
  /** The stream stands, for the first time or again. Of several streams, any of them. */
  onConnect?: (() => void) | undefined
  /** The connection broke or could not be made; it is tried again after this time. */
  onDisconnect?: ((cause: { error: Error | null; retryInMs: number }) => void) | undefined
}

/** One event stream of the server: how to open it after an id, and whether a terminal event ends it. */
export type EventSource = {
  open(after: string | undefined, signal: AbortSignal): Promise<Response>
  endsWithJob: boolean
}

export type StreamLimits = {
  /** For messages. */
  baseUrl: string
  retry: Retry
  /** Silence after which a connection is taken for dead. The server sends a comment every 15 s; default 45,000. */
  idleTimeoutMs: number
}

/** Longest single event taken, in characters. */
const MAX_EVENT_CHARS = 4 * 1024 * 1024
/**
 * After a terminal event the server closes. The reader waits for that, because the history of a job that was retried
 * goes on behind its first terminal event, but not for long.
 */
const CLOSING_MS = 2_000

/**
 * The events of one or more streams, merged as they come. Every stream is resumed after the last event received from
 * it whenever its connection breaks, so nothing is missed and nothing comes twice; leaving the loop closes the
 * connections. Rejects with `FfleetApiError` when the server refuses for good, with `FfleetConnectionError` when the
 * first connection cannot be made.
 */
export async function* followEvents<E extends FleetEvent>(
  sources: readonly EventSource[],
  limits: StreamLimits,
  options: EventStreamOptions,
): AsyncGenerator<E, void, undefined> {
  options.signal?.throwIfAborted()
  const buffer = new EventBuffer<E>()
  const scope = abortScope(options.signal)
  const readers = Promise.all(sources.map((source) => follow(source, buffer, limits, options, scope.signal))).then(
    () => buffer.end(),
    (error) => buffer.fail(error),
  )
  try {
    for (;;) {
      const event = await buffer.take()
      options.signal?.throwIfAborted()
      if (event === undefined) return
      yield event
    }
  } finally {
    scope.abort()
    scope.dispose()
    await readers
  }
}

async function follow<E extends FleetEvent>(
  source: EventSource,
  buffer: EventBuffer<E>,
  limits: StreamLimits,
  options: EventStreamOptions,
  signal: AbortSignal,
): Promise<void> {
  let lastId = options.after
  let failures = 0
  let everStood = false
  let ended = false
  const take = async (events: E[]) => {
    for (const event of events) {
      const terminal = source.endsWithJob && isTerminalEvent(event)
      if (!isNew(event, lastId, terminal)) continue
      lastId = event.id
      failures = 0
      ended = terminal
      buffer.push(event)
    }
    await buffer.room(signal)
    return ended ? CLOSING_MS : limits.idleTimeoutMs
  }
  for (;;) {
    const connection = abortScope(signal)
    let error: Error | null = null
    try {
      const response = await within(limits.idleTimeoutMs, connection, () => source.open(lastId, connection.signal))
      everStood = true
      if (response.status === 204) return
      options.onConnect?.()
      await read<E>(response, connection, limits.idleTimeoutMs, take)
    } catch (caught) {
      if (signal.aborted) throw signal.reason
      if (caught instanceof MalformedStream) throw caught
      const known = caught instanceof FfleetApiError || caught instanceof FfleetConnectionError
      error = known ? caught : new FfleetConnectionError(limits.baseUrl, caught)
    } finally {
      connection.abort()
      connection.dispose()
    }
    if (ended) return
    if (error !== null && !mayResume(error, everStood)) throw error
    if (error !== null && !everStood && failures >= limits.retry.attempts) throw error
    const retryInMs = waitMs(error, failures++, limits.retry)
    options.onDisconnect?.({ error, retryInMs })
    await sleep(retryInMs, signal)
  }
}

/** Once it stood, a stream outlives whatever fault of the server passes. */
function mayResume(error: Error, everStood: boolean): boolean {
  return isTransient(error) || (everStood && error instanceof FfleetApiError && error.status >= 500)
}

/** Something answers that does not speak the event stream; trying again would not help. */
class MalformedStream extends Error {
  override readonly name = 'MalformedStream'
}

/**
 * Gives the whole events of each chunk to `take`, which answers how long the next chunk may take, until the response
 * ends. An event that was cut off by the end is not given: it comes again after the last whole one.
 */
async function read<E>(
  response: Response,
  connection: AbortScope,
  idleTimeoutMs: number,
  take: (events: E[]) => Promise<number>,
): Promise<void> {
  if (response.body === null) return
  let events: E[] = []
  let fault: Error | null = null
  const parser = createParser({
    maxBufferSize: MAX_EVENT_CHARS,
    onEvent: (message) => events.push(parseData<E>(message.data)),
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') fault = new MalformedStream(error.message)
    },
  })
  const decoder = new TextDecoder()
  const reader = response.body.getReader()
  let patienceMs = idleTimeoutMs
  for (;;) {
    const chunk = await within(patienceMs, connection, () => reader.read())
    if (chunk.done) return
    parser.feed(decoder.decode(chunk.value, { stream: true }))
    if (fault !== null) throw fault
    const whole = events
    events = []
    patienceMs = await take(whole)
  }
}

function parseData<E>(data: string): E {
  try {
    return JSON.parse(data) as E
  } catch {
    throw new MalformedStream('The server sent an event that is not JSON.')
  }
}

/** A half-open connection never says that it is dead; silence does. */
async function within<T>(timeoutMs: number, connection: AbortScope, work: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => connection.abort(new Error(`nothing came within ${timeoutMs} ms`)), timeoutMs)
  try {
    return await unlessAborted(connection.signal, work)
  } finally {
    clearTimeout(timer)
  }
}

/** The server repeats nothing; this holds against one that does. A job's terminal event may be rebuilt under an older id. */
function isNew(event: FleetEvent, lastId: string | undefined, terminal: boolean): boolean {
  if (lastId === undefined) return true
  if (event.id === lastId) return false
  return terminal || compareEventIds(event.id, lastId) > 0
}

/** Orders ids such as `1700000000000-3`: negative, zero or positive. */
export function compareEventIds(a: string, b: string): number {
  const [aMs = '', aSeq = '0'] = a.split('-')
  const [bMs = '', bSeq = '0'] = b.split('-')
  return Number(aMs) - Number(bMs) || Number(aSeq) - Number(bSeq)
}
