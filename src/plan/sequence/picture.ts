import type { OutputWarning, ProbeStream } from '../../contract/index.js'
import { type Colour, colourOf } from '../colour.js'
import { isHighDefinition, isRgb, swscaleMatrix } from '../colour-tags.js'
import { fractionOf } from '../frame-rate.js'
import { framingOf, shownSize } from '../framing.js'
import { seconds } from '../range.js'
import { fitWithin, type Size } from '../size.js'
import { straighten } from '../straighten.js'
import type { PlanInput } from '../types.js'
import { frameFilters, progressive } from '../video.js'
import { agree, heldLast, lastFrameOf, type Part, type Piece, rateOf, STILL_RATE, trimmed } from './clips.js'
import { exactPicture } from './exact.js'
import { fades } from './fades.js'

/** What all pictures of a sequence are brought to: the frame of the first one, and the colours they share, or BT.709. */
export type Look = {
  frame: Size
  pixelFormat: string
  colours: Pick<ProbeStream, 'transfer' | 'primaries' | 'matrix' | 'range' | 'hdr'>
  /** They have these colours already. */
  isShared: boolean
}

const BT709 = { transfer: 'bt709', primaries: 'bt709', matrix: 'bt709', range: 'tv' } as const

export function lookOf(parts: readonly Part[]): Look {
  const streams = parts.map(({ stream }) => stream)
  const first = streams[0]!
  const isSame = (of: (stream: ProbeStream) => unknown) => agree(streams, of)
  const isShared =
    (['transfer', 'primaries', 'matrix', 'range'] as const).every((name) => isSame((stream) => stream[name])) &&
    // Where nothing is said, players go by the size.
    (first.matrix !== null || isSame((stream) => isHighDefinition(shownSize(stream)))) &&
    !streams.some(isRgb)
  const { transfer, primaries, matrix, range, hdr } = first
  return {
    frame: fitWithin(shownSize(first), { width: null, height: null }),
    pixelFormat: pixelFormatOf(streams, isShared),
    colours: isShared ? { transfer, primaries, matrix, range, ...(hdr && { hdr }) } : BT709,
    isShared,
  }
}

/** As many bits as the deepest, and as much colour as all have. */
function pixelFormatOf(streams: readonly ProbeStream[], isShared: boolean): string {
  const formats = streams.map(({ pixelFormat }) => pixelFormat ?? 'yuv420p')
  if (isShared && formats.every((format) => format === formats[0] && /^yuv4\d\dp(10le|12le)?$/.test(format)))
    return formats[0]!
  return formats.some((format) => /(9|1[0246])(le|be)?$/.test(format)) && isShared ? 'yuv420p10le' : 'yuv420p'
}

/** Filters that make the picture of a piece one of the sequence: progressive, at its times, in the frame and the colours of all. */
export function pictureFilters(
  piece: Piece,
  { frame, pixelFormat, isShared }: Look,
  capabilities: PlanInput['capabilities'],
): { filters: string[]; warnings: OutputWarning[] } {
  const { isStill } = piece
  const video = piece.video!
  const { stream } = video
  const framing = framingOf(stream, { ...frame, fit: 'pad' })
  const colour = isShared ? KEPT : toBt709(stream, frame, capabilities)
  const inTime = isStill
    ? // Decoded once, and shown as often as it takes.
      // From version 7 on, frames that are given times have no length, and the last one is lost, until they have a rate.
      [
        'loop=loop=-1:size=1:start=0',
        `setpts=N/${STILL_RATE}/TB`,
        `fps=${STILL_RATE}`,
        `trim=duration=${seconds(video.lengthUs!)}`,
      ]
    : [
        ...straighten(video.file.probe.container, stream),
        ...trimmed(video, 'video'),
        ...progressive(stream),
        ...heldLast(video, capabilities),
      ]
  const tags = isShared || !capabilities.filters.has('setparams') ? [] : [`setparams=${SAID_BT709}`]
  const shaped = [...frameFilters(framing, colour), ...colour.filters, `format=${pixelFormat}`, ...tags]
  return {
    filters: [
      ...(isStill ? shaped : []),
      ...inTime,
      ...atSpeed(piece),
      ...(isStill ? [] : shaped),
      ...exactPicture(piece),
      ...fades('fade', piece),
    ],
    warnings: colour.warnings,
  }
}

/**
 * Up to version 6 ffmpeg goes on with the rate that it has read, and so leaves out every other frame of those that come twice as
 * fast: they are said to have their new one. Of frames that last unequally long there is none: `ownTimes`.
 */
function atSpeed(piece: Piece): string[] {
  const { speed } = piece.clip
  if (speed === undefined) return []
  const rate = rateOf(piece)
  return [`setpts=PTS/${speed}`, ...(rate === null ? [] : [`fps=${fractionOf(rate)}`])]
}

/** From ffmpeg 7 on the last frame of pieces has no length, and is lost, unless it is given its own. */
export function lastFrameOptions(pieces: readonly Piece[], { major }: PlanInput['capabilities']): string[] {
  const lastFrameUs = lastFrameOf(pieces.at(-1)!)
  const lasts = major < 7 || lastFrameUs === null ? null : `if(DURATION,DURATION,${seconds(lastFrameUs)}/TB)`
  return lasts === null ? [] : ['-bsf:v', `setts=duration=${lasts.replaceAll(',', '\\,')}`]
}

const KEPT: Converted = { scaling: [], range: null, filters: [], warnings: [] }
const SAID_BT709 = 'range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709'

type Converted = Pick<Colour, 'scaling' | 'range' | 'filters' | 'warnings'>

function toBt709(stream: ProbeStream, frame: Size, capabilities: PlanInput['capabilities']): Converted {
  const colour = colourOf(stream, { codec: 'h264' }, frame, capabilities)
  if (colour.warnings.length > 0 || isRgb(stream)) return colour
  const matrix = swscaleMatrix(stream) ?? (isHighDefinition(shownSize(stream)) ? 'bt709' : 'bt601')
  return { ...colour, scaling: [`in_color_matrix=${matrix}`, 'out_color_matrix=bt709'], filters: [] }
}
