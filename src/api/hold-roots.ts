import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { ANNOUNCE_ROOTS_EVERY_MS, isUnavailable, type Queue } from '../queue/index.js'
import type { Storage } from '../storage/index.js'
import type { ApiLog } from './types.js'

type Holding = {
  queue: Pick<Queue, 'roots'>
  storage: Pick<Storage, 'roots'>
  log: ApiLog
}

/** A root of this API is another one than that of an API that runs; `host` has that one. */
export type OtherRoots = { outputs: boolean; data: boolean; reports: boolean; host: string }

/** While nobody could be asked. */
const ASK_EVERY_MS = 1_000

export type HeldRoots = {
  /** Resolves when Redis, away at the start, turns out to know another API with other roots. */
  others: Promise<OtherRoots>
  stop(): Promise<void>
}

/**
 * Makes the roots of this API the fleet's, and says so again and again, until it is stopped. Gives the difference instead
 * where another API holds other ones. While Redis is away that is not known, and asked for until it is.
 */
export async function holdRoots({ queue, storage, log }: Holding): Promise<HeldRoots | OtherRoots> {
  const by = randomBytes(6).toString('hex')
  const own = { ...(await storage.roots.claim()), host: hostname() }
  const announce = async () => queue.roots.announce(own, { by, media: await storage.roots.sampleMedia() })

  async function take(): Promise<OtherRoots | null> {
    const { roots, fresh } = await queue.roots.read()
    if (roots && fresh) {
      const isOther = (each: 'outputs' | 'data' | 'reports') => roots[each] !== own[each]
      const others = { outputs: isOther('outputs'), data: isOther('data'), reports: isOther('reports') }
      if (Object.values(others).includes(true)) return { ...others, host: roots.host }
    }
    if (roots && roots.outputs !== own.outputs) {
      log.warn('the output root is another one than before: outputs of former jobs are not found in it')
    }
    await announce()
    return null
  }

  let isTaken = true
  const atOnce = await take().catch((error) => {
    if (!isUnavailable(error)) throw error
    isTaken = false
    return null
  })
  if (atOnce) return atOnce

  let onOthers: (others: OtherRoots) => void = () => {}
  const others = new Promise<OtherRoots>((resolve) => {
    onOthers = resolve
  })
  let isAway = false
  async function again(): Promise<void> {
    if (!isTaken) {
      const found = await take()
      if (found) return onOthers(found)
      isTaken = true
      return
    }
    const now = await storage.roots.ids()
    if (isAway !== (now.outputs !== own.outputs)) {
      isAway = !isAway
      if (isAway) log.error('the output root is gone, or another one is in its place; outputs are not found')
      else log.info('the output root is back')
    }
    await announce()
  }

  let isStopped = false
  let timer: NodeJS.Timeout
  const schedule = () => {
    if (isStopped) return
    timer = setTimeout(
      () => {
        again()
          .catch((error) => {
            if (isTaken) log.warn({ err: error }, 'the roots could not be announced')
          })
          .then(schedule)
      },
      isTaken ? ANNOUNCE_ROOTS_EVERY_MS : ASK_EVERY_MS,
    )
  }
  schedule()
  return {
    others,
    async stop() {
      isStopped = true
      clearTimeout(timer)
      // Without Redis the mark runs out by itself; that is no reason to stay.
      await queue.roots.release(by).catch((error) => log.warn({ err: error }, 'the roots could not be given back'))
    },
  }
}
