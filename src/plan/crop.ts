import { type CropArea, FfleetError } from '../contract/index.js'
import type { Size } from './size.js'

/** A part of a picture, in pixels. */
export type Area = CropArea

/**
 * The area that a recipe keeps of a picture as it is shown. Throws `CROP_OUTSIDE_PICTURE` with the size of the picture where the
 * area leaves it.
 */
export function cropOf(crop: CropArea | undefined, shown: Size): Area {
  if (crop === undefined) return { x: 0, y: 0, ...shown }
  const { x, y, width, height } = crop
  if (x + width <= shown.width && y + height <= shown.height) return evenInside(crop)
  const asked = `${width}x${height} pixels at ${x},${y}`
  const detail = `The picture has ${shown.width}x${shown.height} pixels as it is shown; \`crop\` asks for ${asked}.`
  throw new FfleetError('CROP_OUTSIDE_PICTURE', detail)
}

/** The middle of an area in the shape of a frame: as much of it as there is. */
export function middleOf(area: Area, frame: Size): Area {
  const width = Math.min(area.width, (area.height * frame.width) / frame.height)
  const height = Math.min(area.height, (area.width * frame.height) / frame.width)
  // Of the same shape but for a pixel, all of it.
  if (area.width - width < 2 && area.height - height < 2) return area
  const x = area.x + (area.width - width) / 2
  const y = area.y + (area.height - height) / 2
  return evenInside({ x, y, width, height })
}

/** Edges on even pixels, as 4:2:0 needs them, none farther out: what was cut away is not seen at an edge. */
function evenInside({ x, y, width, height }: Area): Area {
  const [left, top] = [evenUp(x), evenUp(y)]
  return {
    x: left,
    y: top,
    width: Math.max(2, evenDown(x + width) - left),
    height: Math.max(2, evenDown(y + height) - top),
  }
}

// The even number next to it within a hundredth of a pixel: what shapes divide into is no whole number.
const evenUp = (length: number) => 2 * Math.ceil((length - 0.01) / 2)
const evenDown = (length: number) => 2 * Math.floor((length + 0.01) / 2)

/** `crop` for frames of another size than they are shown in, as those with pixels that are not square. None for the whole picture. */
export function cropFilter(area: Area, shown: Size, stored: Size): string[] {
  if (area.width >= shown.width && area.height >= shown.height) return []
  const [across, down] = [stored.width / shown.width, stored.height / shown.height]
  const { x, y, width, height } = evenInside({
    x: area.x * across,
    y: area.y * down,
    width: area.width * across,
    height: area.height * down,
  })
  // A picture may change its size on the way; where it is smaller then, all of it is kept.
  return [`crop='min(${width},iw)':'min(${height},ih)':${x}:${y}`]
}
