/**
 * How fast a quantity grows by the caller's clock: an average in which a moment weighs e times less for every `tauMs` it
 * lies back (default 15 s). It is right from the second value on, not pulled towards zero by a cold start, and it is
 * taken from one advance to the next, so that the pace of what advances in bursts does not depend on when it is asked
 * for. A step back only moves the mark it measures from.
 */
export class Rate {
  readonly #tauMs: number
  #mark: { value: number; atMs: number } | null = null
  #weightedSum = 0
  #weight = 0

  constructor(tauMs = 15_000) {
    this.#tauMs = tauMs
  }

  /** The quantity is `value` now. What happens within one millisecond is measured together with what comes next. */
  sample(value: number, nowMs: number): void {
    const mark = this.#mark
    if (mark && value >= mark.value) {
      const elapsedMs = nowMs - mark.atMs
      if (value === mark.value || elapsedMs < 1) return
      const share = -Math.expm1(-elapsedMs / this.#tauMs)
      this.#weightedSum += share * ((value - mark.value) / elapsedMs - this.#weightedSum)
      this.#weight += share * (1 - this.#weight)
    }
    this.#mark = { value, atMs: nowMs }
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
