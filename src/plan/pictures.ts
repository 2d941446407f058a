/** Pictures that are taken of a film. */
import { FfleetError, type PictureFormat } from '../contract/index.js'
import { pictureFormatOf } from '../presets/container.js'
import { PLAIN_VIDEO } from '../presets/plain-video.js'
import { betterSpots } from './best-picture.js'
import { colourOf } from './colour.js'
import { type Plan, type PlanContext, type Recipe, requireMoving, requireVideo, variableFrameRate } from './context.js'
import { videoEncoderOptions } from './encoders.js'
import { expectedPicture } from './expected-picture.js'
import { sampledFrameRate } from './frame-rate.js'
import { type Framing, shownSize, wholePicture } from './framing.js'
import { holdLast } from './hold-last.js'
import { countFrames, keptFrames } from './lengths.js'
import { boundedPictures } from './most-pictures.js'
import { movingPictureOf, pictureOf } from './picture.js'
import { readRange } from './range.js'
import {
  FRAME_PATTERN,
  type SpriteLayout,
  sheetLayout,
  sheetPattern,
  spriteLayout,
  thumbnailOptions,
  thumbnailPattern,
  tileFilter,
} from './sprites.js'
import { straighten } from './straighten.js'
import { type Deinterlacing, pictureFilters, progressive, videoFilters } from './video.js'

/** From this many frames the one that looks most like the others is taken, so that no blurred one is. */
const POSTER_CHOICE = 24

export function planPicture(recipe: Pick<Recipe<'video'>, 'video'>, path: string, context: PlanContext): Plan {
  const { capabilities } = context.input
  const video = requireVideo(context)
  const { framing, colour, drawing, ...measuring } = pictureOf(video, recipe.video, path, context)
  const size = framing.frame
  const isJpeg = recipe.video.codec === 'mjpeg'
  const spots = betterSpots(video, path, context)
  const filters = [
    ...pictureFilters(video.stream, recipe.video, framing, colour),
    ...(spots ? [] : mostTypical(isJpeg, capabilities.major)),
    ...drawing.filters,
  ]
  return {
    args: [
      ...['-map', video.specifier, '-an', '-vf', filters.join(','), ...variableFrameRate(context), '-frames:v', '1'],
      ...videoEncoderOptions(recipe.video, capabilities, null, { size }),
      ...['-f', 'image2', '-update', '1', path],
    ],
    analyseArgs: null,
    expected: {
      durationUs: null,
      streams: { video: 1, audio: 0 },
      picture: expectedPicture(video.stream, recipe.video, framing, colour),
    },
    warnings: colour.warnings,
    sprites: null,
    frames: 1,
    cost: 0.05,
    ...measuring,
    ...(spots && { spots }),
    ...(drawing.drawn && { drawn: drawing.drawn }),
  }
}

/** For where nothing was chosen before. */
function mostTypical(isJpeg: boolean, major: number): string[] {
  // Before 5 it goes by way of RGB, which loses the range.
  return [`thumbnail=${POSTER_CHOICE}`, ...(isJpeg && major < 5 ? ['scale=out_range=full', 'format=yuv420p'] : [])]
}

/** What a folder may hold for whoever lists, checks and publishes it file by file. */
const MOST_FRAMES = 20_000

/** Every frame by itself, or one for each part of a second that has begun; numbered from 1. */
export function planFrames(recipe: Recipe<'video'>, path: string, context: PlanContext): Plan {
  const { capabilities, probe } = context.input
  const video = requireMoving(context)
  const { framing, colour, drawing, fields, ...measuring } = movingPictureOf(video, recipe.video, path, context)
  const bound = boundedPictures(context, video, recipe.video, { what: 'A folder of frames', most: MOST_FRAMES })
  const isSampled = recipe.video.frameRate !== undefined
  const filters = [
    ...straighten(probe.container, video.stream),
    ...videoFilters(video.stream, recipe.video, { framing, colour, fields }, capabilities),
    ...(isSampled && !video.stream.clockJumps ? holdLast(video.stream, context.range, capabilities) : []),
    ...sampledFrameRate(recipe.video),
    ...drawing.filters,
  ]
  const count = isSampled ? begunIntervals(context.expectedUs([video]), recipe.video.frameRate!) : null
  const format = pictureFormatOf(recipe)
  return {
    args: [
      ...['-map', video.specifier, '-an', '-vf', filters.join(','), ...variableFrameRate(context)],
      ...(count === null ? bound.options : ['-frames:v', `${count}`]),
      ...videoEncoderOptions(recipe.video, capabilities, null),
      ...['-f', 'image2', `${path}/${FRAME_PATTERN[format]}`],
    ],
    analyseArgs: null,
    expected: {
      durationUs: null,
      streams: { video: 1, audio: 0 },
      picture: { ...expectedPicture(video.stream, recipe.video, framing, colour), frameRate: null },
      pictures: { count: count ?? keptFrames(context, video, recipe.video), isBounded: bound.expected.mostPictures! },
    },
    warnings: colour.warnings,
    sprites: null,
    frames: count ?? countFrames(context, video, recipe.video),
    cost: format === 'png' ? 1 : 0.6,
    ...measuring,
    ...(drawing.drawn && { drawn: drawing.drawn }),
  }
}

function begunIntervals(durationUs: number | null, rate: number): number | null {
  // What lasts a millisecond longer than a whole number of them does so by rounding.
  return durationUs === null ? null : Math.max(1, Math.ceil(((durationUs - 1_000) / 1e6) * rate))
}

/**
 * Single thumbnails first, and sheets of them in a pass of their own: ffmpeg up to 6 reports nothing before every output
 * of a process has begun, and a sheet begins when its last thumbnail has come.
 */
export function planSprites(recipe: Recipe<'sprites'>, path: string, context: PlanContext): Plan {
  const video = requireMoving(context)
  const layout = spriteLayout(recipe.sprites, shownSize(video.stream), context.expectedUs([video]))
  const { format = 'jpeg' } = recipe.sprites
  return { ...planSheets(layout, `${path}/${sheetPattern(format)}`, { format, path, context }), sprites: layout }
}

/** As many stills as the sheet has places, each from the middle of its part of the film. */
export function planSheet(recipe: Recipe<'sprites'>, path: string, context: PlanContext): Plan {
  const video = requireMoving(context)
  const { times = false } = recipe.sprites
  if (times && !context.input.capabilities.filters.has('drawtext')) {
    const lack = 'To write times into stills, ffmpeg on this worker would need the filter drawtext.'
    throw new FfleetError('FILTER_NOT_AVAILABLE', lack)
  }
  const layout = sheetLayout(recipe.sprites, shownSize(video.stream), context.expectedUs([video]))
  const plan = planSheets(layout, path, {
    ...{ format: pictureFormatOf(recipe), path, context },
    still: { fromMs: times ? context.range.startUs / 1_000 + layout.intervalMs / 2 : null },
  })
  const size = { width: layout.columns * layout.width, height: layout.rows * layout.height }
  const picture = { size, frameRate: null, transfer: null, profile: null, masteringDisplay: false }
  return { ...plan, expected: { ...plan.expected, picture }, sprites: null }
}

type Sheets = {
  format: PictureFormat
  path: string
  context: PlanContext
  /** Of a contact sheet: the time that the first still is written with; null: none is. */
  still?: { fromMs: number | null }
  /** What of the picture comes into a thumbnail, and how; left out: all of it, as it is. */
  shape?: { framing: Framing; deinterlace: Deinterlacing | undefined }
}

export function planSheets(
  layout: SpriteLayout,
  to: string,
  { format, path, context, still, shape }: Sheets,
): Omit<Plan, 'sprites'> {
  const { capabilities, probe } = context.input
  const video = requireMoving(context)
  const codec = { ...PLAIN_VIDEO, codec: format === 'png' ? 'png' : 'mjpeg' } as const
  const thumbnails = thumbnailPattern(path, format)
  const colour = colourOf(video.stream, codec, layout, capabilities)
  const { startUs: offsetUs } = readRange(probe.container, context.range).decoded
  const { width, height } = layout
  const { framing, deinterlace } = shape ?? { framing: wholePicture({ width, height }), deinterlace: undefined }
  const { filters, maxThumbnails } = thumbnailOptions(layout, { framing, colour }, offsetUs, still)
  const whole = progressive(video.stream, deinterlace)
  const deinterlaced = [...straighten(probe.container, video.stream), ...whole, ...filters]
  return {
    args: [
      ...['-map', video.specifier, '-an', '-vf', deinterlaced.join(',')],
      ...[...variableFrameRate(context), '-frames:v', `${maxThumbnails}`],
      ...videoEncoderOptions(codec, capabilities, null),
      ...['-f', 'image2', thumbnails],
    ],
    analyseArgs: null,
    sheetArgs: [
      ...['-protocol_whitelist', 'file', '-f', 'image2', '-framerate', '1', '-i', thumbnails],
      ...['-vf', tileFilter(layout), ...variableFrameRate(context)],
      ...videoEncoderOptions(codec, capabilities, null),
      ...(still ? ['-frames:v', '1', '-f', 'image2', '-update', '1', to] : ['-f', 'image2', to]),
    ],
    expected: { durationUs: null, streams: { video: 1, audio: 0 } },
    warnings: colour.warnings,
    frames: layout.count,
    cost: 0.4,
  }
}
