import { Redis } from 'ioredis'
import { connectionOptions, namesOf } from './connection.js'
import { createFleetRoots, type FleetRootsRegistry } from './fleet-roots.js'

/** What a Redis that can be reached says of itself. */
export type RedisFacts = {
  /** Of Redis or Valkey, such as `7.0.15`. */
  version: string
  /** `noeviction`, or one that forgets jobs when memory runs out. */
  evictionPolicy: string
  /** Whether it keeps an append-only file. */
  appendOnly: boolean
}

/**
 * Asks a Redis once, without trying again.
 *
 * @throws Error saying why it cannot be reached; the message holds neither URL nor password.
 */
export function checkRedis(url: string): Promise<RedisFacts> {
  return asking(url, async (redis) => {
    const info = await redis.info()
    const fact = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? ''
    return {
      version: fact('valkey_version') || fact('redis_version'),
      evictionPolicy: fact('maxmemory_policy'),
      appendOnly: fact('aof_enabled') === '1',
    }
  })
}

/** Which folders the fleet on a Redis has; asks once. @throws as `checkRedis` does. */
export function askFleetRoots(url: string): ReturnType<FleetRootsRegistry['read']> {
  return asking(url, (redis) => createFleetRoots(Object.assign(redis, { names: namesOf(url) })).read())
}

async function asking<T>(url: string, ask: (redis: Redis) => Promise<T>): Promise<T> {
  const options = { ...connectionOptions(url, 'api'), lazyConnect: true, retryStrategy: () => null }
  const redis = new Redis(options)
  let reason: Error | null = null
  redis.on('error', (error) => {
    reason ??= error
  })
  try {
    await redis.connect()
    return await ask(redis)
  } catch (error) {
    // "Connection is closed" tells nothing; the first error does.
    throw reason ?? error
  } finally {
    redis.disconnect()
  }
}
