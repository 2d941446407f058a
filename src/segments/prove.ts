import { type Segment, SegmentInvalid, shownTimes } from './read-segment.js'

/** What a segment must hold: its pictures in the order in which they are shown, in µs. */
export type Expected = {
  times: readonly number[]
  /** Whether each of the input becomes one: not where packets are fields. */
  isExact: boolean
}

/**
 * Throws SegmentInvalid unless the pictures of a segment are those that are expected: as many, each at its time, within half of the least
 * distance between two of them.
 */
export function proveSegment(segment: Segment, { times, isExact }: Expected): void {
  const shown = shownTimes(segment).map((ticks) => (ticks * 1e6) / segment.header.timescale)
  if (isExact && shown.length !== times.length) {
    throw new SegmentInvalid(`it has ${shown.length} pictures instead of ${times.length}`)
  }
  const nearUs = halfLeastDistance(times)
  const pairs = isExact ? shown.map((us, i) => [us, times[i]!] as const) : [[shown[0]!, times[0]!] as const]
  const far = pairs.findIndex(([is, should]) => Math.abs(is - should) > nearUs)
  if (far < 0) return
  const [is, should] = pairs[far]!
  throw new SegmentInvalid(`picture ${far + 1} is at ${Math.round(is)} µs instead of ${should}`)
}

/** Throws SegmentInvalid unless they are of one encoder and one kind, each a prolongation of the one before it. */
export function proveTogether(segments: readonly Segment[]): void {
  const [first] = segments as [Segment, ...Segment[]]
  for (const [i, { header, encoder, samples }] of segments.entries()) {
    if (!header.bytes.equals(first.header.bytes)) throw new SegmentInvalid(`the header of part ${i + 1} is another`)
    if (encoder !== first.encoder) {
      throw new SegmentInvalid(`part ${i + 1} is by ${encoder ?? 'another encoder'}, the first by ${first.encoder}`)
    }
    if (!samples[0]!.isSync) throw new SegmentInvalid(`part ${i + 1} does not begin with a key frame`)
  }
  const times = segments.flatMap((segment) => shownTimes(segment))
  const late = times.findIndex((ticks, i) => i > 0 && ticks <= times[i - 1]!)
  if (late > 0) throw new SegmentInvalid(`picture ${late + 1} is not behind the one before it`)
}

/**
 * Throws SegmentInvalid unless the times of a whole video, counted from its first picture, are those of its parts, both in µs, in the order
 * in which they are shown. Where that begins is for its sound to say, too.
 */
export function proveWhole(times: readonly number[], expected: readonly number[]): void {
  if (times.length !== expected.length) {
    throw new SegmentInvalid(`the whole has ${times.length} pictures, its parts ${expected.length}`)
  }
  const nearUs = halfLeastDistance(expected)
  const far = times.findIndex((us, i) => Math.abs(us - times[0]! - (expected[i]! - expected[0]!)) > nearUs)
  if (far >= 0) throw new SegmentInvalid(`picture ${far + 1} of the whole is not at its time`)
}

/** A picture alone is near where it is, give or take a frame of a film. */
const ALONE_US = 20_000

function halfLeastDistance(times: readonly number[]): number {
  const least = times.reduce(
    (most, us, i) => (i === 0 ? most : Math.min(most, us - times[i - 1]!)),
    Number.POSITIVE_INFINITY,
  )
  return Number.isFinite(least) ? least / 2 : ALONE_US
}
