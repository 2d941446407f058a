/** Which setting of an encoder is tried next, and which is taken: a search over whole numbers, without a process. */

/** Settings that are tried at the most. */
export const MOST_TRIES = 6
/** As near to the target as this, of the logarithm of a figure, is there; one step of a crf is about 0.1. */
const NEAR = 0.05

/**
 * What is looked for: the largest place from `from` to `to` whose `excess` is not above 0. The excess, the logarithm of how much a figure is more than
 * it may be, rises with the place, by about `slope` a step. `start`: where the search begins.
 */
export type Sought = { from: number; to: number; start: number; slope: number }
export type Tried = { at: number; excess: number }

/** Null: the search is over. */
export function nextPlace(tries: readonly Tried[], sought: Sought): number | null {
  const { from, to, start } = sought
  if (tries.length === 0) return clamp(start, from, to)
  if (tries.length >= MOST_TRIES) return null
  const fits = bestOf(tries)
  const exceeds = leastOf(tries.filter(({ at, excess }) => excess > 0 && (fits === null || at > fits.at)))
  if (fits !== null && (fits.excess > -NEAR || fits.at === to)) return null
  if (fits === null && exceeds!.at === from) return null
  if (fits !== null && exceeds !== null) {
    const gap = exceeds.at - fits.at
    const share = -fits.excess / (exceeds.excess - fits.excess)
    return gap === 1 ? null : fits.at + clamp(Math.floor(gap * share), 1, gap - 1)
  }
  // What nothing reached so far, the end of the range does or nothing.
  if (fits === null && tries.length === MOST_TRIES - 1) return from
  const nearest = (fits ?? exceeds)!
  const steps = Math.floor(-nearest.excess / slopeOf(tries, sought))
  return fits === null ? clamp(nearest.at + steps, from, nearest.at - 1) : clamp(nearest.at + steps, nearest.at + 1, to)
}

/** The largest that does not exceed; where all do, the one that exceeds least. */
export function takenOf<T extends Tried>(tries: readonly T[]): T {
  return bestOf(tries) ?? leastOf(tries)!
}

function bestOf<T extends Tried>(tries: readonly T[]): T | null {
  return tries.filter(({ excess }) => excess <= 0).reduce<T | null>((a, b) => (a === null || b.at > a.at ? b : a), null)
}

function leastOf<T extends Tried>(tries: readonly T[]): T | null {
  return tries.reduce<T | null>((a, b) => (a === null || b.at < a.at ? b : a), null)
}

/** By the last two; flat ones, which lead far away, count as half as steep as they usually are. */
function slopeOf(tries: readonly Tried[], { slope }: Sought): number {
  const [one, other] = tries.slice(-2)
  if (one === undefined || other === undefined) return slope
  return clamp((other.excess - one.excess) / (other.at - one.at), slope / 2, slope * 2)
}

export function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most)
}
