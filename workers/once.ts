import type { AttemptObserver } from './observer.js'

/**
 * A worker that is there for one attempt: it leaves when that has ended, before BullMQ could give it another job, or when
 * none came within `idleMs`. What it was given and did not begin, such as a job that was cancelled, does not count.
 */
export function once(options: { idleMs: number; leave: (reason: string) => void }): AttemptObserver & { wait(): void } {
  let idle: NodeJS.Timeout | undefined
  return {
    /** From now on the time counts. */
    wait() {
      idle = setTimeout(() => options.leave(`no job for ${options.idleMs} ms`), options.idleMs)
    },
    begun: () => clearTimeout(idle),
    progressed() {},
    ended: () => options.leave('its one job has ended'),
  }
}
