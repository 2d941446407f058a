import type { KeyRing } from '../../callers/index.js'
import type { Queue } from '../../queue/index.js'
import type { ApiLog } from '../types.js'

/** Redis may have lost them, or have been away when they changed. */
const TELL_EVERY_MS = 5_000

/** Keeps the quotas in Redis, where they are looked at, as the file with the keys has them. */
export function keepQuotas(keys: KeyRing, queue: Pick<Queue, 'setQuotas'>, log: ApiLog): { stop(): void } {
  let isTold = true
  async function tell(): Promise<void> {
    try {
      await queue.setQuotas(keys.quotas)
      isTold = true
    } catch (error) {
      if (isTold) log.warn({ err: error }, 'the quotas of tenants could not be told to the queue; it is tried again')
      isTold = false
    }
  }
  let isOver = false
  keys.onChange(() => {
    if (!isOver) void tell()
  })
  const timer = setInterval(() => void tell(), TELL_EVERY_MS)
  timer.unref()
  void tell()
  return {
    stop() {
      isOver = true
      clearInterval(timer)
    },
  }
}
