import type { Preset, ProbeStream } from '../contract/index.js'
import type { Colour } from './colour.js'
import { denoiseFilter } from './denoise.js'
import { boundedFrameRate } from './frame-rate.js'
import { type Framing, padFilter } from './framing.js'

type Video = NonNullable<Preset['video']>
export type Deinterlacing = NonNullable<Video['deinterlace']>

/** Filters that bring a stream into shape: progressive frames, not too many, square pixels, the colours of the output. */
export function videoFilters(
  stream: ProbeStream,
  video: Video,
  {
    framing,
    colour,
    fields,
    allFrom = null,
    onSource = [],
  }: {
    framing: Framing
    colour: Colour
    /** What makes its frames whole. */
    fields: readonly string[]
    allFrom?: string | null
    onSource?: readonly string[]
  },
  capabilities: { filters: ReadonlySet<string> },
): string[] {
  return [
    ...fields,
    ...boundedFrameRate(stream, video, allFrom),
    ...onSource,
    ...(framing.detected ? [framing.detected.crop] : framing.crop),
    ...denoiseFilter(video.denoise, capabilities),
    ...framing.turn,
    ...scaleFilters(framing, colour),
  ]
}

/** The same of one picture, whose time does not count. */
export function pictureFilters(stream: ProbeStream, video: Video, framing: Framing, colour: Colour): string[] {
  return [...progressive(stream, video.deinterlace), ...framing.crop, ...framing.turn, ...scaleFilters(framing, colour)]
}

/**
 * Takes the fields of interlaced frames apart; frames that are not are left alone, unless fields are taken apart always. Colours
 * come first, field by field: where chroma has more lines than 4:2:0 (DV, broadcast), halving them in whole frames would mix
 * two moments for good. `off`: frames that are said to have fields are whole, and said to be so.
 */
export function progressive({ interlaced, pixelFormat }: ProbeStream, mode: Deinterlacing = 'auto'): string[] {
  if (mode === 'off') return interlaced ? ['setfield=prog'] : []
  if (mode === 'auto' && !interlaced) return []
  const [fields, frames] = mode === 'always' ? ['1', 'all'] : ['-1', 'interlaced']
  return [...(pixelFormat === 'yuv420p' ? [] : [`scale=interl=${fields}`, 'format=yuv420p']), `yadif=deint=${frames}`]
}

/** From the picture as it was taken to the frame, in the colours of the output. */
export function scaleFilters(framing: Pick<Framing, 'picture' | 'frame' | 'detected'>, colour: Colour): string[] {
  return [...(framing.detected ? [framing.detected.frame] : frameFilters(framing, colour)), ...colour.filters]
}

/**
 * Always there, also at the same size: without it, a picture that changes size on the way would end the encoder. Bars are put on
 * before the range changes: where their values are those of black. A range beside a matrix, or at the same size, is lost in
 * ffmpeg before 5; so it gets a step of its own then, out of another format of pixels.
 */
export function frameFilters(
  framing: Pick<Framing, 'picture' | 'frame'>,
  { scaling, range }: Pick<Colour, 'scaling' | 'range'>,
): string[] {
  const { width, height } = framing.picture
  const bars = padFilter(framing)
  const apart = range !== null && bars.length + scaling.length > 0
  const options = [width, height, ...(range === null || apart ? [] : [`out_range=${range}`]), ...scaling]
  const ranged = apart ? [`scale=out_range=${range}`] : []
  const between = apart && range === 'full' ? ['format=yuv444p'] : []
  return [`scale=${options.join(':')}`, 'setsar=1', ...between, ...bars, ...ranged]
}
