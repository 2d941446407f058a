import type { Preset, ProbeStream } from '../contract/index.js'

/** What a recipe says of frames a second. */
export type Rates = Pick<NonNullable<Preset['video']>, 'maxFrameRate' | 'frameRate'>

/** Rates of NTSC are 1000/1001 of a whole one; people write them with two or three places. */
const NTSC = [24, 30, 48, 60, 120].map((whole) => ({ fraction: `${whole * 1000}/1001`, rate: (whole * 1000) / 1001 }))

/** `29.97` and `23.976` mean 30000/1001 and 24000/1001; others what they say. */
function exactRate(rate: number): { fraction: string; rate: number } {
  return NTSC.find((ntsc) => Math.abs(ntsc.rate - rate) < 0.005) ?? { fraction: `${rate}`, rate }
}

/** As ffmpeg's filters read a rate. */
export const fractionOf = (rate: number): string => exactRate(rate).fraction

/** Makes every frame last equally long. It repeats frames over gaps, so it comes last of all filters. */
export function constantFrameRate({ frameRate }: Rates): string[] {
  return frameRate === undefined ? [] : [`fps=${fractionOf(frameRate)}`]
}

/** The same of single pictures: the n-th is that of the n-th interval's beginning, one for each interval that has begun. */
export function sampledFrameRate({ frameRate }: Rates): string[] {
  return frameRate === undefined ? [] : [`fps=${exactRate(frameRate).fraction}:round=up:start_time=0`]
}

/** Frames per second of an output; null unless every frame is known to last equally long. */
export function outputRate(stream: ProbeStream, { maxFrameRate, frameRate }: Rates): number | null {
  if (frameRate !== undefined) return exactRate(frameRate).rate
  if (!stream.constantFrameRate || stream.frameRate === null) return null
  return Math.min(stream.frameRate, maxFrameRate ?? stream.frameRate)
}

/**
 * Share of a frame's time that it may come early, or late without delaying the next: the jitter of capture cards and of
 * times that were rounded. Below a half, so that of twice the rate every other frame is kept, and evenly.
 */
const EARLY_SHARE = 0.4

/** Leaves frames out where there may be more than the bound, but for those from a time on; none where there is none, or a rate that all are brought to. */
export function boundedFrameRate(
  stream: ProbeStream,
  { maxFrameRate, frameRate }: Rates,
  allFrom: string | null = null,
): string[] {
  if (maxFrameRate === null || frameRate !== undefined) return []
  const mayExceed = !stream.constantFrameRate || stream.frameRate === null || stream.frameRate > maxFrameRate
  return mayExceed ? [atMost(maxFrameRate, allFrom)] : []
}

/**
 * Lets through `rate` frames a second in the long run, each when it is due: 1/`rate` s after the one before it was. A
 * frame at least 1/`rate` s behind the last kept one always passes, and where frames are no more than `rate` a
 * second, early and late ones do, too. A clock that is set back begins anew. Unlike the `fps` filter it repeats none: a gap
 * of a day in the time stamps of a kilobyte stays a gap.
 */
function atMost(rate: number, allFrom: string | null): string {
  const anew = 'isnan(prev_selected_t)+lt(t,prev_selected_t)'
  const isDue = `gte(t,ld(0)-${EARLY_SHARE}/${rate})`
  const nextDue = `if(${anew},t,max(t-${EARLY_SHARE}/${rate},ld(0)))+1/${rate}`
  const isAtEnd = allFrom === null ? '' : `+gte(t,${allFrom})`
  return `select='if(${anew}+${isDue}${isAtEnd},1+0*st(0,${nextDue}))'`
}
