import type { Preset, ProbeStream } from '../contract/index.js'
import type { Colour } from './colour.js'
import { shownSize } from './framing.js'
import { fitWithin, type Size } from './size.js'
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

/** Name of a sheet for ffmpeg's image2 muxer, which counts from 1. */
export const SHEET_PATTERN = 'sprite-%03d.jpg'
/** The names that come of it. */
export const SHEET_NAME = /^sprite-\d{3,}\.jpg$/

/** The files of single thumbnails, for ffmpeg: beside the folder that the sheets of them go to. */
export function thumbnailPattern(folder: string): string {
  return `${folder}-%05d.jpg`
}

/** Whether a file is one that `thumbnailPattern` names. */
export function isThumbnailOf(folder: string, name: string): boolean {
  return name.startsWith(`${folder}-`) && /^\d{5,}\.jpg$/.test(name.slice(folder.length + 1))
}

export function spriteLayout(
  sprites: NonNullable<Preset['sprites']>,
  stream: ProbeStream,
  durationUs: number | null,
): SpriteLayout {
  const { width, height } = thumbnailSize(sprites.width, stream)
  const { intervalMs, count } = spacing(sprites.intervalMs, durationUs)
  const columns = Math.min(sprites.columns, count ?? sprites.columns)
  const rows = Math.min(sprites.rows, count === null ? sprites.rows : Math.ceil(count / columns))
  return { intervalMs, columns, rows, width, height, count, durationUs }
}

function thumbnailSize(width: number, stream: ProbeStream): Size {
  const bound = { width, height: null }
  const isPortrait = (stream.displayHeight ?? 0) > (stream.displayWidth ?? 0)
  return fitWithin(shownSize(stream), isPortrait ? { width: null, height: width } : bound)
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
 * limit bounds what a gap can do; more of them than there will be cues would only make an empty sheet.
 */
export function thumbnailOptions(layout: SpriteLayout, colour: Colour): { filters: string[]; maxThumbnails: number } {
  const { intervalMs, width, height, count } = layout
  const thumbnail = { width, height }
  return {
    filters: [
      `fps=1000/${intervalMs}:round=up:start_time=0`,
      ...scaleFilters({ picture: thumbnail, frame: thumbnail }, colour),
    ],
    maxThumbnails: count ?? MAX_THUMBNAILS,
  }
}

/** Puts thumbnails together, row by row; what is missing on the last sheet stays black. */
export function tileFilter({ columns, rows }: SpriteLayout): string {
  return `tile=${columns}x${rows}`
}
