/**
 * Which APIs of the fleet other machines can reach. They know, and say so; workers ask, which must not run what strangers sent
 * without a sandbox. What an API said counts for a day after it was last there, because jobs that it took may still wait.
 */
import type { Connection } from './connection.js'
import { DAY_MS } from './keys.js'

export type OpenApis = {
  /** Says of the API at an address, `<host>:<port>`, whether other machines can reach it. */
  announce(address: string, isOpen: boolean): Promise<void>
  /** Addresses of those that are open; the one that said so last comes first. */
  list(): Promise<string[]>
}

export const OPEN_API_MS = DAY_MS

export function createOpenApis(redis: Connection): OpenApis {
  const { keys } = redis.names
  const since = () => Date.now() - OPEN_API_MS
  return {
    async announce(address, isOpen) {
      const said = redis.multi().zremrangebyscore(keys.openApis, '-inf', since())
      await (isOpen ? said.zadd(keys.openApis, Date.now(), address) : said.zrem(keys.openApis, address)).exec()
    },
    list: () => redis.zrevrangebyscore(keys.openApis, '+inf', since()),
  }
}
