import { FfleetError } from '../src/contract/index.js'

/** Each limit in milliseconds; null switches it off. */
export type WatchdogLimits = {
  /** Neither media time, frames nor bytes advance, once something has. */
  stallMs: number | null
  /** Until something advances first: lookahead encoders and slow seeks take their time. */
  startMs: number | null
  /** Writing trailers and moving indexes, where ffmpeg reports nothing. */
  finalizeMs: number | null
  /** Of media, not of time that passes: an output that runs longer. */
  mediaMs: number | null
}

export type Vitals = {
  outTimeUs: number | null
  frame: number | null
  bytesWritten: number | null
}

/** Share of the expected frames at which all there are may be in. */
const ALL_FRAMES = 0.99
/** How much longer than its input's limit an output may be before it is one that grows: readers differ about lengths. */
const MEDIA_SLACK = 1.1
/** As many reports may still come that say the same again. */
const LAST_REPORTS = 2

/**
 * Watches one ffmpeg process by what it achieves, not by the noise it makes: a report that arrives is no progress.
 * The clock is passed in. `check` gives the error that the process is to be ended with, or null.
 */
export class Watchdog {
  readonly #limits: WatchdogLimits
  readonly #allFrames: number
  #best = { outTimeUs: -1, frame: -1, bytesWritten: -1 }
  #sinceMs: number
  #advanced = false
  #finalizing = false
  #idleReports = 0

  constructor(limits: WatchdogLimits, nowMs: number, expectedFrames: number | null) {
    this.#limits = limits
    this.#allFrames = expectedFrames === null ? Number.POSITIVE_INFINITY : ALL_FRAMES * expectedFrames
    this.#sinceMs = nowMs
  }

  /** A report came. */
  heard(): void {
    this.#idleReports += 1
  }

  /** What is known now, whether by a report or because time goes on. */
  report(vitals: Vitals, nowMs: number): void {
    let advanced = false
    for (const name of ['outTimeUs', 'frame', 'bytesWritten'] as const) {
      const value = vitals[name]
      if (value === null || value <= this.#best[name]) continue
      // Headers count for nothing: bytes alone mean an advance only after time or frames have moved.
      if (name !== 'bytesWritten' || this.#advanced) advanced ||= value > 0
      this.#best[name] = value
    }
    if (!advanced) return
    this.#advanced = true
    this.#sinceMs = nowMs
    this.#idleReports = 0
  }

  /** It has been given all that there is of its input, and waits for more. */
  starved(nowMs: number): void {
    this.#sinceMs = nowMs
  }

  /** The media is through and the trailer is being written. */
  finalizing(nowMs: number): void {
    if (this.#finalizing) return
    this.#finalizing = true
    this.#sinceMs = nowMs
  }

  /**
   * Up to 5.1 frames count when the encoder takes them; while it then works off what it queued, no report comes. Reports
   * that go on and say the same again are of a stall, whatever was expected.
   */
  get #flushes(): boolean {
    return this.#best.frame >= this.#allFrames && this.#idleReports <= LAST_REPORTS
  }

  check(nowMs: number): FfleetError | null {
    const { mediaMs } = this.#limits
    // A few bytes can say of themselves that they play for days, in ways that no reader of headers adds up.
    if (mediaMs !== null && this.#best.outTimeUs > mediaMs * 1_000 * MEDIA_SLACK) {
      const detail = `The output runs for ${Math.round(this.#best.outTimeUs / 1_000)} ms and on; at most ${mediaMs} are accepted.`
      return new FfleetError('DURATION_TOO_LONG', detail)
    }
    const idleMs = nowMs - this.#sinceMs
    const over = (limitMs: number | null) => limitMs !== null && idleMs > limitMs
    const seconds = Math.round(idleMs / 1000)
    if (this.#finalizing || this.#flushes) {
      return over(this.#limits.finalizeMs)
        ? new FfleetError('TIMED_OUT', `Finishing the output took longer than ${seconds} s.`)
        : null
    }
    if (!this.#advanced) {
      return over(this.#limits.startMs) ? new FfleetError('STALLED', `ffmpeg produced nothing for ${seconds} s.`) : null
    }
    return over(this.#limits.stallMs)
      ? new FfleetError('STALLED', `Media time and frames did not advance for ${seconds} s.`)
      : null
  }
}
