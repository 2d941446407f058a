/** Where segments begin: pictures at key frames, all else next to those. */
import type { Sample } from '../isobmff/index.js'

/** Takes samples in their order, and gives those of each segment when it is whole. */
export type Cutter = {
  add(sample: Sample): Sample[] | null
  /** Those behind the last border: at least one segment, unless there was no sample. */
  end(): Sample[][]
}

/** A key frame begins a segment, unless the one before it has not lasted half as long as it should. */
export function atKeyFrames({ timescale, segmentMs }: { timescale: number; segmentMs: number }): Cutter {
  const least = (timescale * segmentMs) / 2_000
  let open: Sample[] = []
  return {
    add(sample) {
      const isBorder = sample.isSync && open.length > 0 && sample.dts - open[0]!.dts >= least
      const whole = isBorder ? open : null
      if (isBorder) open = []
      open.push(sample)
      return whole
    },
    end: () => (open.length === 0 ? [] : [open]),
  }
}

/**
 * Next to the borders of the pictures, in seconds from the second one on. What is behind the last of them is cut into parts of equal
 * length, each about as long as a segment.
 */
export function nextTo(
  borders: readonly number[],
  { timescale, segmentMs }: { timescale: number; segmentMs: number },
): Cutter {
  let open: Sample[] = []
  let passed = 0
  return {
    add(sample) {
      const middle = (sample.dts + sample.duration / 2) / timescale
      let isBorder = false
      while (passed < borders.length && middle > borders[passed]!) {
        isBorder = open.length > 0
        passed++
      }
      const whole = isBorder ? open : null
      if (isBorder) open = []
      open.push(sample)
      return whole
    },
    end() {
      const lasts = open.reduce((sum, { duration }) => sum + duration, 0) / timescale
      const parts = Math.max(1, Math.round(lasts / (segmentMs / 1_000)))
      const each = Math.ceil(open.length / parts)
      return Array.from({ length: Math.ceil(open.length / each) || 0 }, (_, i) => open.slice(i * each, (i + 1) * each))
    },
  }
}
