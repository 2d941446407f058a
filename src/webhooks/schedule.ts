/** When a message is tried again, as Standard Webhooks proposes it: over 27 hours and a half. */

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** Before each try, counted from the one before. */
export const WAITS_MS = [0, 5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR] as const
/** So much longer at most: what failed together does not come back together. */
const JITTER = 0.2
/** An endpoint that asks for more patience is asked again all the same. */
const LONGEST_ASKED_MS = 12 * HOUR

/**
 * How long to wait after so many failed tries; null: no more. An endpoint may ask for a longer wait (`Retry-After`), never for
 * a shorter one, or a few seconds would use all tries up.
 */
export function waitMs(failures: number, askedMs: number | null, random: () => number = Math.random): number | null {
  const planned = WAITS_MS[failures]
  if (planned === undefined) return null
  const jittered = planned * (1 + JITTER * random())
  return Math.round(Math.max(jittered, Math.min(askedMs ?? 0, LONGEST_ASKED_MS)))
}
