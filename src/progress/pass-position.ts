import { BytesThrough, type InputPlace } from './bytes-through.js'
import type { PassPlan } from './pass-plan.js'

/** Time and frames that lie this far apart no longer tell the same. */
const DISAGREEMENT = 0.02
/** From here on the expectation was wrong. */
const OVERRUN = 1.02
/** Reports after which a time that stands while frames advance is not believed any more. */
const STUCK_REPORTS = 3
/** A bit rate varies. An expectation that is this far from what the bytes say is looked at more closely. */
const APART = 0.1
/**
 * It is wrong if, for it to be right, what is left to read had to be so many times as dense as what was read (more bytes
 * for a second of media), or as thin. A beginning that stands still and then moves is no rarity, but percent catches up
 * with it. If an end that stands still is taken for a wrong expectation, percent is too high for good.
 */
const TOO_DENSE = 8
const TOO_THIN = 16
/** And nothing is made of bytes that run ahead before half is read, or by no more media than a lookahead may hold. */
const ENOUGH_READ = 0.5
const MOST_HELD_US = 10e6
/** Where only frames are expected. */
const US_PER_FRAME = 40_000

/**
 * How far one pass has come, from what its reports say of media time and frames. Each lies in its own way: up to 5.1 time
 * is the furthest stream, so a lone subtitle carries it to 83 % at frame 44 of 750 and there it stands; with a lookahead
 * it stands at 0; from 7.0 it is the least advanced stream, and it can be unknown for a while or for the whole job. So
 * the lesser of both counts, and frames alone once time has stood still for 3 reports in which frames advanced.
 *
 * Where the place in the input is known as well, its bytes count where nothing was expected, and where they show that what
 * was expected is wrong.
 */
export class PassPosition {
  readonly #plan: PassPlan
  #outTimeUs: number | null = null
  #frame: number | null = null
  #standingReports = 0
  readonly #bytes = new BytesThrough()

  constructor(plan: PassPlan) {
    this.#plan = plan
  }

  /**
   * Takes in one report, and the place in the input then; null is what is not known. True if time or frames have
   * advanced: from what they were, for in 9.0 time goes on from an earlier one when the stream that was furthest has
   * finished.
   */
  read(outTimeUs: number | null, frame: number | null, input: InputPlace | null): boolean {
    const timeAdvanced = outTimeUs !== null && outTimeUs > (this.#outTimeUs ?? 0)
    const framesAdvanced = frame !== null && frame > (this.#frame ?? 0)
    if (timeAdvanced) this.#standingReports = 0
    else if (framesAdvanced) this.#standingReports++
    this.#outTimeUs = outTimeUs ?? this.#outTimeUs
    this.#frame = frame ?? this.#frame
    if (input) this.#bytes.read(input, this.#media)
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

  /** What the fraction rests on; null: on nothing. */
  get measure(): 'time' | 'frames' | 'bytes' | null {
    if (this.#fractionByBytes !== null) return 'bytes'
    const byTime = this.#byTime
    const byFrames = this.#byFrames
    if (byFrames === null) return byTime === null ? null : 'time'
    if (byTime === null || this.timeStands) return 'frames'
    return byTime <= byFrames + DISAGREEMENT ? 'time' : 'frames'
  }

  /** 0 to 1 of the pass, or more where the expectation was too low; null: unknown. */
  get fraction(): number | null {
    return this.#fractionByBytes ?? this.#asExpected
  }

  /** So far beyond the expectation that it is known to be wrong. */
  get overrun(): boolean {
    return (this.fraction ?? 0) >= OVERRUN
  }

  /** Share of the input that has come through, 0 to 1, whether it counts or not; null: unknown. */
  get throughInput(): number | null {
    return this.#bytes.fractionAt(this.#media)
  }

  /** The fraction by bytes, where it is what counts. */
  get #fractionByBytes(): number | null {
    const expected = this.#asExpected
    const through = this.throughInput
    if (this.#plan.expectedUs === null && this.#plan.expectedFrames === null) return through
    const read = this.#bytes.readFraction
    if (expected === null || read === null) return null
    if (expected - read > APART && density(read, expected) > TOO_DENSE) return through ?? read
    if (through === null || through < ENOUGH_READ || !this.#bytes.isGapless) return null
    const ahead = through - expected
    const far = ahead > APART && ahead * this.#expectedMediaUs > MOST_HELD_US
    return far && density(expected, through) > TOO_THIN ? through : null
  }

  get #expectedMediaUs(): number {
    const { expectedUs, expectedFrames } = this.#plan
    return expectedUs ?? (expectedFrames ?? 0) * US_PER_FRAME
  }

  get #media() {
    return { outTimeUs: this.timeStands ? null : this.#outTimeUs, frame: this.#frame }
  }

  get #asExpected(): number | null {
    const byTime = this.#byTime
    const byFrames = this.#byFrames
    if (byTime === null || byFrames === null) return byTime ?? byFrames
    return this.timeStands ? byFrames : Math.min(byTime, byFrames)
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

/** How many times as dense the rest is as what was before, of which `part` takes up the share `whole`. */
function density(part: number, whole: number): number {
  return whole < 1 && part > 0 ? ((1 - part) * whole) / (part * (1 - whole)) : Number.POSITIVE_INFINITY
}
