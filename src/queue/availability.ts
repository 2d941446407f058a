import { FfleetError } from '../contract/index.js'

/** Redis answers, but refuses: out of memory, no longer the master, failing append-only file, still loading. */
const REFUSALS = /^(OOM|READONLY|MISCONF|LOADING|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|BUSY|MOVED|TRYAGAIN|ASK|UNBLOCKED)\b/
const DISCONNECTED =
  /ECONN|EPIPE|ENOENT|EHOSTUNREACH|ETIMEDOUT|Connection is closed|max retries per request|Command timed out|Stream isn't writeable/i

/** Whether an error says that Redis cannot serve now, rather than that the call was wrong. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return REFUSALS.test(error.message) || DISCONNECTED.test(error.message) || error.name === 'MaxRetriesPerRequestError'
}

/** The call, with every way Redis can be away turned into QUEUE_UNAVAILABLE. */
export function guarded<A extends unknown[], R>(call: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
  return async (...args) => {
    try {
      return await call(...args)
    } catch (error) {
      if (!isUnavailable(error)) throw error
      const full = error instanceof Error && error.message.startsWith('OOM')
      throw new FfleetError(
        'QUEUE_UNAVAILABLE',
        full ? 'The queue is full: Redis has no memory left.' : 'The queue does not answer at the moment.',
        { cause: error },
      )
    }
  }
}
