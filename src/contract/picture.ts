import { DrawnText, Watermark } from './drawn.js'
import { ENCODER_CHOICES } from './hardware.js'
import { Closed, Enum, type Static, Type } from './schema.js'

export const FITS = ['inside', 'pad', 'fill', 'stretch'] as const
export const ROTATIONS = [90, 180, 270] as const
export const FLIPS = ['horizontal', 'vertical'] as const
export const DEINTERLACING = ['auto', 'off', 'always'] as const
export const DENOISING = ['light', 'medium', 'strong'] as const
export const DYNAMIC_RANGES = ['auto', 'standard', 'keep'] as const

const Pixels = (minimum: number, description: string) => Type.Integer({ minimum, maximum: 16_384, description })

export const CropArea = Closed(
  {
    /** Pixels left of it. */
    x: Pixels(0, 'Pixels left of it.'),
    /** Pixels above it. */
    y: Pixels(0, 'Pixels above it.'),
    /** Pixels; an odd edge moves inwards by one. */
    width: Pixels(16, 'Pixels; an odd edge moves inwards by one.'),
    /** Pixels; an odd edge moves inwards by one. */
    height: Pixels(16, 'Pixels; an odd edge moves inwards by one.'),
  },
  { description: 'In pixels of the picture as it is shown, and inside of it.' },
)
export type CropArea = Static<typeof CropArea>

/**
 * What is done to the picture beside its bounds, alike in a request and in a preset. In this order: fields are taken apart, the
 * picture is cropped, cleared of noise, turned, flipped, scaled, padded, drawn on and encoded. Left out: not done; `fit`, `deinterlace`,
 * `dynamicRange` and `encoder` are then `inside`, `auto`, `auto` and `software`.
 */
export const PICTURE_FIELDS = {
  /** The part to keep, in pixels of the picture as it is shown; or `auto`: what lies between the black bars that it has all along. */
  crop: Type.Optional(
    Type.Union([CropArea, Enum(['auto'])], {
      description:
        'The part to keep, in pixels of the picture as it is shown; or `auto`: what lies between the black bars that it has all along.',
    }),
  ),
  /**
   * How the picture comes into `width` and `height`: within them, as it is by default; with black bars around it; cut to their shape; or
   * out of its own. The last three make exactly that size, also a larger one.
   */
  fit: Type.Optional(
    Enum(FITS, {
      default: 'inside',
      description:
        'How the picture comes into `width` and `height`: within them, as it is by default; with black bars around it; cut to their shape; or out of its own. The last three make exactly that size, also a larger one.',
    }),
  ),
  /** Degrees clockwise, beside the turn that the input itself tells of. */
  rotate: Type.Optional(
    Type.Unsafe<(typeof ROTATIONS)[number]>({
      type: 'integer',
      enum: [...ROTATIONS],
      description: 'Degrees clockwise, beside the turn that the input itself tells of.',
    }),
  ),
  /** Mirror left and right, or top and bottom; after `rotate`. */
  flip: Type.Optional(Enum(FLIPS, { description: 'Mirror left and right, or top and bottom; after `rotate`.' })),
  /** Make whole frames of fields: where the input tells of some, or nothing tells and they are found by a look; never, for frames that are only said to have fields; or of every frame. */
  deinterlace: Type.Optional(
    Enum(DEINTERLACING, {
      default: 'auto',
      description:
        'Make whole frames of fields: where the input tells of some, or nothing tells and they are found by a look; never, for frames that are only said to have fields; or of every frame.',
    }),
  ),
  /** Take noise away, in space and time. */
  denoise: Type.Optional(Enum(DENOISING, { description: 'Take noise away, in space and time.' })),
  /** Frames a second, each equally long: frames are repeated or left out. In the place of `maxFrameRate`. Of a film 2 or more. */
  frameRate: Type.Optional(
    Type.Number({
      minimum: 0.01,
      maximum: 240,
      description:
        'Frames a second, each equally long: frames are repeated or left out. In the place of `maxFrameRate`. Of a film 2 or more.',
    }),
  ),
  /** High dynamic range: kept where the codec holds it; tone-mapped to standard range; or kept, which needs HEVC or AV1. */
  dynamicRange: Type.Optional(
    Enum(DYNAMIC_RANGES, {
      default: 'auto',
      description:
        'High dynamic range: kept where the codec holds it; tone-mapped to standard range; or kept, which needs HEVC or AV1.',
    }),
  ),
  /** A picture that is drawn on the finished one, such as a logo. */
  watermark: Type.Optional(Type.Unsafe<Watermark>(Watermark)),
  /** Text that is drawn on the finished picture, over a `watermark`. */
  text: Type.Optional(Type.Unsafe<DrawnText>(DrawnText)),
  /**
   * What encodes it: `software`; hardware where the worker can, `auto`; or a family such as `nvenc`, or an encoder such as
   * `h264_nvenc`, on workers alone where a trial of it passed.
   */
  encoder: Type.Optional(
    Enum(ENCODER_CHOICES, {
      default: 'software',
      description:
        'What encodes it: `software`; hardware where the worker can, `auto`; or a family such as `nvenc`, or an encoder such as `h264_nvenc`, on workers alone where a trial of it passed.',
    }),
  ),
}

/** By codec, from the smallest file to the largest. */
export const PROFILES = {
  prores: ['proxy', 'lt', 'standard', 'hq', '4444'],
  dnxhr: ['lb', 'sq', 'hq', 'hqx', '444'],
} as const
export type Profile = (typeof PROFILES)[keyof typeof PROFILES][number]
const PROFILE_NAMES = [...new Set<Profile>([...PROFILES.prores, ...PROFILES.dnxhr])]

export const PROFILE = Type.Optional(
  Enum(PROFILE_NAMES, {
    description:
      'How much of the picture is kept: of ProRes proxy, lt, standard, hq or 4444, of DNxHR lb, sq, hq, hqx or 444.',
  }),
)

export type PictureField = keyof typeof PICTURE_FIELDS
export const PICTURE_FIELD_NAMES = Object.keys(PICTURE_FIELDS) as PictureField[]

export const VideoOverrides = Closed(
  {
    /** Constant rate factor; lower is better. */
    crf: Type.Optional(Type.Number({ minimum: 0, maximum: 63, description: 'Constant rate factor; lower is better.' })),
    /** Bits per second. */
    bitrate: Type.Optional(Type.Integer({ minimum: 10_000, maximum: 200_000_000, description: 'Bits per second.' })),
    /** Upper bound; never upscales. */
    width: Type.Optional(Type.Integer({ minimum: 16, maximum: 16_384, description: 'Upper bound; never upscales.' })),
    /** Upper bound; never upscales. */
    height: Type.Optional(Type.Integer({ minimum: 16, maximum: 16_384, description: 'Upper bound; never upscales.' })),
    /** Upper bound, in frames a second. */
    maxFrameRate: Type.Optional(
      Type.Number({ minimum: 1, maximum: 240, description: 'Upper bound, in frames a second.' }),
    ),
    /** How much of the picture is kept: of ProRes proxy, lt, standard, hq or 4444, of DNxHR lb, sq, hq, hqx or 444. */
    profile: PROFILE,
    ...PICTURE_FIELDS,
  },
  { description: "In the place of the preset's; for a preset that encodes video." },
)
/** An interface, and beside its fields: so declarations name it, and keep the comments that an editor shows. */
export interface VideoOverrides extends Static<typeof VideoOverrides> {}
