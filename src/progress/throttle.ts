/**
 * Lets a value through at most every `intervalMs`, and always the newest: what comes too early is held, and replaced by
 * what comes after it. `atOnce` says which values may not wait, such as the first of another phase. It has no timer: the
 * caller asks `due` when `waitMs` has passed, and `flush` at the end.
 */
export class Throttle<T> {
  readonly #intervalMs: number
  readonly #atOnce: (next: T, last: T) => boolean
  #last: { value: T; atMs: number } | null = null
  #held: { value: T } | null = null

  constructor(intervalMs: number, atOnce: (next: T, last: T) => boolean = () => false) {
    this.#intervalMs = intervalMs
    this.#atOnce = atOnce
  }

  /** The value if it may pass now, else null: it is held then. */
  offer(value: T, nowMs: number): T | null {
    this.#held = { value }
    const last = this.#last
    return last !== null && this.#atOnce(value, last.value) ? this.#pass(nowMs) : this.due(nowMs)
  }

  /** The held value if its time has come, else null. */
  due(nowMs: number): T | null {
    return this.waitMs(nowMs) === 0 ? this.#pass(nowMs) : null
  }

  /** The held value at once; null if none is held. */
  flush(nowMs: number): T | null {
    return this.#pass(nowMs)
  }

  /** Milliseconds until the held value is due; null if none is held. A clock that steps back makes nothing wait longer. */
  waitMs(nowMs: number): number | null {
    if (this.#held === null) return null
    const sinceMs = this.#last === null ? this.#intervalMs : nowMs - this.#last.atMs
    return sinceMs < 0 ? 0 : Math.max(0, this.#intervalMs - sinceMs)
  }

  #pass(nowMs: number): T | null {
    if (this.#held === null) return null
    const { value } = this.#held
    this.#held = null
    this.#last = { value, atMs: nowMs }
    return value
  }
}
