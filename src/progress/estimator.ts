import type { ProgressSnapshot } from '../contract/index.js'
import type { InputPlace } from './bytes-through.js'
import { NO_FIGURES } from './figures.js'
import { type PassPlan, soundPlans } from './pass-plan.js'
import { PassProgress } from './pass-progress.js'
import type { ReportBlock } from './report-block.js'

/** A progress snapshot without what only the job knows. */
export type Estimate = Omit<
  ProgressSnapshot,
  'seq' | 'at' | 'attempt' | 'phase' | 'parts' | 'fetchedBytes' | 'fetchTotalBytes'
>

/** The last percent is for verification and publishing: 100 is a completed job. */
const MOST_BEFORE_COMPLETION = 0.99
/** An ETA further away than this says no more than that it will take long. */
const LONGEST_ETA_MS = 365 * 86_400_000
/** As far as a Date reaches; nobody's clock shows more. */
const LATEST_CLOCK_MS = 8.64e15

/**
 * Derives the figures of a progress snapshot from the report blocks of one attempt: percent that never falls and never
 * exceeds 99, null where the total is unknown; an ETA only where it can be trusted; smoothed speed; the time without any
 * advance. Times are milliseconds of any one clock that the caller passes in; should it be set back, no time has passed.
 */
export class ProgressEstimator {
  readonly #plans: readonly PassPlan[]
  #index = 0
  #pass: PassProgress | null = null
  /** How far passes are that are made in any order, by their index, and how many of them at once. */
  #beside: { reached: ReadonlyMap<number, number>; makers: number } = { reached: new Map(), makers: 1 }
  #lastSeenMs: number | null = null
  /** Our clock: it goes on from 0 with the caller's, and stands where that steps back. */
  #nowMs = 0
  /** Fraction of the attempt, the highest so far. */
  #reached: number | null = null
  #basis: ProgressSnapshot['basis'] = 'unknown'
  /** When the attempt's last pass will be over, as of the last report. */
  #doneAtMs: number | null = null
  #latest: Estimate

  /** One plan per pass of the attempt, in order; see {@link PassPlan}. */
  constructor(passes: readonly PassPlan[]) {
    this.#plans = soundPlans(passes)
    this.#latest = this.#estimate()
  }

  /** The newest estimate: nothing known before the first block. */
  get latest(): Estimate {
    return this.#latest
  }

  /**
   * A report block has come. `input` is where ffmpeg is just then in its input, for a pass that reads all of one file from
   * front to back; null where that is not known.
   */
  push(block: ReportBlock, nowMs: number, input: InputPlace | null = null): Estimate {
    const pass = this.#at(nowMs)
    pass.push(block, this.#nowMs, input)
    this.#advanceTo(pass)
    this.#doneAtMs = this.#expectedEndMs(pass)
    return (this.#latest = this.#estimate())
  }

  /** Time has passed and no report came: the stall grows, the ETA shrinks. */
  tick(nowMs: number): Estimate {
    this.#at(nowMs)
    return (this.#latest = this.#estimate())
  }

  /**
   * The ffmpeg process of pass `index0` (from 0) starts, those before it have succeeded. The first pass needs no call:
   * it starts with the first block or tick.
   */
  startPass(index0: number, nowMs: number): void {
    this.#index = Math.min(Math.max(0, Math.trunc(index0) || 0), this.#plans.length - 1)
    this.#pass = null
    this.#doneAtMs = null
    this.#advanceTo(this.#at(nowMs))
    this.#latest = this.#estimate()
  }

  /**
   * How far passes are that are made in any order, some by others, as fractions from 0 to 1 by their index; and how many of them are made
   * at once. None of these counts as done for its place before the one that runs.
   */
  beside(reached: ReadonlyMap<number, number>, makers: number, nowMs: number): Estimate {
    this.#beside = { reached, makers: Math.max(1, makers) }
    this.#advanceTo(this.#at(nowMs))
    return (this.#latest = this.#estimate())
  }

  /** The trailer is being written, which may take long: no ETA and no stall until the pass advances or another starts. */
  finishing(): void {
    if (this.#pass === null) return
    this.#pass.finishing()
    this.#doneAtMs = null
    this.#latest = this.#estimate()
  }

  #at(nowMs: number): PassProgress {
    if (Math.abs(nowMs) <= LATEST_CLOCK_MS) {
      this.#nowMs += Math.max(0, nowMs - (this.#lastSeenMs ?? nowMs))
      this.#lastSeenMs = nowMs
    }
    return (this.#pass ??= new PassProgress(this.#plans[this.#index]!, this.#nowMs))
  }

  #advanceTo(pass: PassProgress): void {
    const { plan, position } = pass
    const known = this.#beside.reached.get(this.#index) ?? null
    const fraction =
      position.fraction === null ? (known ?? this.#nothingYet(plan)) : Math.max(position.fraction, known ?? 0)
    if (fraction === null) return
    const reached = this.#weightElsewhere + plan.weight * Math.min(fraction, 1)
    this.#reached = Math.min(Math.max(this.#reached ?? 0, reached), MOST_BEFORE_COMPLETION)
    this.#basis = position.overrun ? 'overrun' : (position.measure ?? (plan.expectedUs === null ? 'frames' : 'time'))
  }

  /** A pass with an expectation begins at the sum of those before it; of the first one nothing is known until it says so. */
  #nothingYet(plan: PassPlan): number | null {
    return this.#index > 0 && (plan.expectedUs ?? plan.expectedFrames) !== null ? 0 : null
  }

  /** What is done of all passes but this one. */
  get #weightElsewhere(): number {
    const { reached } = this.#beside
    return this.#plans.reduce((sum, { weight }, i) => {
      if (i === this.#index) return sum
      return sum + weight * (reached.get(i) ?? (i < this.#index ? 1 : 0))
    }, 0)
  }

  /** By the pace of this pass; what is left of others takes its weight's share, with as many at once as there are. */
  #expectedEndMs(pass: PassProgress): number | null {
    const { fraction, overrun } = pass.position
    const pace = pass.pace
    if (pass.isFinishing || overrun || fraction === null || pace === null) return null
    const weightLeft = Math.max(0, 1 - this.#weightElsewhere - pass.plan.weight)
    const ownLeft = Math.max(0, 1 - fraction)
    const passesLeft = ownLeft + (pass.plan.weight > 0 ? weightLeft / pass.plan.weight : 0)
    const leftMs = Math.max(ownLeft, passesLeft / this.#beside.makers) / pace.perMs
    return leftMs <= LONGEST_ETA_MS ? pace.reachedAtMs + leftMs : null
  }

  #estimate(): Estimate {
    const pass = this.#pass
    const nowMs = this.#nowMs
    const figures = pass?.figures ?? NO_FIGURES
    const leftMs = this.#doneAtMs === null ? null : this.#doneAtMs - nowMs
    // An end that has passed by was a wrong estimate.
    const etaKnown = leftMs !== null && leftMs >= 0 && pass?.isStalled(nowMs) === false
    return {
      percent: this.#reached === null ? null : Math.round(this.#reached * 1_000) / 10,
      basis: this.#basis,
      etaMs: etaKnown ? Math.round(leftMs) : null,
      pass: { index: this.#index + 1, count: this.#plans.length, label: this.#plans[this.#index]!.label },
      outTimeUs: pass?.position.outTimeUs ?? null,
      frame: pass?.position.frame ?? null,
      ...figures,
      quality: { ...figures.quality },
      speed: pass?.speed(nowMs) ?? null,
      stalledForMs: pass === null ? 0 : Math.round(pass.stalledForMs(nowMs)),
    }
  }
}
