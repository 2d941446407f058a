import type { Preset, ProbeStream } from '../contract/index.js'
import type { Colour } from './colour.js'
import { outputRate } from './frame-rate.js'
import type { Framing } from './framing.js'
import type { ExpectedPicture } from './types.js'

/** What verification looks for in an output. */
export function expectedPicture(
  stream: ProbeStream,
  video: NonNullable<Preset['video']>,
  { frame, detected }: Framing,
  { transfer, hdr }: Colour,
): ExpectedPicture {
  const isKnown = detected === undefined || (video.fit ?? 'inside') !== 'inside'
  return {
    size: isKnown ? frame : null,
    frameRate: video.frameRate === undefined ? null : outputRate(stream, video),
    transfer,
    profile: video.profile ?? null,
    masteringDisplay: hdr !== null && hdr.masteringDisplay !== null,
  }
}
