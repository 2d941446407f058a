/** What is sent of one job, one event after the other. */
import type { Delivery, JobEvent } from '../../contract/index.js'
import type { Connection } from '../connection.js'
import { readJobEvents } from '../event-log.js'
import { pairsOf } from '../pairs.js'
import type { Entry } from '../types.js'
import { choose } from './choose.js'
import { deliveryId, type HookState, readHook } from './record.js'

/** What is handed to whoever sends. `id`: `webhook-id`; `failures`: tries of it that failed before. */
export type Outgoing = { url: string; id: string; body: string; tenant: string | null; failures: number }
/** What came of it. `retryInMs` null: it is not tried again. */
export type Sent = {
  kind: 'delivered' | 'failed' | 'gone'
  status: number | null
  error: string | null
  excerpt: string | null
  retryInMs: number | null
}
/** One try. A rejection says that there was none. */
export type Send = (message: Outgoing, signal: AbortSignal) => Promise<Sent>
export type OnTried = (tried: Delivery) => void

type Telling = { redis: Connection; send: Send; onTried: OnTried }

/** Sends what is to be sent of a job, one after the other. Gives the ms until there is more to do; null: nothing is left, or it is another's. */
export async function tell(telling: Telling, id: string, token: string, signal: AbortSignal): Promise<number | null> {
  const { redis } = telling
  for (;;) {
    signal.throwIfAborted()
    const claimed = await redis.ffHookClaim(id, token)
    const state = claimed && readHook(Object.fromEntries(pairsOf(claimed[0])))
    if (!state) return null
    const [, again, nowMs] = claimed
    const read = await readJobEvents(redis, id, state.cursor)
    if (read === null) return null
    const choice = choose(state.disabled ? [] : read.entries, state, Number(nowMs))
    const asked = again === '' ? undefined : await eventOf(redis, id, again)
    if (again !== '' && asked === undefined) {
      // It has expired since.
      await redis.zrem(`${redis.names.keys.webhook(id)}:again`, again)
    } else if (asked !== undefined) {
      const isHead = choice.kind !== 'nothing' && choice.entry.id === again
      if (!(await tryOnce(telling, { id, token, state, entry: asked, again: true, isHead }, signal))) return null
    } else if (choice.kind === 'send') {
      const { entry } = choice
      if (!(await tryOnce(telling, { id, token, state, entry, again: false, isHead: true }, signal))) return null
    } else {
      const waitMs = choice.kind === 'wait' ? choice.waitMs : null
      const cursor = (choice.kind === 'wait' ? state.cursor : choice.cursor) ?? '0'
      const sinceMs = choice.kind === 'wait' ? Number.parseInt(choice.entry.id, 10) : 0
      const rested = await redis.ffHookRest(id, token, cursor, state.news, waitMs ?? '', sinceMs)
      if (rested === 'OK') return waitMs
      if (rested === 'STALE') return null
    }
  }
}

async function eventOf(redis: Connection, jobId: string, eventId: string): Promise<Entry<JobEvent> | undefined> {
  return (await readJobEvents(redis, jobId))?.entries.find((entry) => entry.id === eventId)
}

type Try = {
  id: string
  token: string
  state: HookState
  entry: Entry<JobEvent>
  /** Somebody asked for it. */
  again: boolean
  /** It is what would be sent next anyway. */
  isHead: boolean
}

/** False when somebody else delivers by now. */
async function tryOnce({ redis, send, onTried }: Telling, given: Try, signal: AbortSignal): Promise<boolean> {
  const { id, token, state, entry, again, isHead } = given
  const { keys } = redis.names
  const isProgress = entry.type === 'progress'
  const message = {
    url: state.url,
    id: deliveryId(id, entry.id),
    body: entry.json,
    tenant: await redis.hget(keys.job(id), 'tenant'),
    failures: again || isProgress ? 0 : state.failures,
  }
  const startMs = performance.now()
  const at = new Date().toISOString()
  const sent = await send(message, signal)
  const isTriedAgain = sent.kind === 'failed' && sent.retryInMs !== null && !isProgress && !again
  const row: Delivery = {
    id: message.id,
    eventId: entry.id,
    type: entry.type,
    attempt: (again ? await triesOf(redis, id, message.id) : message.failures) + 1,
    at,
    outcome: sent.kind === 'failed' && !isProgress && !again && !isTriedAgain ? 'given-up' : sent.kind,
    status: sent.status,
    error: sent.error,
    durationMs: Math.round(performance.now() - startMs),
    response: sent.excerpt,
  }
  const isDone = again ? isHead && sent.kind === 'delivered' : !isTriedAgain && sent.kind !== 'gone'
  const settled = await redis.ffHookSettle(
    id,
    token,
    JSON.stringify(row),
    isProgress ? '1' : '',
    isDone ? entry.id : '',
    again ? '' : state.failures + 1,
    sent.retryInMs ?? 0,
    sent.kind === 'gone' ? '1' : '',
    again ? entry.id : '',
  )
  if (settled === 'OK') onTried(row)
  return settled === 'OK'
}

async function triesOf(redis: Connection, jobId: string, id: string): Promise<number> {
  const rows = await redis.lrange(`${redis.names.keys.webhook(jobId)}:log`, 0, -1)
  const former = rows.map((row) => JSON.parse(row) as Delivery).find((each) => each.id === id)
  return former?.attempt ?? 0
}
