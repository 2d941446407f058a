import type { ReportBlock } from '../progress/index.js'

/** How often ffmpeg reports unless it is told otherwise. */
const USUAL_PERIOD_MS = 500
/** The period follows what is seen, by this share of each step. */
const PERIOD_GAIN = 0.2
/** A report that is read so far ahead of what it tells was not written just now. */
const AHEAD_MS = 1_000

/**
 * When the blocks of a report were written, by what they tell: ffmpeg prints frames a second and media seconds a second
 * over its whole time, so that both say how long it has run, as closely as they are rounded. Within those bounds the clock
 * goes on by the time that has passed here, or, in a report that was saved before, by the period of its blocks. So its
 * pace, and what is left, do not depend on how fast it is read. Blocks that tell nothing leave it to time or period alone.
 */
export class ReportClock {
  #saved: boolean
  #elapsedMs = 0
  #periodMs = USUAL_PERIOD_MS
  #before: { wallMs: number } | null = null
  #first: { wallMs: number; elapsedMs: number } | null = null

  /** `saved`: it is known to be read from a file, and not from an ffmpeg that runs. */
  constructor({ saved }: { saved: boolean }) {
    this.#saved = saved
  }

  /** Milliseconds that ffmpeg had run when it wrote the block, which has been read at `wallMs`. Never falls. */
  read(block: ReportBlock, wallMs: number): number {
    const bounds = [bySpeed(block), byFrames(block)].filter((each) => each !== null)
    const least = Math.max(0, ...bounds.map(([low]) => low))
    const passedMs = wallMs - (this.#before?.wallMs ?? wallMs)
    if (this.#first !== null) {
      const told = least - this.#first.elapsedMs
      if (told > 2 * (wallMs - this.#first.wallMs) + AHEAD_MS) this.#saved = true
    }
    let elapsedMs = this.#elapsedMs + (this.#saved ? (this.#before ? this.#periodMs : 0) : passedMs)
    for (const [low, high] of bounds) elapsedMs = Math.min(Math.max(elapsedMs, low), Math.max(low, high))
    elapsedMs = Math.max(elapsedMs, this.#elapsedMs)
    if (this.#before) this.#periodMs += PERIOD_GAIN * (elapsedMs - this.#elapsedMs - this.#periodMs)
    this.#elapsedMs = elapsedMs
    this.#before = { wallMs }
    this.#first ??= { wallMs, elapsedMs }
    return elapsedMs
  }
}

type Bounds = [lowMs: number, highMs: number]

/** `speed=43.7x` after 8.87 s of media: three digits. */
function bySpeed({ outTimeUs, speed, raw }: ReportBlock): Bounds | null {
  if (outTimeUs === null || speed === null || outTimeUs <= 0 || speed <= 0) return null
  const [, decimals = '', exponent = '0'] = /^\s*\d+(?:\.(\d+))?(?:e([+-]\d+))?x/i.exec(raw.speed ?? '') ?? []
  return span(outTimeUs / 1_000, speed, 0.5 * 10 ** (Number(exponent) - decimals.length))
}

/** `fps=118.20`: two decimals, and 0 in the first second. */
function byFrames({ frame, fps }: ReportBlock): Bounds | null {
  return frame === null || fps === null || frame <= 0 || fps <= 0 ? null : span(frame * 1_000, fps, 0.005)
}

function span(quantity: number, rate: number, half: number): Bounds {
  return [quantity / (rate + half), half < rate ? quantity / (rate - half) : Number.POSITIVE_INFINITY]
}
