/** Which sizes a ladder has, and how many bits each may take. */
import type { Ladder, LadderCodec, Preset } from '../../contract/index.js'
import type { Size } from '../size.js'

type Video = NonNullable<Preset['video']>

export type Rung = Size & {
  /** Pixels of the shorter side: what it is called, such as 720p. */
  lines: number
  /** Null: it follows from the size. */
  bitrate: number | null
}

const USUAL = [2_160, 1_440, 1_080, 720, 480, 360, 240]

/** So many times the pixels of the next one, or the two are one for anybody who looks. */
const APART = 1.5

/** The largest first. `whole`: the picture as large as it may be; none is larger, and all have its shape. */
export function rungsOf(whole: Size, { rungs }: Pick<Ladder, 'rungs'>): Rung[] {
  const most = Math.min(whole.width, whole.height)
  if (rungs === undefined) return usualLines(most).map((lines) => ({ ...sized(whole, lines), lines, bitrate: null }))
  const chosen = new Map<number, Rung>()
  for (const { height, bitrate = null } of rungs) {
    const held = Math.min(height, most)
    if (!chosen.has(held)) chosen.set(held, { ...sized(whole, held), lines: held, bitrate })
  }
  return [...chosen.values()].sort((a, b) => b.lines - a.lines)
}

/** The recipe for a picture of that size. */
export function sizedAs(video: Video, { width, height }: Size): Video {
  // Bounds are those of a landscape picture; any other way into a frame takes the frame as it is.
  const isBounded = (video.fit ?? 'inside') === 'inside'
  const bounds = isBounded ? { width: Math.max(width, height), height: Math.min(width, height) } : { width, height }
  return { ...video, ...bounds }
}

function usualLines(most: number): number[] {
  const chosen = [most]
  for (const lines of USUAL) {
    if ((chosen.at(-1)! / lines) ** 2 >= APART) chosen.push(lines)
  }
  return chosen
}

function sized({ width, height }: Size, shorter: number): Size {
  const factor = shorter / Math.min(width, height)
  const side = (length: number) => Math.max(2, 2 * Math.round((length * factor) / 2))
  return { width: side(width), height: side(height) }
}

/** H.264 at 1920x1080 and up to 30 frames a second; smaller pictures need more for each pixel. */
const FULL_HD = { bitrate: 5_000_000, pixels: 1_920 * 1_080, power: 0.8 }
const SHARE_OF_CODEC: Record<LadderCodec, number> = { h264: 1, hevc: 0.65, av1: 0.55 }
/** Above that rate, in frames a second, there is half as much again to tell. */
const FAST = 32

/** Bits a second, over two seconds. `frameRate` null: not known. */
export function mostBits({ width, height }: Size, codec: LadderCodec, frameRate: number | null): number {
  const share = ((width * height) / FULL_HD.pixels) ** FULL_HD.power
  const bits = FULL_HD.bitrate * share * SHARE_OF_CODEC[codec] * ((frameRate ?? 0) > FAST ? 1.5 : 1)
  return Math.max(100_000, 10_000 * Math.round(bits / 10_000))
}
