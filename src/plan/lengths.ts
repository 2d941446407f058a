/** How long and how many: what the parts of an output must come to. */
import type { PlanContext } from './context.js'
import { outputRate, type Rates } from './frame-rate.js'
import { overlap, withinRange } from './range.js'
import type { Selected } from './select-streams.js'
import type { Carried } from './tracks/index.js'
import type { ExpectedOutput, ExpectedPart } from './types.js'

export function countFrames({ range }: PlanContext, { stream }: Selected, rates: Rates): number | null {
  const rate = outputRate(stream, rates)
  const durationUs = withinRange(range, stream.durationUs)
  return rate === null || durationUs === null ? null : Math.max(1, Math.round((durationUs / 1e6) * rate))
}

/** Frames that must come out: all of the input's, where no bound on the rate and no range can take any; or those of a rate of their own. */
export function keptFrames(context: PlanContext, video: Selected, rates: Rates): number | null {
  if (rates.frameRate !== undefined) return countFrames(context, video, rates)
  const [{ range }, { stream }, { maxFrameRate }] = [context, video, rates]
  const rate = outputRate(stream, { maxFrameRate: null })
  const isBounded = maxFrameRate !== null && (rate === null || rate > maxFrameRate)
  // Packets of fields are half a frame each.
  const isUncertain = isBounded || stream.interlaced || range.startUs > 0 || range.limitUs !== null
  return isUncertain ? null : stream.frames
}

export function sideExpected(
  { input, source, range }: PlanContext,
  { subtitles, chapters }: Carried,
): Pick<ExpectedOutput, 'beside' | 'chapters'> {
  // Those outside a range are gone.
  const isWhole = range.startUs === 0 && range.limitUs === null
  const count = chapters && isWhole ? (source.chapters?.length ?? input.probe.chapters) : null
  return {
    beside: { subtitles: subtitles.length, chapters: count },
    ...(chapters && source.chapters && { chapters: source.chapters }),
  }
}

/** How long the last picture stands is not counted: not every ffmpeg keeps it. */
export function videoPart(context: PlanContext, video: Selected, rates: Rates): ExpectedPart | null {
  const part = overlap(context.range, video.stream)
  if (part === null) return null
  const atLeastUs = Math.max(0, part.toUs - part.fromUs - (video.stream.lastFrameUs ?? 0))
  return { atLeastUs, frames: keptFrames(context, video, rates) }
}

export function audioPart({ range }: PlanContext, { stream }: Selected): ExpectedPart | null {
  const part = overlap(range, stream)
  return part && { atLeastUs: part.toUs - part.fromUs, frames: null }
}

/** What the header claims of the range, where that is more than there is. */
export function promisedUs({ input, range }: PlanContext): number | null {
  return withinRange(range, input.probe.promisedUs)
}
