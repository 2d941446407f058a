/** Takes a device out that lets encodes down, and has it tried again, less and less often. */

export type BreakerOptions = {
  /** So many failures within the window take it out. */
  failures: number
  windowMs: number
  /** Until it is tried again; doubles with each time that it fails then, up to the longest. */
  firstMs: number
  longestMs: number
}

export const BREAKER: BreakerOptions = { failures: 3, windowMs: 600_000, firstMs: 30_000, longestMs: 3_600_000 }

export class Breaker {
  readonly #options: BreakerOptions
  #failedMs: number[] = []
  #delayMs: number
  isOut = false

  constructor(options: BreakerOptions) {
    this.#options = options
    this.#delayMs = options.firstMs
  }

  /** Gives the time until the device is to be tried again; null: it stays, or is out already. */
  failed(nowMs: number): number | null {
    if (this.isOut) return null
    const { failures, windowMs } = this.#options
    this.#failedMs = [...this.#failedMs.filter((atMs) => nowMs - atMs < windowMs), nowMs]
    return this.#failedMs.length < failures ? null : this.takeOut()
  }

  /** A trial did not pass. */
  takeOut(): number {
    this.isOut = true
    const delayMs = this.#delayMs
    this.#delayMs = Math.min(delayMs * 2, this.#options.longestMs)
    return delayMs
  }

  /** A trial passed. It is out at the next failure, until an encode has succeeded. */
  takeBack(nowMs: number): void {
    this.isOut = false
    this.#failedMs = Array<number>(this.#options.failures - 1).fill(nowMs)
  }

  succeeded(): void {
    this.#failedMs = []
    this.#delayMs = this.#options.firstMs
  }
}
