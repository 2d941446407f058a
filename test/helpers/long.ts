/**
 * Tests that `npm test` leaves out for the time they take, and `npm run test:all` does not: variants of what another one tries (a
 * second point at which a worker is killed or a job cancelled, a second proxy, format, codec, language or guide), and some behaviour
 * that nothing else tries, such as what is rare at the ends of outputs and inputs. What a fleet must never do (lose, double, leak,
 * lie) is not among them: of each kind of fault, of attack, of recovery and of output there is one that always runs.
 */
import { test } from 'vitest'

export const ALL = process.env.FFLEET_TESTS === 'all'
export const long: typeof test = ALL ? test : (test.skip as typeof test)

/** All of them with `npm run test:all`; otherwise one in `every`, the first among them. */
export function some<T>(members: readonly T[], every: number): T[] {
  return ALL ? [...members] : members.filter((_, index) => index % every === 0)
}
