import { AdvanceClock } from './advance-clock.js'
import type { InputPlace } from './bytes-through.js'
import { type Figures, figure, NO_FIGURES, nextFigures } from './figures.js'
import type { PassPlan } from './pass-plan.js'
import { PassPosition } from './pass-position.js'
import { Rate } from './rate.js'
import type { ReportBlock } from './report-block.js'

/** Before this much is known a pace is a guess. */
const ENOUGH_REPORTS = 3
const ENOUGH_FRACTION = 0.02
const ENOUGH_MS = 5_000
/** 115 days. Beyond it lies the wall clock of a live source (`-copyts`), which is no position in an output. */
const LATEST_MEDIA_TIME_US = 1e13

/** How fast a pass gets on, in fractions of the whole pass. */
type Pace = {
  perMs: number
  /** When the fraction that is known now was reached. */
  reachedAtMs: number
}

/** One ffmpeg process as its report shows it: how far it is, how fast, and whether it advances. */
export class PassProgress {
  readonly plan: PassPlan
  readonly position: PassPosition
  readonly #advance: AdvanceClock
  readonly #mediaRate = new Rate()
  readonly #frameRate = new Rate()
  readonly #inputRate = new Rate()
  #figures: Figures = NO_FIGURES
  #reports = 0
  #firstReportMs = 0
  #lastReportMs = 0
  #isFinishing = false

  constructor(plan: PassPlan, startedAtMs: number) {
    this.plan = plan
    this.position = new PassPosition(plan)
    this.#advance = new AdvanceClock(startedAtMs)
  }

  push(block: ReportBlock, nowMs: number, input: InputPlace | null): void {
    this.#figures = nextFigures(this.#figures, block)
    const outTimeUs = block.end ? this.#lastTime(block) : mediaTime(block.outTimeUs)
    if (this.position.read(outTimeUs, figure(block.frame), input)) {
      for (const rate of [this.#mediaRate, this.#frameRate, this.#inputRate])
        rate.leaveOut(this.#advance.unexplainedMs(nowMs), nowMs)
      this.#advance.advanced(nowMs)
      // From 7.0 on one output may be finished while another is still written.
      this.#isFinishing = false
    }
    if (block.end) this.#isFinishing = true
    else this.#measure(nowMs)
  }

  /** The `end` block of 7.0 to 8.1 takes the least of all streams for its time: 392 s of a song, then 0.04 s. */
  #lastTime(block: ReportBlock): number | null {
    const timeUs = mediaTime(block.outTimeUs)
    return timeUs === null || timeUs < (this.position.outTimeUs ?? 0) ? null : timeUs
  }

  #measure(nowMs: number): void {
    if (this.#reports++ === 0) this.#firstReportMs = nowMs
    this.#lastReportMs = nowMs
    const { outTimeUs, frame, throughInput } = this.position
    if (outTimeUs !== null) this.#mediaRate.sample(outTimeUs, nowMs)
    if (frame !== null) this.#frameRate.sample(frame, nowMs)
    if (throughInput !== null) this.#inputRate.sample(throughInput, nowMs)
  }

  /** Trailers are being written: silence is neither stall nor progress. */
  finishing(): void {
    this.#isFinishing = true
  }

  get isFinishing(): boolean {
    return this.#isFinishing
  }

  get figures(): Figures {
    return this.#figures
  }

  stalledForMs(nowMs: number): number {
    return this.#isFinishing ? 0 : this.#advance.standingForMs(nowMs)
  }

  isStalled(nowMs: number): boolean {
    return !this.#isFinishing && this.#advance.isStalled(nowMs)
  }

  /** Null while too little is known to tell from it when the pass will be over. */
  get pace(): Pace | null {
    const enough =
      (this.position.fraction ?? 0) >= ENOUGH_FRACTION || this.#lastReportMs - this.#firstReportMs >= ENOUGH_MS
    return enough && this.#reports >= ENOUGH_REPORTS ? this.#measuredPace : null
  }

  /** Media seconds per second, smoothed; null while unknown, 0 in a stall. */
  speed(nowMs: number): number | null {
    const usPerMs = this.#usPerMs
    if (usPerMs === null) return null
    return this.isStalled(nowMs) ? 0 : figure(Math.round(usPerMs) / 1_000)
  }

  /** By the measure that is believed; without an expectation that is, by time, as long as it goes with the frames. */
  get #usPerMs(): number | null {
    const pace = this.#measuredPace
    if (pace !== null && this.plan.expectedUs !== null && this.position.measure !== 'bytes')
      return pace.perMs * this.plan.expectedUs
    return this.position.timeStands ? null : this.#mediaRate.perMs
  }

  get #measuredPace(): Pace | null {
    const { measure, timeStands } = this.position
    if (measure === 'bytes') return paceOf(this.#inputRate, 1)
    if (measure === 'frames') return paceOf(this.#frameRate, this.plan.expectedFrames)
    return measure === 'time' && !timeStands ? paceOf(this.#mediaRate, this.plan.expectedUs) : null
  }
}

function paceOf({ perMs, lastAdvanceMs }: Rate, whole: number | null): Pace | null {
  return perMs === null || lastAdvanceMs === null || whole === null
    ? null
    : { perMs: perMs / whole, reachedAtMs: lastAdvanceMs }
}

function mediaTime(us: number | null): number | null {
  const time = figure(us)
  return time !== null && time <= LATEST_MEDIA_TIME_US ? time : null
}
