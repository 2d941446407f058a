import { sweepSpool } from './owner.js'
import { openSession, type SpoolSession } from './session.js'
import { createShelf, type ShelfOptions } from './shelf.js'

/** The spool of one worker. Touches nothing of the disk before the first fetch. */
export type Spool = {
  /**
   * For the inputs of one job, as many as it has in the spool: `done` when they are all there, or will not be wanted. A job with several waits until no
   * other one is fetching several.
   */
  session(count: number, signal: AbortSignal): Promise<SpoolSession & { done(): void }>
  /** Removes what workers left that are gone. */
  sweep(): Promise<void>
  /** Ends what is under way, and removes everything. */
  close(): Promise<void>
}

export function openSpool(options: ShelfOptions): Spool {
  const shelf = createShelf(options)
  let several: Promise<void> = Promise.resolve()
  return {
    async session(count, signal) {
      const isSeveral = count > 1
      let done = () => {}
      if (isSeveral) {
        const before = several
        const mine = new Promise<void>((resolve) => {
          done = resolve
        })
        several = before.then(() => mine)
        await unlessAborted(before, signal).catch((error) => {
          done()
          throw error
        })
      }
      return { ...openSession(shelf, isSeveral), done }
    },
    sweep: () => sweepSpool(options.folder),
    close: () => shelf.close(),
  }
}

async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  let stop = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  await Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', stop))
}
