import type { PictureFormat, Preset } from '../contract/index.js'
import type { Colour } from './colour.js'
import type { Framing } from './framing.js'
import { seconds } from './range.js'
import { type Bounds, fitWithin, type Size } from './size.js'
import { scaleFilters } from './video.js'

/** How the sheets of a `sprites` output are laid out. */
export type SpriteLayout = {
  intervalMs: number
  /** Thumbnails in a row and rows in a sheet. */
  columns: number
  rows: number
  /** Of one thumbnail. */
  width: number
  height: number
  /** How many there will be, and the time they stand for; null when the duration is unknown. */
  count: number | null
  durationUs: number | null
}

/** More than anybody sees apart in a time line. */
const MAX_THUMBNAILS = 400
/** A short clip gets this many, unless that would be more than one in 100 ms. */
const MIN_THUMBNAILS = 10
const MIN_INTERVAL_MS = 100
/** From one to the next where neither a length nor a distance is known. */
const UNKNOWN_MS = 5_000

const EXTENSIONS: Record<PictureFormat, string> = { jpeg: 'jpg', png: 'png' }

/** Name of a sheet for ffmpeg's image2 muxer, which counts from 1. */
export function sheetPattern(format: PictureFormat): string {
  return `sprite-%03d.${EXTENSIONS[format]}`
}
/** The names that come of it. */
export const SHEET_NAME = /^sprite-\d{3,}\.(?:jpg|png)$/

/** Names of frames that are a file each, by format. */
export const FRAME_PATTERN: Record<PictureFormat, string> = { jpeg: 'frame-%06d.jpg', png: 'frame-%06d.png' }
export const FRAME_NAME = /^frame-(\d{6,})\.(?:jpg|png)$/

/** The files of single thumbnails, for ffmpeg: beside the folder that the sheets of them go to. */
export function thumbnailPattern(folder: string, format: PictureFormat): string {
  return `${folder}-%05d.${EXTENSIONS[format]}`
}

/** Whether a file is one that `thumbnailPattern` names. */
export function isThumbnailOf(folder: string, name: string): boolean {
  return name.startsWith(`${folder}-`) && /^\d{5,}\.(?:jpg|png)$/.test(name.slice(folder.length + 1))
}

export function spriteLayout(
  sprites: Pick<NonNullable<Preset['sprites']>, 'intervalMs' | 'count' | 'columns' | 'rows' | 'width'>,
  shown: Size,
  durationUs: number | null,
): SpriteLayout {
  const { width, height } = thumbnailSize(sprites.width, shown)
  const { intervalMs, count } =
    sprites.count === undefined
      ? spacing(sprites.intervalMs ?? UNKNOWN_MS, durationUs)
      : evenly(sprites.count, durationUs)
  const columns = Math.min(sprites.columns, count ?? sprites.columns)
  const rows = Math.min(sprites.rows, count === null ? sprites.rows : Math.ceil(count / columns))
  return { intervalMs, columns, rows, width, height, count, durationUs }
}

/** One for each place, wherever the film ends. */
export function sheetLayout(
  { columns, rows, width: wanted }: NonNullable<Preset['sprites']>,
  shown: Size,
  durationUs: number | null,
): SpriteLayout {
  const { width, height } = thumbnailSize(wanted, shown)
  return { ...evenly(columns * rows, durationUs), columns, rows, width, height, count: columns * rows, durationUs }
}

/** So many, the last no shorter than the others. Of unknown length: as many as come at the usual distance, but no more. */
function evenly(count: number, durationUs: number | null): { intervalMs: number; count: number } {
  return { intervalMs: durationUs === null ? UNKNOWN_MS : Math.max(1, durationUs / 1_000 / count), count }
}

function thumbnailSize(width: number, shown: Size): Size {
  return fitWithin(shown, thumbnailBounds(width, shown))
}

export function thumbnailBounds(width: number, shown: Size): Bounds {
  return shown.height > shown.width ? { width: null, height: width } : { width, height: null }
}

function spacing(wantedMs: number, durationUs: number | null): { intervalMs: number; count: number | null } {
  if (durationUs === null) return { intervalMs: wantedMs, count: null }
  const durationMs = durationUs / 1_000
  const widest = Math.max(MIN_INTERVAL_MS, Math.floor(durationMs / MIN_THUMBNAILS))
  const intervalMs = Math.max(Math.min(wantedMs, widest), Math.ceil(durationMs / MAX_THUMBNAILS))
  return { intervalMs, count: Math.max(1, Math.ceil(durationMs / intervalMs)) }
}

/**
 * `fps` is right here although it repeats frames over a gap: the n-th thumbnail then stands for the n-th interval. Rounding
 * up gives one thumbnail for each interval that has begun, at least one, also where the first frame comes after 0. Their
 * limit bounds what a gap can do; more of them than there will be cues would only make an empty sheet. `offsetUs`: how long
 * the filters run before the range begins; what comes until then is of no interval.
 */
export function thumbnailOptions(
  { intervalMs, count }: SpriteLayout,
  { framing, colour }: { framing: Framing; colour: Colour },
  offsetUs: number,
  still?: { fromMs: number | null },
): { filters: string[]; maxThumbnails: number } {
  const stamp = still?.fromMs == null ? [] : [timeStamp(still.fromMs)]
  // Back in µs: intervals are too long to say a time in.
  const [toRange, back] =
    offsetUs === 0 ? [[], []] : [[`setpts=PTS-${seconds(offsetUs)}/TB`], ['settb=1/1000000', `setpts=PTS+${offsetUs}`]]
  return {
    filters: [
      ...toRange,
      // By the nearest, what comes is from the middle of an interval.
      `fps=1000/${intervalMs}:round=${still ? 'near' : 'up'}:start_time=0`,
      ...[...framing.crop, ...framing.turn, ...scaleFilters(framing, colour)],
      ...stamp,
      ...back,
    ],
    maxThumbnails: count ?? MAX_THUMBNAILS,
  }
}

/** The time in the lower left corner, such as `00:12:30.500`, counted from so many milliseconds. */
function timeStamp(fromMs: number): string {
  const text = `%{pts\\:hms\\:${(fromMs / 1_000).toFixed(3)}}`
  return `drawtext=text='${text}':fontsize=h/9:x=h/20:y=h-th-h/20:fontcolor=white:box=1:boxcolor=black@0.6:boxborderw=4`
}

/** Puts thumbnails together, row by row; what is missing on the last sheet stays black. */
export function tileFilter({ columns, rows }: SpriteLayout): string {
  return `tile=${columns}x${rows}`
}
