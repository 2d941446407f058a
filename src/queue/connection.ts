/** How ffleet connects to Redis: the URL forms it takes, and what each side does while Redis is away. */
import { Redis, type RedisOptions } from 'ioredis'
import { type RedisAddress, redisAddress } from '../redis-url.js'
import { addressOptions } from './address.js'
import { createNames, type Names } from './keys.js'
import { lastingFault } from './redis-faults.js'

/**
 * `api`: answers people, so a call fails when its connection breaks instead of waiting for Redis, and is not sent again,
 * as nobody knows whether it was carried out (the caller turns that into QUEUE_UNAVAILABLE). `worker`: never gives a command up, and may block; BullMQ demands it of its workers.
 * `subscriber`: as the API, but a silent connection is not a dead one; its user subscribes again when it is `ready` again,
 * because nobody would hear how that ended if ioredis did, and an unheard failure ends the process.
 */
export type ConnectionRole = 'api' | 'worker' | 'subscriber'

/**
 * Where the Redis of a fleet is: a URL, or a connection that somebody has already, which is copied for each purpose and
 * stays theirs. `namespace`: as `?namespace=` in a URL; default: none.
 */
export type RedisSource = string | { connection: Redis; namespace?: string | undefined }

/** A connection to the Redis of a fleet, and what that fleet calls its keys and channels there. */
export type Connection = Redis & { readonly names: Names }

/** ioredis and BullMQ would wait up to 20 s between tries, long after Redis is back. */
const RETRY_MAX_MS = 2_000
const CONNECT_TIMEOUT_MS = 2_000
const DISCONNECT_TIMEOUT_MS = 200
/** How long the API waits for its first connection before it starts without one. */
const FIRST_CONNECTION_MS = 2_000
const COMMAND_TIMEOUT_MS = 5_000
/** How often a connection is asked whether anybody is there, and how long the answer may take. */
const PING_EVERY_MS = 3_000
const PING_TIMEOUT_MS = 5_000

const PATIENCE: Record<ConnectionRole, RedisOptions> = {
  api: { maxRetriesPerRequest: 0, enableOfflineQueue: false, commandTimeout: COMMAND_TIMEOUT_MS },
  subscriber: { maxRetriesPerRequest: 0, enableOfflineQueue: false, autoResubscribe: false },
  worker: { maxRetriesPerRequest: null, enableOfflineQueue: true },
}

/**
 * ioredis options for a URL as `redis-url.ts` reads it. `?namespace=name` is not for ioredis: see `connect`.
 *
 * @throws TypeError for any other URL; `loadConfig` has refused those before.
 */
export function connectionOptions(url: string, role: ConnectionRole): RedisOptions {
  return { ...addressOptions(redisAddress(url)), ...behaviour(role) }
}

function behaviour(role: ConnectionRole): RedisOptions {
  return {
    ...PATIENCE[role],
    connectionName: `ffleet-${role}`,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // How long a peer that is being left may take to say goodbye.
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    // A peer that vanished without a word, such as a lost host, is noticed by the kernel.
    keepAlive: 10_000,
    retryStrategy: waitBeforeRetry,
    sentinelRetryStrategy: waitBeforeRetry,
    // Somebody else is the master now. The command was not carried out.
    reconnectOnError: ({ message }) => /^(READONLY|MOVED|UNBLOCKED)\b/.test(message) && (role === 'worker' ? 2 : 1),
  }
}

function waitBeforeRetry(times: number): number {
  return Math.min(100 * 2 ** Math.min(times - 1, 10), RETRY_MAX_MS)
}

/** Null for a connection, which somebody else has opened. */
export function addressOf(source: RedisSource): RedisAddress | null {
  return typeof source === 'string' ? redisAddress(source) : null
}

/** What the fleet that is there calls its keys and channels. */
export function namesOf(source: RedisSource): Names {
  if (typeof source === 'string') return createNames(redisAddress(source))
  return createNames({ namespace: source.namespace ?? null, db: source.connection.options.db ?? 0 })
}

/**
 * A connection that stands, with the names of the fleet that `?namespace=name` in the URL stands for. It reconnects by
 * itself for as long as it is not closed. Where Redis is not there yet, a worker waits for it; the others start after
 * 2 s without it and answer QUEUE_UNAVAILABLE until it is.
 *
 * @throws RedisUnfitError when what is wrong stays so: the login is refused, a certificate is not to be trusted.
 */
export async function connect(
  source: RedisSource,
  role: ConnectionRole,
  onError: (error: Error) => void,
): Promise<Connection> {
  const redis = openConnection(source, role, onError)
  await new Promise<void>((resolve, reject) => {
    const timer = role === 'worker' ? undefined : setTimeout(onReady, FIRST_CONNECTION_MS)
    const settled = () => {
      clearTimeout(timer)
      redis.off('ready', onReady).off('error', onFirstError)
    }
    function onReady() {
      settled()
      resolve()
    }
    function onFirstError(error: Error) {
      const fault = lastingFault(error, addressOf(source))
      if (fault === null) return
      settled()
      redis.disconnect()
      reject(fault)
    }
    redis.on('ready', onReady).on('error', onFirstError)
  })
  return redis
}

/** The same, not waited for. */
export function openConnection(source: RedisSource, role: ConnectionRole, onError: (error: Error) => void): Connection {
  const opened = typeof source === 'string' ? new Redis(connectionOptions(source, role)) : copyOf(source, role)
  const redis = Object.assign(opened, { names: namesOf(source) })
  redis.on('error', onError)
  breakSilence(redis)
  return redis
}

/** @throws TypeError for a connection whose keys would not be those of the fleet. */
function copyOf({ connection }: Exclude<RedisSource, string>, role: ConnectionRole): Redis {
  if (connection.isCluster) throw new TypeError('ffleet needs a connection to one Redis, not to a cluster of them.')
  if (connection.options.keyPrefix)
    throw new TypeError('ffleet names its keys itself: use a `namespace`, not keyPrefix.')
  // What the owner set for their own commands would hold for ours, too.
  return connection.duplicate({
    lazyConnect: false,
    ...behaviour(role),
    ...(role !== 'api' && { commandTimeout: undefined }),
  })
}

/**
 * Opens a connection anew whose other end does not answer. A host that vanished, or a network that swallows everything,
 * says nothing: subscribers would wait for ever, and locks would not be renewed, until the kernel gives up after minutes.
 */
function breakSilence(redis: Redis): void {
  let late: NodeJS.Timeout | undefined
  const answered = () => {
    clearTimeout(late)
    late = undefined
  }
  const timer = setInterval(() => {
    // `connect`: a server that takes the connection and then says nothing. Before that, connecting has its own limit.
    if (late !== undefined || (redis.status !== 'ready' && redis.status !== 'connect')) return
    late = setTimeout(() => {
      late = undefined
      redis.disconnect(true)
    }, PING_TIMEOUT_MS).unref()
    if (redis.status === 'ready') redis.ping().then(answered, answered)
  }, PING_EVERY_MS)
  timer.unref()
  redis.on('ready', answered)
  redis.on('close', answered)
  redis.on('end', () => clearInterval(timer))
}
