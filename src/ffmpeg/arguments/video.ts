import type { ProbeStream } from '../../contract/index.js'
import { type Bounds, fitWithin, type Size } from './size.js'

/** What the frames of a stream look like on a screen. ffmpeg has turned them before the first filter gets them. */
function shownSize(stream: ProbeStream): Size {
  return { width: stream.displayWidth ?? stream.width ?? 2, height: stream.displayHeight ?? stream.height ?? 2 }
}

export type VideoShape = { size: Size; maxFrameRate: number | null }

/** Filters that bring a stream into shape: progressive frames, not too many, square pixels, 8 bit 4:2:0. */
export function videoFilters(stream: ProbeStream, { size, maxFrameRate }: VideoShape): string[] {
  return [
    ...(stream.interlaced ? ['yadif=deint=interlaced'] : []),
    ...(maxFrameRate !== null && mayExceed(stream, maxFrameRate) ? [atMost(maxFrameRate)] : []),
    ...scaleFilters(size, 'as it is'),
  ]
}

/**
 * Always there, also at the same size: without it, a picture that changes size on the way would end the encoder. JPEG has
 * the full range of values.
 */
export function scaleFilters({ width, height }: Size, range: 'as it is' | 'full'): string[] {
  return [`scale=${width}:${height}${range === 'full' ? ':out_range=full' : ''}`, 'setsar=1', 'format=yuv420p']
}

/** The size of an output of this stream within bounds. */
export function outputSize(stream: ProbeStream, bounds: Bounds): Size {
  return fitWithin(shownSize(stream), bounds)
}

/** Frames per second of an output; null unless every frame is known to last equally long. */
export function constantRate(stream: ProbeStream, maxFrameRate: number | null): number | null {
  if (!stream.constantFrameRate || stream.frameRate === null) return null
  return Math.min(stream.frameRate, maxFrameRate ?? stream.frameRate)
}

function mayExceed({ constantFrameRate, frameRate }: ProbeStream, maxFrameRate: number): boolean {
  return !constantFrameRate || frameRate === null || frameRate > maxFrameRate
}

/**
 * Lets through the first frame of every interval of 1/`rate` s. Unlike the `fps` filter it repeats none: a gap of a day
 * in the time stamps of a kilobyte stays a gap. The 0.05 is for times that were rounded down.
 */
function atMost(rate: number): string {
  const interval = (time: string) => `floor(${time}*${rate}+0.05)`
  return `select='isnan(prev_selected_t)+gt(${interval('t')},${interval('prev_selected_t')})'`
}
