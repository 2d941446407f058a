/** Between these, the longest recent gap between two advances decides when to speak of a stall. */
const SOONEST_STALL_MS = 1_000
const LATEST_STALL_MS = 15_000
const GAPS_BEFORE_STALL = 2
/** How much of the longest gap is remembered at each further advance. */
const GAP_MEMORY = 0.8
/** Before that many advances any gap may be the pace. */
const ADVANCES_TO_KNOW_PACE = 5

/**
 * Watches that a pass advances. A report that comes is no advance; only media time or frames are. Slow encoders advance
 * every few seconds, which is no stall: what counts is the pace seen so far.
 */
export class AdvanceClock {
  #lastAdvanceMs: number
  #longestGapMs = 0
  #advances = 0

  constructor(startedAtMs: number) {
    this.#lastAdvanceMs = startedAtMs
  }

  advanced(nowMs: number): void {
    // A stall slackens the pace that is expected by no more than it took to be called one.
    const gapMs = this.standingForMs(nowMs) - this.unexplainedMs(nowMs)
    this.#longestGapMs = Math.max(gapMs, this.#longestGapMs * GAP_MEMORY)
    this.#lastAdvanceMs = nowMs
    this.#advances++
  }

  /** Time since the last advance, or since the start. */
  standingForMs(nowMs: number): number {
    return Math.max(0, nowMs - this.#lastAdvanceMs)
  }

  /** The part of it that the pace, once known, does not explain. */
  unexplainedMs(nowMs: number): number {
    if (this.#advances < ADVANCES_TO_KNOW_PACE) return 0
    return Math.max(0, this.standingForMs(nowMs) - this.#limitMs)
  }

  /** It has been standing for as long as its pace explains, or longer. */
  isStalled(nowMs: number): boolean {
    return this.standingForMs(nowMs) >= this.#limitMs
  }

  get #limitMs(): number {
    return Math.min(Math.max(SOONEST_STALL_MS, GAPS_BEFORE_STALL * this.#longestGapMs), LATEST_STALL_MS)
  }
}
