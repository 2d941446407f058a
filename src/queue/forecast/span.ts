import type { Estimate } from './history.js'

/** A length of time that is not known for sure, in ms. One in ten is below `low`, one in ten above `high`, half below `middle`. */
export type Span = {
  low: number
  middle: number
  high: number
  /** On average: what many of them add up to. */
  mean: number
  /** Standard deviations of `mean`: of this one alone, and of all like it together. */
  ownSd: number
  sharedSd: number
}

/** Standard deviations from the middle to the tenth and the ninetieth percentile. */
export const TENTH = 1.2816
/** Beyond it a mean is nothing but tail. */
const MOST_VARIANCE = 1

/** On a host that is slower than others by this logarithm. */
export function spanOf({ logMs, own, shared }: Estimate, slowness: number): Span {
  const middle = Math.exp(logMs + slowness)
  const variance = own + shared
  const sd = Math.sqrt(variance)
  const mean = middle * Math.exp(Math.min(MOST_VARIANCE, variance) / 2)
  return {
    low: middle * Math.exp(-TENTH * sd),
    middle,
    high: middle * Math.exp(TENTH * sd),
    mean,
    ownSd: mean * Math.sqrt(Math.expm1(Math.min(MOST_VARIANCE, own))),
    sharedSd: mean * Math.sqrt(Math.expm1(Math.min(MOST_VARIANCE, shared))),
  }
}

/** How far an attempt has come. */
export type Ongoing = {
  elapsedMs: number
  /** Of what its own pace says it takes in all, null when that is not known, and how much of the job that pace has seen, 0 to 1. */
  ownTotalMs: number | null
  seen: number
}

/** An attempt that goes on for longer than was thought has at least so much of its time before it. */
const LEAST_REST = 0.05
/** A pace that has seen all of a job but its end is off by so much. */
const OWN_PACE_SD = 0.05

/** What is left of an attempt: what like ones took counts less, the further it has come itself. */
export function restOf(estimate: Estimate, slowness: number, { elapsedMs, ownTotalMs, seen }: Ongoing): Span {
  const weight = ownTotalMs === null ? 0 : seen
  const before = estimate.logMs + slowness
  const logMs = weight === 0 ? before : (1 - weight) * before + weight * Math.log(Math.max(1, ownTotalMs!))
  const sd = Math.sqrt(estimate.own + estimate.shared) * (1 - weight) + OWN_PACE_SD * weight
  const least = LEAST_REST * elapsedMs
  const rest = (z: number) => Math.exp(logMs + z * sd) - elapsedMs
  const middle = Math.max(least, rest(0))
  const high = Math.max(2 * least, rest(TENTH))
  return { low: Math.max(0, rest(-TENTH)), middle, high, mean: middle, ownSd: (high - middle) / TENTH, sharedSd: 0 }
}
