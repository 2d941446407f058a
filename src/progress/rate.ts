/** A first advance that took so many times as long as the second waited for something else. */
const START_UP = 4

/**
 * How fast a quantity grows by the caller's clock: an average in which a moment weighs e times less for every `tauMs` it
 * lies back (default 15 s). It is right from the second value on, not pulled towards zero by a cold start, and it is
 * taken from one advance to the next, so that the pace of what advances in bursts does not depend on when it is asked
 * for. A step back only moves the mark it measures from. What came before the first advance and is not of the pace that
 * the second one shows was start-up: a lookahead that filled, a seek that decoded what it skipped.
 */
export class Rate {
  readonly #tauMs: number
  #mark: { value: number; atMs: number } | null = null
  #weightedSum = 0
  #weight = 0
  #first: { growth: number; elapsedMs: number } | null = null

  constructor(tauMs = 15_000) {
    this.#tauMs = tauMs
  }

  /** The quantity is `value` now. What happens within one millisecond is measured together with what comes next. */
  sample(value: number, nowMs: number): void {
    const mark = this.#mark
    if (mark && value >= mark.value) {
      const elapsedMs = nowMs - mark.atMs
      if (value === mark.value || elapsedMs < 1) return
      this.#grow(value - mark.value, elapsedMs)
    }
    this.#mark = { value, atMs: nowMs }
  }

  #grow(growth: number, elapsedMs: number): void {
    const first = this.#first
    this.#first = this.#weight === 0 ? { growth, elapsedMs } : null
    if (first && first.elapsedMs > START_UP * elapsedMs) {
      this.#weightedSum = 0
      this.#weight = 0
      this.#average(first.growth, elapsedMs)
    }
    this.#average(growth, elapsedMs)
  }

  #average(growth: number, elapsedMs: number): void {
    const share = -Math.expm1(-elapsedMs / this.#tauMs)
    this.#weightedSum += share * (growth / elapsedMs - this.#weightedSum)
    this.#weight += share * (1 - this.#weight)
  }

  /** The last `ms` of the time since the last advance do not count. */
  leaveOut(ms: number, nowMs: number): void {
    if (this.#mark) this.#mark = { ...this.#mark, atMs: Math.min(this.#mark.atMs + ms, nowMs) }
  }

  /** Growth per millisecond; null before the first advance. */
  get perMs(): number | null {
    return this.#weight > 0 ? this.#weightedSum / this.#weight : null
  }

  /** When the quantity came to be what it is; null before the first sample. */
  get lastAdvanceMs(): number | null {
    return this.#mark?.atMs ?? null
  }
}
