import type { ProbeStream } from '../contract/index.js'
import type { Colour } from './colour.js'
import { type Bounds, fitWithin, type Size } from './size.js'

/** What the frames of a stream look like on a screen. ffmpeg has turned them before the first filter gets them. */
function shownSize(stream: ProbeStream): Size {
  return { width: stream.displayWidth ?? stream.width ?? 2, height: stream.displayHeight ?? stream.height ?? 2 }
}

export type VideoShape = { size: Size; maxFrameRate: number | null; colour: Colour }

/** Filters that bring a stream into shape: progressive frames, not too many, square pixels, the colours of the output. */
export function videoFilters(stream: ProbeStream, { size, maxFrameRate, colour }: VideoShape): string[] {
  return [
    ...progressive(stream),
    ...(maxFrameRate !== null && mayExceed(stream, maxFrameRate) ? [atMost(maxFrameRate)] : []),
    ...scaleFilters(size, colour, 'as it is'),
  ]
}

/**
 * Takes the fields of interlaced frames apart; frames that are not are left alone. Colours come first, field by field: where
 * chroma has more lines than 4:2:0 (DV, broadcast), halving them in whole frames would mix two moments for good.
 */
export function progressive({ interlaced, pixelFormat }: ProbeStream): string[] {
  if (!interlaced) return []
  return [...(pixelFormat === 'yuv420p' ? [] : ['scale=interl=-1', 'format=yuv420p']), 'yadif=deint=interlaced']
}

/**
 * Always there, also at the same size: without it, a picture that changes size on the way would end the encoder. JPEG has
 * the full range of values.
 */
export function scaleFilters({ width, height }: Size, { filters }: Colour, range: 'as it is' | 'full'): string[] {
  // Tone mapping brings colours into their range by itself.
  const outRange = range === 'full' && filters.length === 1 ? ':out_range=full' : ''
  return [`scale=${width}:${height}${outRange}`, 'setsar=1', ...filters]
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
 * Share of a frame's time that it may come early, or late without delaying the next: the jitter of capture cards and of
 * times that were rounded. Below a half, so that of twice the rate every other frame is kept, and evenly.
 */
const EARLY_SHARE = 0.4

/**
 * Lets through `rate` frames a second in the long run, each when it is due: 1/`rate` s after the one before it was. A
 * frame at least 1/`rate` s behind the last kept one always passes, and where frames are no more than `rate` a
 * second, early and late ones do, too. A clock that is set back begins anew. Unlike the `fps` filter it repeats none: a gap
 * of a day in the time stamps of a kilobyte stays a gap.
 */
function atMost(rate: number): string {
  const anew = 'isnan(prev_selected_t)+lt(t,prev_selected_t)'
  const isDue = `gte(t,ld(0)-${EARLY_SHARE}/${rate})`
  const nextDue = `if(${anew},t,max(t-${EARLY_SHARE}/${rate},ld(0)))+1/${rate}`
  return `select='if(${anew}+${isDue},1+0*st(0,${nextDue}))'`
}
