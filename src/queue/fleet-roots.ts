/**
 * Which folders are the fleet's. The API knows, as it shows what is in them: it announces them, and workers compare. What it
 * announced stays known while no API runs; who says so now, and what stands in the media root, only for as long as it is fresh.
 */
import type { Connection } from './connection.js'

export type FleetRoots = {
  /** Ids of the output root, of the data folder, and of where reports are. */
  outputs: string
  data: string
  reports: string
  /** Of the API that announced them. */
  host: string
}

/** What an API sees now. `by` tells API processes apart. */
export type FreshRoots = { by: string; media: [name: string, bytes: number | null][] }

export type FleetRootsRegistry = {
  read(): Promise<{ roots: FleetRoots | null; fresh: FreshRoots | null }>
  announce(roots: FleetRoots, fresh: FreshRoots): Promise<void>
  /** No API says so any more; nothing happens where another one has spoken since. */
  release(by: string): Promise<void>
}

/** How long an API that was killed still counts as there. */
export const FRESH_ROOTS_MS = 120_000
export const ANNOUNCE_ROOTS_EVERY_MS = 30_000

export function createFleetRoots(redis: Connection): FleetRootsRegistry {
  const { keys } = redis.names
  const parse = <T>(json: string | null | undefined) => (json ? (JSON.parse(json) as T) : null)
  return {
    async read() {
      const [roots, fresh] = await redis.mget(keys.roots, keys.freshRoots)
      return { roots: parse<FleetRoots>(roots), fresh: parse<FreshRoots>(fresh) }
    },
    async announce(roots, fresh) {
      await redis
        .multi()
        .set(keys.roots, JSON.stringify(roots))
        .set(keys.freshRoots, JSON.stringify(fresh), 'PX', FRESH_ROOTS_MS)
        .exec()
    },
    async release(by) {
      const fresh = parse<FreshRoots>(await redis.get(keys.freshRoots))
      if (fresh?.by === by) await redis.del(keys.freshRoots)
    },
  }
}
