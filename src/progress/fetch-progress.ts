import type { ProgressSnapshot } from '../contract/index.js'

/** What fetching counts for in the percent of an attempt. How long the rest takes is not known before the file is looked at. */
const WEIGHT = 0.1
/** 100 is a completed job. */
const MOST = 99
/** A pace of less time than this is none. */
const LEAST_MS = 1_000

export type FetchEstimate = Pick<ProgressSnapshot, 'percent' | 'basis' | 'etaMs' | 'fetchedBytes' | 'fetchTotalBytes'>

/** The percent of an attempt while its input is fetched, and what that leaves to the rest. Null as long as the size is not known. */
export class FetchProgress {
  #begun: { ms: number; bytes: number } | null = null
  #reached: number | null = null
  #fetched: number | null = null
  #total: number | null = null

  /** So much is here, of so much; the clock is any that goes forward. */
  push(fetched: number, total: number | null, nowMs: number): FetchEstimate {
    this.#begun ??= { ms: nowMs, bytes: fetched }
    ;[this.#fetched, this.#total] = [fetched, total]
    const share = total === null || total === 0 ? null : Math.min(1, fetched / total)
    // What has to be fetched anew does not take the attempt back.
    if (share !== null) this.#reached = Math.max(this.#reached ?? 0, share * WEIGHT)
    const percent = this.#reached === null ? null : rounded(this.#reached * 100)
    return { percent, basis: percent === null ? 'unknown' : 'bytes', etaMs: this.#etaMs(nowMs), ...this.figures }
  }

  /** Null, both of them, where nothing was fetched. */
  get figures(): Pick<ProgressSnapshot, 'fetchedBytes' | 'fetchTotalBytes'> {
    return { fetchedBytes: this.#fetched, fetchTotalBytes: this.#total }
  }

  /** The percent of the whole attempt that a percent of what comes after the fetch is, or goes along with it. */
  after(percent: number | null): number | null {
    if (percent === null || this.#reached === null) return percent
    return Math.min(MOST, rounded(this.#reached * 100 + (1 - WEIGHT) * percent))
  }

  #etaMs(nowMs: number): number | null {
    const { ms, bytes } = this.#begun!
    const [tookMs, came] = [nowMs - ms, this.#fetched! - bytes]
    if (this.#total === null || tookMs < LEAST_MS || came <= 0) return null
    const left = (this.#total - this.#fetched!) * (tookMs / came)
    const fetchMs = this.#total * (tookMs / came)
    return Math.round(left + (fetchMs / WEIGHT) * (1 - WEIGHT))
  }
}

const rounded = (percent: number) => Math.round(percent * 10) / 10
