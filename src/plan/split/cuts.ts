import type { FrameList } from '../../probe/frame-list.js'

/** A part of a video that is encoded by itself. Times in µs from the begin of the file. */
export type Part = {
  /** Between its first picture and the one before it; null: it is the first part. */
  fromUs: number | null
  /** Between its last picture and the one behind it; null: it is the last part. */
  toUs: number | null
  /** Where to seek to: before the picture in front of it, so that what looks back sees one; null: the begin. */
  seekUs: number | null
  /** When its pictures are shown. */
  times: readonly number[]
}

/** A part may be so much longer than asked for, for it to begin with a key frame. */
const STRETCH = 1.5
/** A last part shorter than this share of the others goes with the one before it. */
const LEAST_SHARE = 0.5
/** So much before a picture, a seek surely finds what comes before it. */
const BEFORE_US = 1_000

/**
 * Cuts a video into parts of about `lengthUs`, each from the first of the key frames from there on, if there is one soon; else anywhere:
 * then it is decoded from the key frame before. `begins`: places in the list at which a part may begin; left out: all.
 */
export function cutInto(
  frames: FrameList,
  lengthUs: number,
  begins: readonly number[] = frames.times.map((_, i) => i),
): Part[] {
  const { times, keys } = frames
  const isKey = new Set(keys)
  const borders = [0]
  for (let n = 1; n < begins.length; n++) {
    const from = times[borders.at(-1)!]!
    if (times[begins[n]!]! - from < lengthUs) continue
    const isPast = (i: number) => times[i]! > from + lengthUs * STRETCH
    const next = begins.findIndex((i, m) => m >= n && (isKey.has(times[i]!) || isPast(i)))
    n = next >= 0 && isKey.has(times[begins[next]!]!) ? next : n
    borders.push(begins[n]!)
  }
  const lastUs = times.at(-1)! - times[borders.at(-1)!]!
  if (borders.length > 1 && lastUs < lengthUs * LEAST_SHARE) borders.pop()
  return borders.map((from, n) => partOf(times, from, borders[n + 1] ?? null))
}

function partOf(times: readonly number[], from: number, to: number | null): Part {
  const between = (i: number) => Math.round((times[i - 1]! + times[i]!) / 2)
  return {
    fromUs: from === 0 ? null : between(from),
    toUs: to === null ? null : between(to),
    seekUs: from === 0 ? null : Math.max(0, times[from - 1]! - BEFORE_US),
    times: times.slice(from, to ?? times.length),
  }
}

/** Pictures that are decoded for parts that do not have them, as a share of all. */
export function overlapOf({ times, keys }: FrameList, parts: readonly Part[]): number {
  const lengthUs = times.at(-1)! - times[0]!
  const twice = parts.map(({ seekUs, fromUs }) => {
    if (seekUs === null || fromUs === null) return 0
    return fromUs - (keys.findLast((us) => us <= seekUs) ?? times[0]!)
  })
  return twice.reduce((sum, us) => sum + us, 0) / Math.max(1, lengthUs)
}

/** How far from the ticks of its rate a picture may be and still fall on the same one wherever an encoder begins, in ticks. */
const NEAR = 0.45

/**
 * Whether the times of pictures become the same ones whichever of them comes first: ffmpeg rounds them to the rate that it takes a video
 * to have, and looks back at the one before where they lie between.
 */
export function isOnGrid({ times, rate }: FrameList): boolean {
  if (rate === null) return false
  let last = Number.NEGATIVE_INFINITY
  return times.every((us) => {
    const ticks = (us * rate.num) / (rate.den * 1e6)
    const tick = Math.round(ticks)
    const isNext = tick > last && Math.abs(ticks - tick) < NEAR
    last = tick
    return isNext
  })
}

/** Whether all of them are at least 1/`rate` s apart. */
export function areApart({ times }: FrameList, rate: number): boolean {
  const leastUs = 1e6 / rate - 1
  return times.every((us, i) => i === 0 || us - times[i - 1]! >= leastUs)
}
