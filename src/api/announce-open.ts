import { isUnavailable, type Queue } from '../queue/index.js'
import type { ApiLog } from './types.js'

const ANNOUNCE_EVERY_MS = 30_000

type Announcing = { queue: Pick<Queue, 'openApis'>; log: ApiLog }

/**
 * Tells the workers of the fleet, until it is stopped, whether other machines can reach the API at an address. The first word
 * is said when this resolves, unless Redis is away.
 */
export async function announceOpen(
  { queue, log }: Announcing,
  { address, isOpen }: { address: string; isOpen: boolean },
): Promise<{ stop(): void }> {
  const announce = () =>
    queue.openApis.announce(address, isOpen).catch((error) => {
      if (!isUnavailable(error)) log.warn({ err: error }, 'workers could not be told whether this API is open')
    })
  await announce()
  const timer = setInterval(announce, ANNOUNCE_EVERY_MS)
  return { stop: () => clearInterval(timer) }
}
