/** Streaming: one film in several sizes, cut into segments. */
import { Closed, Enum, type Static, Type } from './schema.js'

export const LADDER_FORMATS = ['hls', 'dash', 'cmaf'] as const
export type LadderFormat = (typeof LADDER_FORMATS)[number]
export const LADDER_CODECS = ['h264', 'hevc', 'av1'] as const
export type LadderCodec = (typeof LADDER_CODECS)[number]

export const Rung = Closed({
  /** Of the shorter side of the picture, in pixels. One that is higher than the input becomes as high as that. */
  height: Type.Integer({
    minimum: 64,
    maximum: 4_320,
    description:
      'Of the shorter side of the picture, in pixels. One that is higher than the input becomes as high as that.',
  }),
  /** The most bits a second, over two seconds; default follows from the size, the codec and the frame rate. */
  bitrate: Type.Optional(
    Type.Integer({
      minimum: 50_000,
      maximum: 200_000_000,
      description:
        'The most bits a second, over two seconds; default follows from the size, the codec and the frame rate.',
    }),
  ),
})

const Rungs = Type.Array(Rung, {
  minItems: 1,
  maxItems: 10,
  description:
    'The sizes; default: that of the input, as far as `video` lets it, and of 2160, 1440, 1080, 720, 480, 360 and 240 those that are smaller and far enough from each other.',
})
const SegmentMs = Type.Integer({
  minimum: 1_000,
  maximum: 20_000,
  description: 'About how long a segment lasts: whole frames, the same number in each.',
})
const Codecs = Type.Array(Enum(LADDER_CODECS), {
  minItems: 1,
  maxItems: LADDER_CODECS.length,
  uniqueItems: true,
  description: 'Each rung is there in each of them.',
})

const Poster = Type.Optional(
  Type.Boolean({ description: 'Whether `poster.jpg` is beside it, a frame that shows much of the film; default no.' }),
)
export const Encryption = Closed(
  {
    /** Whole segments of picture and sound, by one key. */
    method: Enum(['AES-128'], { description: 'Whole segments of picture and sound, by one key.' }),
    /** Where players have the key, 16 bytes; the worker has it from there as well. The playlists say it as it is. */
    keyUri: Type.String({
      // What a playlist can hold in quotes.
      pattern: '^https?://[^\\s"]+$',
      maxLength: 2_000,
      description:
        'Where players have the key, 16 bytes; the worker has it from there as well. The playlists say it as it is.',
    }),
  },
  { description: 'Of HLS alone; default none.' },
)
/** An interface, and beside its fields: so declarations name it, and keep the comments that an editor shows. */
export interface Encryption extends Static<typeof Encryption> {}

const Thumbnails = Type.Optional(
  Type.Boolean({
    description: 'Whether sheets of thumbnails are beside it, and `thumbnails.vtt` that says when each is; default no.',
  }),
)
export const LADDER_PLAYABLE = ['when-complete', 'while-encoding'] as const
const Playable = Enum(LADDER_PLAYABLE, {
  default: 'when-complete',
  description:
    'From when on it can be played: when all of it is verified and published, or while it is still encoded, each segment once it is verified.',
})

export const Ladder = Closed({
  rungs: Type.Optional(Rungs),
  segmentMs: SegmentMs,
  codecs: Codecs,
  poster: Poster,
  thumbnails: Thumbnails,
  encryption: Type.Optional(Type.Unsafe<Encryption>(Encryption)),
  playable: Type.Optional(Playable),
})
export type Ladder = Static<typeof Ladder>

export const LadderOverrides = Closed(
  {
    /** The sizes; default: that of the input, as far as `video` lets it, and of 2160, 1440, 1080, 720, 480, 360 and 240 those that are smaller and far enough from each other. */
    rungs: Type.Optional(Rungs),
    /** About how long a segment lasts: whole frames, the same number in each. */
    segmentMs: Type.Optional(SegmentMs),
    /** Each rung is there in each of them. */
    codecs: Type.Optional(Codecs),
    /** Whether `poster.jpg` is beside it, a frame that shows much of the film; default no. */
    poster: Poster,
    /** Whether sheets of thumbnails are beside it, and `thumbnails.vtt` that says when each is; default no. */
    thumbnails: Thumbnails,
    /** Of HLS alone; default none. */
    encryption: Type.Optional(Type.Unsafe<Encryption>(Encryption)),
    /** From when on it can be played: when all of it is verified and published, or while it is still encoded, each segment once it is verified. */
    playable: Type.Optional(Playable),
  },
  { description: "In the place of the preset's; for a preset that makes a ladder." },
)
/** An interface, and beside its fields: so declarations name it, and keep the comments that an editor shows. */
export interface LadderOverrides extends Static<typeof LadderOverrides> {}
export const LADDER_FIELDS = Object.keys(LadderOverrides.properties) as (keyof LadderOverrides)[]
