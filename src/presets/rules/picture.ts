import {
  familyOf,
  HARDWARE_ENCODERS,
  type HardwareFamily,
  namedEncoder,
  PICTURE_FIELD_NAMES,
  type PictureField,
  type Preset,
} from '../../contract/index.js'
import { holdsTenBits, keepsPicture } from '../codecs.js'
import { drawnFaults } from './drawn.js'
import type { Fault } from './fault.js'

/** Readers of films take what stands longer for an end. */
const LEAST_FILM_RATE = 2

/** What a JPEG of one frame can have done to it. */
const OF_A_PICTURE: ReadonlySet<string> = new Set<PictureField>([
  'crop',
  'fit',
  'rotate',
  'flip',
  'deinterlace',
  'watermark',
  'text',
])

/** Whether a field of the video can be changed where one picture is made. */
export function appliesToPicture(field: string): boolean {
  return field === 'width' || field === 'height' || OF_A_PICTURE.has(field)
}

/** What is wrong with what is done to the picture, although each field is right by itself. */
export function pictureFaults({ kind, video }: Preset, fault: Fault): void {
  if (video === null) return
  for (const field of PICTURE_FIELD_NAMES) {
    if (video[field] === undefined) continue
    if (keepsPicture(video.codec)) fault(`/video/${field}`, 'stays as it is in a copy and in an archive')
    if (kind === 'picture' && !appliesToPicture(field)) {
      fault(`/video/${field}`, 'does not apply to a picture')
    }
  }
  if (video.codec === 'copy') return
  encoderFaults(video, fault)
  if (keepsPicture(video.codec)) return
  frameFaults(video, fault)
  drawnFaults(kind, video, fault)
  if (video.frameRate !== undefined && video.maxFrameRate !== null) {
    fault('/video/frameRate', 'give either frameRate or maxFrameRate')
  }
  if (video.frameRate !== undefined && video.frameRate < LEAST_FILM_RATE && kind !== 'frames') {
    fault('/video/frameRate', `of a film is ${LEAST_FILM_RATE} or more; for fewer pictures take the preset frames`)
  }
  if (video.dynamicRange === 'keep' && kind !== 'picture' && !holdsTenBits(video)) {
    fault(
      '/video/dynamicRange',
      `of ${video.codec} is standard; choose a preset of hevc, av1 or prores to keep a high one`,
    )
  }
}

/** What is named makes one codec, or some, and looks at the picture once. */
function encoderFaults(video: NonNullable<Preset['video']>, fault: Fault): void {
  const { encoder = 'software', codec, passes } = video
  if (encoder === 'software' || encoder === 'auto' || codec === 'mjpeg') return
  const known = familyOf(encoder)
  const codecs: string[] = known ? [known.codec] : Object.keys(HARDWARE_ENCODERS[encoder as HardwareFamily])
  if (!codecs.includes(codec)) {
    fault('/video/encoder', `${encoder} makes ${codecs.join(', ')}, not ${codec}; choose such a preset, or auto`)
  } else if (passes !== 1) {
    fault('/video/encoder', `${namedEncoder(video)} has no two passes; choose a preset of one, or software`)
  }
}

/** A frame of exactly one size needs both sides, and even ones: colours have half as many lines and columns. */
function frameFaults(video: NonNullable<Preset['video']>, fault: Fault): void {
  const { fit = 'inside' } = video
  if (fit === 'inside') return
  for (const side of ['width', 'height'] as const) {
    const length = video[side]
    if (length === null) fault('/video/fit', `${fit} needs width and height; give ${side} as well`)
    else if (length % 2 !== 0) fault(`/video/${side}`, `must be even where fit is ${fit}, such as ${length - 1}`)
  }
}
