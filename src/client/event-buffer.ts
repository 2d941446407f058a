import type { FleetEvent } from '../contract/index.js'

/** How long a consumer may be busy, and the wire is left alone for it, before progress that it has not taken is dropped. */
const PATIENCE_MS = 250
/** Events kept for a consumer that takes none; beyond it the wire is not read and the server coalesces. */
const LIMIT = 1_000

/**
 * Stands between the wire and a consumer. A consumer that empties it now and then gets every event; for one that does
 * not within the patience only the newest progress of each job is kept, and every other event. So memory is bounded.
 */
export class EventBuffer<E extends FleetEvent> {
  #events: E[] = []
  /** When the consumer last had everything, in ms of `performance.now()`. */
  #emptyAt = 0
  #outcome: { error?: unknown } | null = null
  #wakeConsumer: (() => void) | null = null
  readonly #wakeReaders = new Set<() => void>()

  push(event: E): void {
    if (this.#events.length === 0) this.#emptyAt = performance.now()
    this.#events.push(event)
    this.#wakeConsumer?.()
  }

  /** No more events come; what is kept is still given out. */
  end(): void {
    this.#outcome ??= {}
    this.#wakeConsumer?.()
  }

  /** As `end`, then `take` rejects with the error. */
  fail(error: unknown): void {
    this.#outcome ??= { error }
    this.#wakeConsumer?.()
  }

  /** The oldest event; waits for one. Undefined after the end. Only one call at a time. */
  async take(): Promise<E | undefined> {
    while (this.#events.length === 0 && this.#outcome === null) {
      await new Promise<void>((resolve) => {
        this.#wakeConsumer = resolve
      })
      this.#wakeConsumer = null
    }
    const event = this.#events.shift()
    for (const wake of this.#wakeReaders) wake()
    if (event === undefined && this.#outcome !== null && 'error' in this.#outcome) throw this.#outcome.error
    return event
  }

  /** Resolves when more may be pushed: at once for a consumer that keeps up. Returns early when the signal is aborted. */
  async room(signal: AbortSignal): Promise<void> {
    const patienceMs = this.#emptyAt + PATIENCE_MS - performance.now()
    await this.#until(() => this.#events.length === 0, signal, Math.max(0, patienceMs))
    if (this.#events.length === 0) return
    this.#dropOldProgress()
    await this.#until(() => this.#events.length < LIMIT, signal)
  }

  #dropOldProgress(): void {
    const newest = new Map<string, E>()
    for (const event of this.#events) if (event.type === 'progress') newest.set(event.jobId, event)
    this.#events = this.#events.filter((event) => event.type !== 'progress' || newest.get(event.jobId) === event)
  }

  async #until(condition: () => boolean, signal: AbortSignal, timeoutMs?: number): Promise<void> {
    if (condition() || signal.aborted) return
    await new Promise<void>((resolve) => {
      const finish = () => {
        clearTimeout(timer)
        this.#wakeReaders.delete(check)
        signal.removeEventListener('abort', finish)
        resolve()
      }
      const check = () => condition() && finish()
      const timer = timeoutMs === undefined ? undefined : setTimeout(finish, timeoutMs)
      this.#wakeReaders.add(check)
      signal.addEventListener('abort', finish)
    })
  }
}
