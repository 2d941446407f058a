/**
 * What stands twice. A test marked `long` tries in yet another way what a shorter one beside it tries already: `npm test`
 * leaves it out, `npm run test:all` does not.
 */
import { test } from 'vitest'

export const ALL = process.env.FFLEET_TESTS === 'all'
export const long: typeof test = ALL ? test : (test.skip as typeof test)

/** All of them with `npm run test:all`; otherwise one in `every`, the first among them. */
export function some<T>(members: readonly T[], every: number): T[] {
  return ALL ? [...members] : members.filter((_, index) => index % every === 0)
}
