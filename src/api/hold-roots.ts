import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { ANNOUNCE_ROOTS_EVERY_MS, type Queue } from '../queue/index.js'
import type { Storage } from '../storage/index.js'
import type { ApiLog } from './types.js'

type Holding = {
  queue: Pick<Queue, 'roots'>
  storage: Pick<Storage, 'roots'>
  log: ApiLog
}

/** A root of this API is another one than that of an API that runs; `host` has that one. */
export type OtherRoots = { outputs: boolean; data: boolean; host: string }

/**
 * Makes the roots of this API the fleet's, and says so again and again, until it is stopped. Gives the difference instead
 * where another API holds other ones.
 */
export async function holdRoots({ queue, storage, log }: Holding): Promise<{ stop(): Promise<void> } | OtherRoots> {
  const by = randomBytes(6).toString('hex')
  const own = { ...(await storage.roots.claim()), host: hostname() }
  const { roots, fresh } = await queue.roots.read()
  if (roots && fresh && (roots.outputs !== own.outputs || roots.data !== own.data)) {
    return { outputs: roots.outputs !== own.outputs, data: roots.data !== own.data, host: roots.host }
  }
  if (roots && roots.outputs !== own.outputs) {
    log.warn('the output root is another one than before: outputs of former jobs are not found in it')
  }
  const announce = async () => queue.roots.announce(own, { by, media: await storage.roots.sampleMedia() })
  await announce()
  let isAway = false
  const timer = setInterval(async () => {
    try {
      const now = await storage.roots.ids()
      if (isAway !== (now.outputs !== own.outputs)) {
        isAway = !isAway
        if (isAway) log.error('the output root is gone, or another one is in its place; outputs are not found')
        else log.info('the output root is back')
      }
      await announce()
    } catch (error) {
      log.warn({ err: error }, 'the roots could not be announced')
    }
  }, ANNOUNCE_ROOTS_EVERY_MS)
  return {
    async stop() {
      clearInterval(timer)
      await queue.roots.release(by)
    },
  }
}
