import { openApi } from '../api/open-api.js'
import { FfleetClient } from '../client/index.js'
import { createLog, type Logger } from '../log/index.js'
import type { RedisSource } from '../queue/index.js'
import { inProcessFetch } from './in-process-fetch.js'
import { configOf, type QueueSettings } from './settings.js'

export type CreateQueueOptions = QueueSettings & {
  /** A URL, or a connection of your own, which is copied: `{ connection, namespace }`. */
  redis: RedisSource
  /** A pino logger; default: JSON lines on standard error, from `warn` on. */
  log?: Logger
}

/**
 * The queue of a fleet in this process: all that `FfleetClient` has, checked as the HTTP API checks it, without a server.
 * Whoever can call it may do everything.
 */
export class EmbeddedQueue extends FfleetClient {
  /** Settles when it can not go on, with the reason: another API of the fleet has other folders. */
  readonly gone: Promise<Error>
  readonly #close: () => Promise<void>

  constructor(
    fetch: ReturnType<typeof inProcessFetch>,
    { gone, close }: { gone: Promise<Error>; close(): Promise<void> },
  ) {
    super({ baseUrl: 'http://localhost', fetch })
    this.gone = gone
    this.#close = close
  }

  /** Ends streams, waits for answers under way, and closes its connections to Redis; yours stays open. */
  close(): Promise<void> {
    return this.#close()
  }
}

/**
 * Opens the queue of a fleet in this process; resolves when Redis answers, or after 2 s without it.
 *
 * @throws ConfigError naming every setting that cannot be used; TypeError for a Redis that is not for it.
 */
export async function createQueue({ redis, log, ...settings }: CreateQueueOptions): Promise<EmbeddedQueue> {
  const config = await configOf('api', settings)
  const api = await openApi(config, log ?? createLog({ logLevel: 'warn', part: 'queue' }), { redis, pages: false })
  return new EmbeddedQueue(inProcessFetch(api.app), api)
}
