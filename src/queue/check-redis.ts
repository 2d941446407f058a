import { Redis, type RedisOptions } from 'ioredis'
import { redisAddress } from '../redis-url.js'
import {
  addressOf,
  type Connection,
  type ConnectionRole,
  connect,
  connectionOptions,
  namesOf,
  type RedisSource,
} from './connection.js'
import { createFleetRoots, type FleetRootsRegistry } from './fleet-roots.js'
import { deniedTo } from './permissions.js'
import { RedisUnfitError, remedyFor } from './redis-faults.js'

/** What a Redis that can be reached says of itself. */
export type RedisFacts = {
  /** Of Redis or Valkey, such as `7.0.15`. */
  version: string
  /** `noeviction`, or one that forgets jobs when memory runs out. */
  evictionPolicy: string
  /** Whether it keeps an append-only file. */
  appendOnly: boolean
  /** Why a fleet cannot use it, and what to do about it; null: it can. */
  unfit: { found: string; remedy: string } | null
}

/**
 * Asks a Redis once, without trying again.
 *
 * @throws Error saying why it cannot be reached; the message holds neither URL nor password.
 */
export function checkRedis(source: RedisSource): Promise<RedisFacts> {
  return asking(source, async (redis) => {
    const info = await redis.info()
    const fact = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? ''
    const isCluster = fact('cluster_enabled') === '1'
    return {
      version: fact('valkey_version') || fact('redis_version'),
      evictionPolicy: fact('maxmemory_policy'),
      appendOnly: fact('aof_enabled') === '1',
      unfit: (isCluster && clusterFault(source)) || deniedFault(await deniedTo(redis)),
    }
  })
}

function clusterFault(source: RedisSource): RedisFacts['unfit'] {
  if (addressOf(source)?.kind === 'cluster') return null
  const remedy = 'Name it as one: redis+cluster://host:port,host:port?namespace=name keeps a fleet on one of its nodes.'
  return { found: 'a node of a cluster', remedy }
}

function deniedFault(denied: readonly string[]): RedisFacts['unfit'] {
  if (denied.length === 0) return null
  const error = new Error('NOPERM')
  return { found: `its user may not ${denied.join(', ')}`, remedy: remedyFor(error, null)! }
}

/** As `connect`. @throws RedisUnfitError when a fleet cannot use what is there. */
export async function connectToFit(
  source: RedisSource,
  role: ConnectionRole,
  onError: (error: Error) => void,
): Promise<Connection> {
  const redis = await connect(source, role, onError)
  if (redis.status !== 'ready') return redis
  // What breaks just now is seen by whoever asks next.
  const unfit = await checkRedis(source).then(
    (facts) => facts.unfit,
    () => null,
  )
  if (unfit === null) return redis
  redis.disconnect()
  throw new RedisUnfitError(unfit.found, unfit.remedy)
}

/** What to do about an error of `checkRedis`; null where nothing is known but that Redis does not answer. */
export function redisRemedy(error: Error, url: string): string | null {
  return remedyFor(error, redisAddress(url))
}

/** Which folders the fleet on a Redis has; asks once. @throws as `checkRedis` does. */
export function askFleetRoots(url: string): ReturnType<FleetRootsRegistry['read']> {
  return asking(url, (redis) => createFleetRoots(redis).read())
}

async function asking<T>(source: RedisSource, ask: (redis: Connection) => Promise<T>): Promise<T> {
  const once = {
    lazyConnect: true,
    retryStrategy: () => null,
    sentinelRetryStrategy: () => null,
  } satisfies RedisOptions
  const redis =
    typeof source === 'string'
      ? new Redis({ ...connectionOptions(source, 'api'), ...once })
      : source.connection.duplicate(once)
  let reason: Error | null = null
  redis.on('error', (error) => {
    reason ??= error
  })
  try {
    await redis.connect()
    return await ask(Object.assign(redis, { names: namesOf(source) }))
  } catch (error) {
    // "Connection is closed" tells nothing; the first error does.
    throw reason ?? error
  } finally {
    redis.disconnect()
  }
}
