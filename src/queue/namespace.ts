/** Namespaces: the names of one fleet on a Redis that others use too. */
import { redisAddress } from '../redis-url.js'
import { connect } from './connection.js'

/**
 * Deletes everything of the fleet whose namespace the URL names; nobody of it may be at work any more.
 *
 * @throws TypeError for a URL without a namespace.
 */
export async function clearNamespace(redisUrl: string): Promise<void> {
  if (redisAddress(redisUrl).namespace === null) throw new TypeError('The URL names no namespace')
  const redis = await connect(redisUrl, 'api', () => {})
  try {
    for (const prefix of [redis.names.prefix, redis.names.bullPrefix]) {
      for await (const found of redis.scanStream({ match: `${prefix}:*`, count: 1_000 })) {
        if (found.length > 0) await redis.unlink(...(found as string[]))
      }
    }
  } finally {
    redis.disconnect()
  }
}
