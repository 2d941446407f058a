import type { Preset } from '../../contract/index.js'
import type { PlanContext } from '../context.js'
import { boundedFrameRate } from '../frame-rate.js'
import { holdLast } from '../hold-last.js'
import type { Selected } from '../select-streams.js'
import { straighten } from '../straighten.js'
import { areApart } from './cuts.js'
import { trimTo } from './pieces.js'
import type { Pieces } from './types.js'

type Video = NonNullable<Preset['video']>

/** What a part is made with: its filters behind those of fields, the encoder's options, and what comes to the joined parts. */
type Making = {
  /** A device encodes it. */
  isElsewhere: boolean
  fields: readonly string[]
  /** No bound on the rate among them: all of its pictures are kept, or it is not split. */
  filters(fields: readonly string[]): string[]
  options(): string[]
  rest: string[]
}

/** The pieces of a film. Filters that look back at pictures long gone stand in the way, unless all they would do is nothing. */
export function piecesOf(
  { stream, specifier }: Selected,
  { maxFrameRate, codec }: Video,
  { input, range }: PlanContext,
  { isElsewhere, fields, filters, options, rest }: Making,
): Pieces {
  const { probe, capabilities, frames } = input
  if (isElsewhere) return { why: 'a hardware encoder makes it' }
  if (straighten(probe.container, stream).length > 0) return { why: 'its clock jumps' }
  if (holdLast(stream, range, capabilities).length > 0) return { why: 'its last picture is held' }
  const mayDrop = boundedFrameRate(stream, { maxFrameRate }).length > 0
  if (mayDrop && !(frames && areApart(frames, maxFrameRate!))) {
    return { why: `\`video.maxFrameRate\` of ${maxFrameRate} leaves some of its pictures out` }
  }
  const tag = codec === 'hevc' ? ['-tag:v:0', 'hvc1'] : []
  return {
    picture: (part) => [
      '-map',
      specifier,
      '-vf',
      filters([...fields, ...trimTo(part)]).join(','),
      ...options(),
      ...tag,
    ],
    rest,
  }
}
