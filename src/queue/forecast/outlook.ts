/** The queue at one moment, and what will become of each of its jobs. Pure; the clock is passed in. */
import type { Forecast } from '../../contract/index.js'
import type { Features } from './features.js'
import { driftOf, estimate, type History, slownessOf } from './history.js'
import { beyondLast, type End, endAt, type Place, schedule } from './schedule.js'
import { type Ongoing, restOf, type Span, spanOf } from './span.js'

/** A running attempt; `startedMs` is that of the first one. */
export type Running = Ongoing & { features: Features; worker: string; host: string; startedMs: number }

export type QueueState = {
  atMs: number
  paused: boolean
  /** Those that take jobs. */
  workers: readonly { id: string; host: string; slots: number }[]
  running: readonly Running[]
  /** The first that wait, in the order in which they start, and how many there are in all. */
  waiting: readonly Features[]
  waitingCount: number
  /** The first that wait for a time, and how many there are in all. */
  delayed: readonly { features: Features; dueMs: number }[]
  delayedCount: number
}

/** What to expect. Null: that is not known, as while the queue is paused or no worker takes jobs. */
export type Outlook = {
  /** Of a job at this place of the queue, 1 for the next. */
  waiting(features: Features, place: number, nowMs: number): Forecast | null
  /** Of one that joins the queue only at `dueMs`. */
  delayed(features: Features, dueMs: number, nowMs: number): Forecast | null
  running(attempt: Running, nowMs: number): Forecast
  /** Of all jobs. */
  queue(nowMs: number): Forecast | null
}

/** Null while the history is too short to tell anything. */
export function createOutlook(history: History, state: QueueState): Outlook | null {
  if (estimate(history, { classes: ['all'], bytes: null }) === null) return null
  const { waitingCount, delayedCount } = state
  // Not null: every job is of the class of all.
  const takes = (features: Features) => {
    const known = estimate(history, features)!
    return (host: string): Span => spanOf(known, slownessOf(history, host))
  }

  const drift = driftOf(history)

  function running(attempt: Running, nowMs: number): End {
    const rest = restOf(estimate(history, attempt.features)!, slownessOf(history, attempt.host), attempt)
    const [endMs, earliestMs, latestMs] = [rest.middle, rest.low, rest.high].map((ms) => nowMs + ms)
    return { startMs: attempt.startedMs, endMs: endMs!, earliestMs: earliestMs!, latestMs: latestMs! }
  }

  const runs = state.running.map((attempt) => ({ ...running(attempt, state.atMs), worker: attempt.worker }))
  // Those that come later go behind all that waits now; only a higher priority would bring them further to the front.
  const line = [
    ...state.waiting.map((features) => ({ takes: takes(features), notBeforeMs: 0 })),
    ...state.delayed.map(({ features, dueMs }) => ({ takes: takes(features), notBeforeMs: dueMs })),
  ]
  const places = schedule(state.paused ? [] : slotsOf(state, runs), line, state.atMs)
  const ahead = places.slice(0, state.waiting.length + 1)

  const placeAt = (place: number): Place | null =>
    ahead[place - 1] ?? (ahead.length === 0 ? null : beyondLast(ahead, place - ahead.length))

  const endFrom = (place: Place, notBeforeMs: number, takes: (host: string) => Span, nowMs: number): End =>
    endAt({ ...place, startMs: Math.max(place.startMs, notBeforeMs) }, takes(place.host), { nowMs, drift })

  function waiting(features: Features, place: number, nowMs: number): End | null {
    const at = placeAt(place)
    return at && endFrom(at, 0, takes(features), nowMs)
  }

  function delayed(features: Features, dueMs: number, nowMs: number): End | null {
    const [first, last] = [placeAt(1), placeAt(waitingCount + 1)]
    if (first === null || last === null) return null
    const behindAll = endFrom(last, dueMs, takes(features), nowMs)
    // By its priority it may be the first of all when it comes.
    const aheadOfAll = endFrom(first, dueMs, takes(features), nowMs)
    return { ...behindAll, earliestMs: Math.min(behindAll.earliestMs, aheadOfAll.earliestMs) }
  }

  function queue(nowMs: number): End | null {
    if (line.length === 0) return runs.length === 0 ? null : wholeOf(runs)
    // Of those that were not looked at, nobody knows what time they wait for.
    if (places.length === 0 || delayedCount > state.delayed.length) return null
    const jobs = line.map(({ takes, notBeforeMs }, i) => endFrom(places[i]!, notBeforeMs, takes, nowMs))
    const last = endFrom(placeAt(waitingCount + delayedCount)!, 0, line.at(-1)!.takes, nowMs)
    return { ...wholeOf([...runs, ...jobs, last]), startMs: jobs[0]!.startMs }
  }

  return {
    waiting: (features, place, nowMs) => told(waiting(features, place, nowMs), nowMs),
    delayed: (features, dueMs, nowMs) => told(delayed(features, dueMs, nowMs), nowMs),
    running: (attempt, nowMs) => told(running(attempt, nowMs), nowMs),
    queue: (nowMs) => told(queue(nowMs), nowMs),
  }
}

/** Slots of the workers that take jobs, each free when its attempt ends. */
function slotsOf({ atMs, workers }: QueueState, runs: { worker: string; endMs: number }[]) {
  return workers.flatMap(({ id, host, slots }) => {
    const busy = runs.filter(({ worker }) => worker === id).map(({ endMs }) => endMs)
    return Array.from({ length: slots }, (_, i) => ({ host, freeMs: busy[i] ?? atMs }))
  })
}

/** The whole ends when the last of them does. */
function wholeOf(ends: End[]): End {
  const last = (of: keyof End) => ends.reduce((most, end) => Math.max(most, end[of]), 0)
  const startMs = ends.reduce((first, end) => Math.min(first, end.startMs), Number.POSITIVE_INFINITY)
  return { startMs, endMs: last('endMs'), earliestMs: last('earliestMs'), latestMs: last('latestMs') }
}

/** What was seen a moment ago may be over by now: no end lies in the past. */
function told(end: End, nowMs: number): Forecast
function told(end: End | null, nowMs: number): Forecast | null
function told(end: End | null, nowMs: number): Forecast | null {
  if (end === null) return null
  const iso = (ms: number) => new Date(Math.min(LAST_MS, Math.round(ms))).toISOString()
  const [endsAt, earliest, latest] = [end.endMs, end.earliestMs, end.latestMs].map((ms) => iso(Math.max(nowMs, ms)))
  return { startsAt: iso(end.startMs), endsAt: endsAt!, earliest: earliest!, latest: latest!, basis: 'history' }
}

/** The last moment of the year 9999: what a date in JSON can say. */
const LAST_MS = Date.UTC(10_000, 0) - 1
