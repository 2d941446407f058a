import { FfleetError } from '../contract/index.js'
import { ownTimes, type Plan, type PlanContext, type Recipe, requireMoving, variableFrameRate } from './context.js'
import { videoEncoderOptions } from './encoders.js'
import { expectedPicture } from './expected-picture.js'
import { constantFrameRate } from './frame-rate.js'
import { holdLast, lastPicturesFrom } from './hold-last.js'
import { countFrames, promisedUs, videoPart } from './lengths.js'
import { boundedPictures } from './most-pictures.js'
import { movingPictureOf } from './picture.js'
import { straighten } from './straighten.js'
import { burningOf, pictureArgs } from './tracks/burn.js'
import type { Carried } from './tracks/index.js'
import type { ExpectedPart } from './types.js'
import { videoFilters } from './video.js'

/** What a browser shows, and an encoder of WebP keeps in memory. */
const MOST_PICTURES = 3_000
/** Of all pictures together: 3,000 of 480x270 are 0.4 of it. */
const MOST_PIXELS = 1_000_000_000

/**
 * Pictures without sound that play again and again. A GIF has one palette of 256 colours for all of it, which follows from every
 * picture: it is made in a pass of its own. In one pass all pictures would wait in memory for the last.
 */
export function planAnimation(
  recipe: Recipe<'video'>,
  path: string,
  { burnt }: Pick<Carried, 'burnt'>,
  context: PlanContext,
): Plan {
  const { capabilities, probe } = context.input
  const video = requireMoving(context)
  const isGif = recipe.container === 'gif'
  if (isGif) requirePalettes(context)
  const { framing, colour, drawing, fields, ...measuring } = movingPictureOf(video, recipe.video, path, context)
  const { frame } = framing
  const bound = boundedPictures(context, video, recipe.video, {
    what: isGif ? 'An animated GIF' : 'An animated WebP',
    most: Math.min(MOST_PICTURES, Math.floor(MOST_PIXELS / (frame.width * frame.height))),
    why: `of ${frame.width}x${frame.height} pixels`,
  })
  const allFrom = lastPicturesFrom(video.stream, context.range, recipe.video.maxFrameRate)
  const burning = burningOf(burnt, video, context, colour.transfer, path)
  const filters = [
    ...straighten(probe.container, video.stream),
    ...videoFilters(
      video.stream,
      recipe.video,
      { framing, colour, fields, allFrom, onSource: burning.onSource },
      capabilities,
    ),
    ...(video.stream.clockJumps ? [] : holdLast(video.stream, context.range, capabilities)),
    ...constantFrameRate(recipe.video),
    ...drawing.filters,
    ...burning.onFrame,
  ].join(',')
  const palette = `${path}.palette.png`
  const painted = `${filters}[picture];movie=${palette}:f=png_pipe[palette];[picture][palette]paletteuse=diff_mode=rectangle`
  const through = (chain: string) => [...pictureArgs(video, [chain], burning, path), '-an', '-sn']
  return {
    args: [
      ...[...through(isGif ? painted : filters), ...ownTimes(context, video, recipe.video), ...bound.options],
      ...videoEncoderOptions(recipe.video, capabilities, null, { size: frame }),
      ...['-map_metadata', '-1', '-loop', '0', '-f', recipe.container, path],
    ],
    analyseArgs: isGif
      ? [
          ...[...through(`${filters},palettegen`), ...variableFrameRate(context), '-frames:v', '1'],
          ...['-c:v', 'png', '-f', 'image2', '-update', '1', palette],
        ]
      : null,
    expected: {
      durationUs: context.expectedUs([video]),
      promisedUs: promisedUs(context),
      parts: {
        video: isGif ? videoPart(context, video, recipe.video) : withoutCount(videoPart(context, video, recipe.video)),
      },
      streams: { video: 1, audio: 0 },
      picture: expectedPicture(video.stream, recipe.video, framing, colour),
      ...bound.expected,
      ...(isGif ? {} : { isAnimatedWebp: true as const }),
    },
    warnings: colour.warnings,
    ...measuring,
    sprites: null,
    // From ffmpeg 6 on, packets are counted, and a WebP is one.
    frames: isGif ? countFrames(context, video, recipe.video) : null,
    cost: isGif ? 0.6 : 1,
    ...(burning.prepares && { prepares: burning.prepares }),
    ...(drawing.drawn && { drawn: drawing.drawn }),
  }
}

/** In a WebP, equal pictures one behind the other are one. */
const withoutCount = (part: ExpectedPart | null) => part && { ...part, frames: null }

function requirePalettes({ input }: PlanContext): void {
  const lacking = ['palettegen', 'paletteuse', 'movie'].filter((name) => !input.capabilities.filters.has(name))
  if (lacking.length === 0) return
  const detail = `To make a GIF, ffmpeg on this worker would need the filter ${lacking.join(' and ')}.`
  throw new FfleetError('FILTER_NOT_AVAILABLE', detail)
}
