import type { Preset, ProbeStream } from '../contract/index.js'
import { type Area, cropFilter, cropOf, middleOf } from './crop.js'
import { type Bounds, fitWithin, type Size } from './size.js'

type Video = NonNullable<Preset['video']>
/** What decides how a picture comes into its frame. */
export type FramingRecipe = Bounds & Pick<Video, 'fit' | 'rotate' | 'flip'>

/** How the picture of a stream comes into the frame of an output. */
export type Framing = {
  /** Filters that keep a part of it, and those that turn and mirror it; for in front of the scaling. */
  crop: string[]
  turn: string[]
  /** The size that is scaled to. */
  picture: Size
  /** The size of the output: that of the picture, and what black bars add to it. */
  frame: Size
  /** What stands for the crop and for the way into the frame until a measuring pass has found them; left out: they are known. */
  detected?: {
    crop: string
    frame: string
    /** What that pass writes, and what follows from it. */
    files: readonly string[]
    found(texts: readonly string[]): Framing
  }
}

/**
 * `crop`: what of the picture is kept; left out: all. Throws `CROP_OUTSIDE_PICTURE`. `inside` makes the picture smaller alone, and gives it the bounds the other way round where it is
 * portrait; the other ways give exactly the frame that is asked for.
 */
export function framingOf(stream: ProbeStream, recipe: FramingRecipe, crop?: Area): Framing {
  const { fit = 'inside', rotate, flip } = recipe
  const shown = shownSize(stream)
  const isQuarterTurn = rotate === 90 || rotate === 270
  const turned = (size: Size): Size =>
    isQuarterTurn ? { width: size.height, height: size.width } : { width: size.width, height: size.height }
  const cropped = cropOf(crop, shown)
  const framed = (area: Area, picture: Size, frame = picture): Framing => ({
    crop: cropFilter(area, shown, storedSize(stream)),
    turn: [...TURNS[rotate ?? 0], ...(flip ? [FLIPS[flip]] : [])],
    picture,
    frame,
  })
  const frame = { width: recipe.width ?? 0, height: recipe.height ?? 0 }
  switch (fit) {
    case 'inside':
      return framed(cropped, fitWithin(turned(cropped), recipe))
    case 'stretch':
      return framed(cropped, frame)
    case 'fill':
      return framed(middleOf(cropped, turned(frame)), frame)
    case 'pad':
      return framed(cropped, largestWithin(turned(cropped), frame), frame)
  }
}

/** All of a picture, as it is, at that size. */
export const wholePicture = (size: Size): Framing => ({ crop: [], turn: [], picture: size, frame: size })

const TURNS = { 0: [], 90: ['transpose=clock'], 180: ['hflip', 'vflip'], 270: ['transpose=cclock'] } as const
const FLIPS = { horizontal: 'hflip', vertical: 'vflip' } as const

/** What the frames of a stream look like on a screen. ffmpeg has turned them before the first filter gets them. */
export function shownSize(stream: ProbeStream): Size {
  return { width: stream.displayWidth ?? stream.width ?? 2, height: stream.displayHeight ?? stream.height ?? 2 }
}

/** What they measure there, pixel by pixel. */
export function storedSize(stream: ProbeStream): Size {
  const { width, height } = stream
  if (width === null || height === null) return shownSize(stream)
  return stream.rotation % 180 === 0 ? { width, height } : { width: height, height: width }
}

/** As large as it may be in its own shape, with even sides. */
function largestWithin({ width, height }: Size, frame: Size): Size {
  const factor = Math.min(frame.width / width, frame.height / height)
  const side = (length: number, most: number) => Math.max(2, Math.min(2 * Math.round(length / 2), most))
  return { width: side(width * factor, frame.width), height: side(height * factor, frame.height) }
}

/** Black bars around a picture, which stands in the middle; none where it fills its frame. */
export function padFilter({ picture, frame }: Pick<Framing, 'picture' | 'frame'>): string[] {
  if (picture.width === frame.width && picture.height === frame.height) return []
  const middle = (outer: number, inner: number) => 2 * Math.floor((outer - inner) / 4)
  const [x, y] = [middle(frame.width, picture.width), middle(frame.height, picture.height)]
  return [`pad=${frame.width}:${frame.height}:${x}:${y}`]
}
