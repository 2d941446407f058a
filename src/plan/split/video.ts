import type { Preset } from '../../contract/index.js'
import type { PlanContext } from '../context.js'
import { filmFilters } from '../film-filters.js'
import { boundedFrameRate } from '../frame-rate.js'
import { holdLast } from '../hold-last.js'
import type { Selected } from '../select-streams.js'
import { straighten } from '../straighten.js'
import { areApart, type Part } from './cuts.js'
import { FILM_PART, JOINED_FILE, joinCommand, trimTo } from './pieces.js'
import type { Pieces } from './types.js'

type Video = NonNullable<Preset['video']>

/** What a part is made with: its filters, the encoder's options, and what comes to the joined parts. */
type Making = {
  /** A device encodes it. */
  isElsewhere: boolean
  filters(part: Part): string[]
  options(): string[]
  rest: string[]
}

/** The pieces of a film. */
export function piecesOf(
  selected: Selected,
  video: Video,
  context: PlanContext,
  { isElsewhere, filters, options, rest }: Making,
): Pieces {
  const why = isElsewhere ? 'a hardware encoder makes it' : whyNoParts(selected, video, context)
  if (why !== null) return { why }
  const tag = video.codec === 'hevc' ? ['-tag:v:0', 'hvc1'] : []
  return {
    tracks: [
      {
        options: (part) => [
          ...['-map', selected.specifier, '-vf', filters(part).join(',')],
          ...options(),
          ...tag,
          ...FILM_PART,
        ],
        into: JOINED_FILE,
      },
    ],
    rest: () => joinCommand(context.source, context.input, rest),
  }
}

/**
 * Of one part, all that is done to its picture: behind what looks at fields it is cut, and no bound on the rate is among it, for all of its
 * pictures are kept, or it is not split.
 */
export function partFilters(
  part: Part,
  video: Selected,
  recipe: Video,
  picture: Parameters<typeof filmFilters>[2],
  context: PlanContext,
): string[] {
  const fields = [...picture.fields, ...trimTo(part)]
  return filmFilters(video, { ...recipe, maxFrameRate: null }, { ...picture, fields }, context)
}

/**
 * What of a film stands in the way of parts of it, a clause for behind "because": filters that look back at pictures long gone, unless
 * all they would do is nothing; null: nothing does.
 */
export function whyNoParts(
  { stream }: Selected,
  { maxFrameRate }: Pick<Video, 'maxFrameRate'>,
  { input, range }: PlanContext,
): string | null {
  const { probe, capabilities, frames } = input
  if (straighten(probe.container, stream).length > 0) return 'its clock jumps'
  if (holdLast(stream, range, capabilities).length > 0) return 'its last picture is held'
  const mayDrop = boundedFrameRate(stream, { maxFrameRate }).length > 0
  const isKept = !mayDrop || (frames != null && areApart(frames, maxFrameRate!))
  return isKept ? null : `\`video.maxFrameRate\` of ${maxFrameRate} leaves some of its pictures out`
}
