import { type Span, TENTH } from './span.js'

/** Something that takes one attempt after another. */
export type Slot = { host: string; freeMs: number }

/** Something that waits: how long it takes on a host, and before when it does not start. */
export type Waiting = { takes: (host: string) => Span; notBeforeMs: number }

/** When and where there is room for the job at a place of the queue. The rest adds up what waits before it, for the bounds. */
export type Place = { startMs: number; host: string; ownVariance: number; sharedSd: number }

/** An end: as likely before as after `endMs`; one in ten before `earliestMs`, one in ten after `latestMs`. */
export type End = { startMs: number; endMs: number; earliestMs: number; latestMs: number }

/**
 * The places of a queue: whatever is next goes to the slot that is free first. The last place is that of who comes then. No slots: none.
 */
export function schedule(slots: readonly Slot[], waiting: readonly Waiting[], nowMs: number): Place[] {
  if (slots.length === 0) return []
  const free = slots.map((slot) => ({ ...slot, freeMs: Math.max(nowMs, slot.freeMs) }))
  let [ownVariance, sharedSd] = [0, 0]
  const places: Place[] = []
  for (const { takes, notBeforeMs } of waiting) {
    const slot = firstFree(free)
    places.push({ startMs: slot.freeMs, host: slot.host, ownVariance, sharedSd })
    const span = takes(slot.host)
    slot.freeMs = Math.max(slot.freeMs, notBeforeMs) + span.mean
    // What one job is off by moves those behind it by its share of the slots.
    ownVariance += (span.ownSd / slots.length) ** 2
    sharedSd += span.sharedSd / slots.length
  }
  const { freeMs, host } = firstFree(free)
  places.push({ startMs: freeMs, host, ownVariance, sharedSd })
  return places
}

function firstFree(slots: Slot[]): Slot {
  return slots.reduce((first, slot) => (slot.freeMs < first.freeMs ? slot : first))
}

/** A place that lies `beyond` places behind the last one, as if all between took what those before did. */
export function beyondLast(places: readonly Place[], beyond: number): Place {
  const [first, last] = [places[0]!, places.at(-1)!]
  const more = places.length < 2 ? 0 : beyond / (places.length - 1)
  const further = (of: 'startMs' | 'ownVariance' | 'sharedSd') => last[of] + more * (last[of] - first[of])
  return {
    startMs: further('startMs'),
    host: last.host,
    ownVariance: further('ownVariance'),
    sharedSd: further('sharedSd'),
  }
}

/** When the job at a place ends. `drift`: by what share of the way there all is off together. */
export function endAt(place: Place, span: Span, { nowMs, drift }: { nowMs: number; drift: number }): End {
  const startMs = Math.max(nowMs, place.startMs)
  const endMs = startMs + span.middle
  // A slot that is free now waits for nobody.
  const startSd = place.startMs > nowMs ? Math.hypot(Math.sqrt(place.ownVariance), place.sharedSd) : 0
  const bound = (own: number) => Math.hypot(TENTH * startSd, TENTH * drift * (endMs - nowMs), own)
  return {
    startMs,
    endMs,
    earliestMs: Math.max(nowMs + span.low, endMs - bound(span.middle - span.low)),
    latestMs: endMs + bound(span.high - span.middle),
  }
}
