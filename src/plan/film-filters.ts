import type { Preset } from '../contract/index.js'
import type { Colour } from './colour.js'
import type { PlanContext } from './context.js'
import { constantFrameRate } from './frame-rate.js'
import type { Framing } from './framing.js'
import { holdLast, lastPicturesFrom } from './hold-last.js'
import type { Selected } from './select-streams.js'
import { straighten } from './straighten.js'
import { videoFilters } from './video.js'

/** All that is done to the picture of a film in front of what is drawn on it. */
export function filmFilters(
  { stream }: Selected,
  video: NonNullable<Preset['video']>,
  picture: { framing: Framing; colour: Colour; fields: readonly string[]; onSource?: readonly string[] },
  { input, range }: PlanContext,
): string[] {
  const { capabilities, probe } = input
  const allFrom = lastPicturesFrom(stream, range, video.maxFrameRate)
  return [
    ...straighten(probe.container, stream),
    ...videoFilters(stream, video, { ...picture, allFrom }, capabilities),
    ...(stream.clockJumps ? [] : holdLast(stream, range, capabilities)),
    ...constantFrameRate(video),
  ]
}
