import type { TimelineRow } from '../contract/index.js'
import type { Estimate } from './estimator.js'

/** What an estimate says, in the order of `TIMELINE_COLUMNS`. */
export function timelineRow(atMs: number, estimate: Estimate): TimelineRow {
  const { outTimeUs, frame, fps, speed, bitrate, bytesWritten, quality } = estimate
  return [atMs, outTimeUs, frame, fps, speed, bitrate, bytesWritten, Object.values(quality)[0] ?? null]
}

/**
 * The course of a pass in at most `maxRows` rows (default 1,000), however long it runs: when there is no more room, every
 * second row goes and from then on half as many are kept, so that they stay evenly spread. The first and the newest row
 * are always there.
 */
export class Timeline {
  readonly #maxRows: number
  #kept: TimelineRow[] = []
  #newest: TimelineRow | null = null
  #pushed = 0
  #stride = 1

  constructor(maxRows = 1_000) {
    this.#maxRows = Math.max(2, maxRows)
  }

  /** The newest row. */
  push(row: TimelineRow): void {
    this.#newest = row
    if (this.#pushed++ % this.#stride !== 0) return
    this.#kept.push(row)
    // One row less than there may be: the newest may stand outside the stride.
    if (this.#kept.length < this.#maxRows) return
    this.#kept = this.#kept.filter((_, index) => index % 2 === 0)
    this.#stride *= 2
  }

  /** Oldest first. */
  get rows(): TimelineRow[] {
    const newest = this.#newest
    return newest === null || this.#kept.at(-1) === newest ? [...this.#kept] : [...this.#kept, newest]
  }
}
