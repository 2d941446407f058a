import { getRandomValues } from 'node:crypto'
import { monotonicFactory } from 'ulid'

const POOL_BYTES = 1_024

/**
 * Makes ids of jobs: ULIDs, each greater than the one before. Left alone, ulid asks the system for every random character;
 * here it asks once for many ids.
 */
export function createIds(): () => string {
  const pool = new Uint8Array(POOL_BYTES)
  let used = POOL_BYTES
  const next = monotonicFactory(() => {
    if (used === POOL_BYTES) {
      getRandomValues(pool)
      used = 0
    }
    return pool[used++]! / 256
  })
  return () => next()
}
