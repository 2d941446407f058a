import type { ProbeStream } from '../contract/index.js'
import { overlap, type Range, seconds } from './range.js'
import type { PlanInput } from './types.js'

/** A picture that stands no longer may end with the others. */
const SHORT_US = 250_000
/** Apart are the repeated pictures at the end. */
const STEP_US = 40_000
/** As many as an encoder may hold back: an MP4 ends by the order of decoding, which lags behind by that. */
const MOST = 4

/**
 * From when on every picture is shown, in seconds of the range, where so few a second are left that the last of them would stand longer
 * than may be forgotten: an encoder gives it the length of a frame of the input. Null where nothing of that is to be done.
 */
export function lastPicturesFrom(stream: ProbeStream, range: Range, maxFrameRate: number | null): string | null {
  const { frameRate, durationUs, lastFrameUs } = stream
  const part = overlap(range, stream)
  if (maxFrameRate === null || 1e6 / maxFrameRate <= SHORT_US || frameRate === null || part === null) return null
  const ownLastUs = (stream.startUs ?? 0) + (durationUs ?? 0) - (lastFrameUs ?? 1e6 / frameRate)
  const lastUs = Math.min(ownLastUs, part.toUs - 1e6 / frameRate)
  return seconds(Math.max(0, lastUs - range.startUs - ((MOST - 0.5) * 1e6) / frameRate))
}

/**
 * Filters that let the last picture stand as long as it does in the input. Encoders throw that away, so that a
 * slide show ends when its last slide appears: the picture is shown again, right before the end.
 */
export function holdLast(stream: ProbeStream, range: Range, { filters }: PlanInput['capabilities']): string[] {
  const { lastFrameUs, durationUs } = stream
  const part = overlap(range, stream)
  if (!filters.has('tpad') || lastFrameUs === null || durationUs === null || part === null) return []
  const lastUs = (stream.startUs ?? 0) + durationUs - lastFrameUs
  const standsUs = part.toUs - lastUs
  if (standsUs <= SHORT_US || lastUs < range.startUs) return []
  const stepUs = Math.max(STEP_US, 1e6 / (stream.frameRate ?? 25))
  const times = Math.min(MOST, Math.ceil(standsUs / stepUs) - 1)
  if (times < 1) return []
  const from = (us: number) => seconds(us - range.startUs)
  // Repeated ones come a frame's time after the last one and each other, at least a millisecond; 0 counts them.
  const isRepeated = `gt(T,${from(lastUs + 500)})`
  const placed = `(${from(part.toUs - (times + 1) * stepUs)}+st(0,ld(0)+1)*${seconds(stepUs)})/TB`
  return [`tpad=stop_mode=clone:stop=${times}`, `setpts='if(${isRepeated},${placed},PTS)'`]
}
