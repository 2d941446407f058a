import type { PassPlan } from './pass-plan.js'

/** Time and frames that lie this far apart no longer tell the same. */
const DISAGREEMENT = 0.02
/** From here on the expectation was wrong. */
const OVERRUN = 1.02
/** Reports after which a time that stands while frames advance is not believed any more. */
const STUCK_REPORTS = 3

/**
 * How far one pass has come, from what its reports say of media time and frames. Each lies in its own way: up to 5.1 time
 * is the furthest stream, so a lone subtitle carries it to 83 % at frame 44 of 750 and there it stands; with a lookahead
 * it stands at 0; from 7.0 it is the least advanced stream, and it can be unknown for a while or for the whole job. So
 * the lesser of both counts, and frames alone once time has stood still for 3 reports in which frames advanced.
 */
export class PassPosition {
  readonly #plan: PassPlan
  #outTimeUs: number | null = null
  #frame: number | null = null
  #standingReports = 0

  constructor(plan: PassPlan) {
    this.#plan = plan
  }

  /**
   * Takes in one report; null is what it did not know. True if time or frames have advanced: from what they were, for in
   * 9.0 time goes on from an earlier one when the stream that was furthest has finished.
   */
  read(outTimeUs: number | null, frame: number | null): boolean {
    const timeAdvanced = outTimeUs !== null && outTimeUs > (this.#outTimeUs ?? 0)
    const framesAdvanced = frame !== null && frame > (this.#frame ?? 0)
    if (timeAdvanced) this.#standingReports = 0
    else if (framesAdvanced) this.#standingReports++
    this.#outTimeUs = outTimeUs ?? this.#outTimeUs
    this.#frame = frame ?? this.#frame
    return timeAdvanced || framesAdvanced
  }

  /** Last known media time in µs. */
  get outTimeUs(): number | null {
    return this.#outTimeUs
  }

  /** Last known frame. */
  get frame(): number | null {
    return this.#frame
  }

  /** Media time stands while frames advance: it says nothing about progress. */
  get timeStands(): boolean {
    return this.#standingReports >= STUCK_REPORTS
  }

  /** Which of both the fraction rests on; null: on nothing. */
  get measure(): 'time' | 'frames' | null {
    const byTime = this.#byTime
    const byFrames = this.#byFrames
    if (byFrames === null) return byTime === null ? null : 'time'
    if (byTime === null || this.timeStands) return 'frames'
    return byTime <= byFrames + DISAGREEMENT ? 'time' : 'frames'
  }

  /** 0 to 1 of the pass, or more where the expectation was too low; null: unknown. */
  get fraction(): number | null {
    const byTime = this.#byTime
    const byFrames = this.#byFrames
    if (byTime === null || byFrames === null) return byTime ?? byFrames
    return this.timeStands ? byFrames : Math.min(byTime, byFrames)
  }

  /** So far beyond the expectation that it is known to be wrong. */
  get overrun(): boolean {
    return (this.fraction ?? 0) >= OVERRUN
  }

  get #byTime(): number | null {
    const { expectedUs } = this.#plan
    return expectedUs !== null && this.#outTimeUs !== null ? this.#outTimeUs / expectedUs : null
  }

  get #byFrames(): number | null {
    const { expectedFrames } = this.#plan
    return expectedFrames !== null && this.#frame !== null ? this.#frame / expectedFrames : null
  }
}
