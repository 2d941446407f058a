/**
 * Connects to the one node of a Redis Cluster that has the keys of a fleet. All of them are in one slot, that of the
 * namespace in braces, so that one node has them all, and scripts and transactions are as anywhere else.
 */
import { connect as connectPlain } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { AbstractConnector, Redis, type RedisOptions } from 'ioredis'

type Host = { host: string; port: number }

/** `key`: any key of the fleet. `nodes` are asked in turn, whenever a connection is opened. */
export function ownerConnector(nodes: readonly Host[], key: string): NonNullable<RedisOptions['Connector']> {
  return class OwnerConnector extends AbstractConnector {
    readonly #options: RedisOptions

    constructor(options: unknown) {
      super((options as RedisOptions).disconnectTimeout!)
      this.#options = options as RedisOptions
    }

    override check(info: { role?: string }): boolean {
      return info.role === undefined || info.role === 'master'
    }

    async connect(tell: (type: string, error: Error) => void) {
      this.connecting = true
      for (let tries = 1; ; tries++) {
        let reason = new Error('The URL names no node of the cluster.')
        for (const node of nodes) {
          const owner = await ownerOf(node, key, this.#options).catch((error: Error) => {
            reason = error
            return null
          })
          if (!this.connecting) throw new Error('Connection is closed.')
          if (owner !== null) return this.#open(owner)
        }
        const waitMs = this.#options.retryStrategy?.(tries)
        if (typeof waitMs !== 'number') throw reason
        tell('error', reason)
        await new Promise((resolve) => setTimeout(resolve, waitMs))
      }
    }

    #open(owner: Host) {
      const { tls } = this.#options
      this.stream = tls ? connectTls({ ...tls, ...owner }) : connectPlain(owner)
      this.stream.once('error', (error) => {
        this.firstError = error
      })
      return this.stream
    }
  }
}

/** A node has the key itself, or names the one that does. */
async function ownerOf(node: Host, key: string, options: RedisOptions): Promise<Host> {
  const { username, password, tls, connectTimeout } = options
  const redis = new Redis({
    ...node,
    ...(username && { username }),
    ...(password && { password }),
    ...(tls && { tls }),
    connectTimeout: connectTimeout!,
    commandTimeout: connectTimeout!,
    lazyConnect: true,
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  let reason: Error | null = null
  redis.on('error', (error) => {
    reason ??= error
  })
  try {
    await redis.connect()
    await redis.exists(key)
    return node
  } catch (error) {
    const [, host, port] = /^MOVED \d+ (.*):(\d+)$/.exec((error as Error).message) ?? []
    if (port === undefined) throw reason ?? error
    // Without a host the node means its own.
    return { host: host || node.host, port: Number(port) }
  } finally {
    redis.disconnect()
  }
}
