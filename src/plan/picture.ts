import type { Preset } from '../contract/index.js'
import { type Colour, colourOf } from './colour.js'
import { betweenBars } from './detect-crop.js'
import { type Drawing, drawingOf } from './drawn/index.js'
import { wholeFrames } from './fields.js'
import { type Framing, framingOf } from './framing.js'
import { together } from './measure.js'
import type { Range } from './range.js'
import type { Selected } from './select-streams.js'
import { straighten } from './straighten.js'
import type { Measuring, PlanInput } from './types.js'

/** What of a plan's context a picture follows from. */
type Context = {
  input: PlanInput
  range: Range
  outputName: string
  expectedUs(streams: readonly (Selected | null)[]): number | null
}

/**
 * How the picture of an output comes into its frame, in which colours, what is drawn on it, and what has to be measured for that. `file`: that
 * it goes to, where the output has several.
 */
export function pictureOf(
  video: Selected,
  recipe: NonNullable<Preset['video']>,
  path: string,
  { input, range, outputName: name, expectedUs }: Context,
  file = path,
): Measuring & { framing: Framing; colour: Colour; drawing: Drawing } {
  const { stream } = video
  const { capabilities, probe } = input
  const framing = framingOf(stream, recipe, recipe.crop === 'auto' ? undefined : recipe.crop)
  const colour = colourOf(stream, recipe, framing.frame, capabilities)
  if (recipe.crop !== 'auto') {
    const drawing = drawingOf(video, recipe, { framing, colour, path, name, file, range, input })
    return { framing, colour, drawing, measures: [], measured: drawing.measured }
  }
  const before = straighten(probe.container, stream)
  const durationUs = expectedUs([video])
  const detected = betweenBars(video, { recipe, framing, colour, path, before, durationUs, capabilities })
  const drawing = drawingOf(video, recipe, { framing: detected.framing, colour, path, name, file, range, input })
  return { ...detected, colour, drawing, measured: [...detected.measured, ...drawing.measured] }
}

/** The same of one that moves, and the filters that make its frames whole. */
export function movingPictureOf(
  video: Selected,
  recipe: NonNullable<Preset['video']>,
  path: string,
  context: Context,
  file = path,
): ReturnType<typeof pictureOf> & { fields: readonly string[] } {
  const { probe, capabilities } = context.input
  const before = straighten(probe.container, video.stream)
  const durationUs = context.expectedUs([video])
  const { fields, ...looks } = wholeFrames(video, recipe.deinterlace, { before, durationUs, path, capabilities })
  const picture = pictureOf(video, recipe, path, context, file)
  return { ...picture, fields, ...together(picture, looks) }
}
