/**
 * Tests that `npm test` leaves out for the time they take, and `npm run test:all` does not: variants of what a shorter one tries, and
 * some behaviour that nothing else tries. What a fleet must never do (lose, double, leak, lie) is not among them.
 */
import { test } from 'vitest'

export const ALL = process.env.FFLEET_TESTS === 'all'
export const long: typeof test = ALL ? test : (test.skip as typeof test)

/** All of them with `npm run test:all`; otherwise one in `every`, the first among them. */
export function some<T>(members: readonly T[], every: number): T[] {
  return ALL ? [...members] : members.filter((_, index) => index % every === 0)
}
