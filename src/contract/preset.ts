import { LADDER_FORMATS, Ladder } from './ladder.js'
import { PICTURE_FIELDS, PROFILE } from './picture.js'
import { Quality } from './quality.js'
import { Closed, Enum, Nullable, type Static, Type } from './schema.js'
import { SOUND } from './sound.js'
import { Sprites } from './stills.js'
import { Tracks } from './tracks.js'

export const VIDEO_CODECS = [
  'h264',
  'hevc',
  'vp9',
  'av1',
  'prores',
  'dnxhr',
  'ffv1',
  'gif',
  'webp',
  'mjpeg',
  'png',
  'copy',
] as const
export const AUDIO_CODECS = ['aac', 'mp3', 'opus', 'flac', 'pcm', 'copy'] as const
/** Those of films: any preset of kind `av`, `remux` or `archive` may go into any of them that holds its codecs. */
export const FILM_CONTAINERS = ['mp4', 'mkv', 'mov', 'webm'] as const
export type FilmContainer = (typeof FILM_CONTAINERS)[number]
/** Files of subtitles: a preset of kind `subtitles` makes any of them. */
export const SUBTITLE_FORMATS = ['vtt', 'srt', 'ass'] as const
export type SubtitleFormat = (typeof SUBTITLE_FORMATS)[number]
/** What `container` of an output may say. */
export const CHOSEN_CONTAINERS = [...FILM_CONTAINERS, ...SUBTITLE_FORMATS] as const
export type ChosenContainer = (typeof CHOSEN_CONTAINERS)[number]
export const CONTAINERS = [
  ...FILM_CONTAINERS,
  'm4a',
  'mp3',
  'ogg',
  'flac',
  'gif',
  'webp',
  'jpeg',
  'frames',
  'sprites',
  'png',
  'json',
  ...SUBTITLE_FORMATS,
  'attachments',
  ...LADDER_FORMATS,
] as const

/** The least and the greatest sample of each part of the sound, drawn (PNG) or written (JSON). */
const Waveform = Closed({
  width: Type.Integer({
    minimum: 16,
    maximum: 200_000,
    description: 'Of a picture in pixels, at most 16,384; of JSON, the most points there are.',
  }),
  height: Nullable(
    Type.Integer({ minimum: 16, maximum: 4_096, description: 'Of a picture, in pixels; null for JSON.' }),
  ),
  pointsPerSecond: Nullable(
    Type.Integer({
      minimum: 1,
      maximum: 1_000,
      description: 'Of JSON, unless these are too many; null for a picture.',
    }),
  ),
})

/**
 * A named recipe. `video: null` leaves video out, `audio: null` audio. A preset of kind `av` takes video-only input and
 * then writes no audio, and so does `archive`, which keeps picture and sound without loss; kind `audio` takes the audio of anything; `animation`, `picture`,
 * `frames`, `sheet` and `sprites` need video, `waveform` needs audio; `subtitles` takes one track of text out of a film, `attachments` its fonts and
 * other files; `ladder` makes a folder for streaming, with the picture in several sizes.
 */
export const Preset = Closed(
  {
    name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' }),
    description: Type.String({ minLength: 1, maxLength: 500 }),
    kind: Enum([
      'av',
      'audio',
      'remux',
      'archive',
      'animation',
      'picture',
      'frames',
      'sheet',
      'sprites',
      'waveform',
      'subtitles',
      'attachments',
      'ladder',
    ] as const),
    container: Enum(CONTAINERS),
    extension: Type.String({ pattern: '^[a-z0-9]{0,8}$', description: 'Empty for a folder.' }),
    mediaType: Type.String(),
    video: Nullable(
      Closed({
        codec: Enum(VIDEO_CODECS),
        width: Nullable(
          Type.Integer({
            minimum: 16,
            maximum: 16_384,
            description: 'Bound of the longer side of a landscape picture.',
          }),
        ),
        height: Nullable(
          Type.Integer({
            minimum: 16,
            maximum: 16_384,
            description: 'Bound of the shorter side; a portrait picture is bounded the other way round.',
          }),
        ),
        crf: Nullable(Type.Number({ minimum: 0, maximum: 63 })),
        bitrate: Nullable(Type.Integer({ minimum: 10_000, maximum: 200_000_000 })),
        speed: Nullable(
          Type.String({ pattern: '^[a-z0-9]{1,16}$', description: "The encoder's own preset or cpu-used step." }),
        ),
        passes: Type.Integer({ minimum: 1, maximum: 2 }),
        maxFrameRate: Nullable(Type.Number({ minimum: 1, maximum: 240 })),
        profile: PROFILE,
        ...PICTURE_FIELDS,
      }),
    ),
    audio: Nullable(
      Closed({
        codec: Enum(AUDIO_CODECS),
        bitrate: Nullable(Type.Integer({ minimum: 8_000, maximum: 1_000_000 })),
        channels: Nullable(Type.Integer({ minimum: 1, maximum: 8, description: 'Upper bound; fewer stay fewer.' })),
        ...SOUND,
      }),
    ),
    quality: Type.Optional(Quality),
    tracks: Type.Optional(Tracks),
    sprites: Nullable(Sprites),
    waveform: Type.Optional(Waveform),
    ladder: Type.Optional(Ladder),
  },
  { $id: 'Preset' },
)
export type Preset = Static<typeof Preset>

/** What comes with ffleet; an operator may have more. */
export const SHIPPED_PRESET_NAMES = [
  'h264-360p',
  'h264-480p',
  'h264-720p',
  'h264-1080p',
  'hevc-1080p',
  'vp9-720p',
  'av1-1080p',
  'h264-720p-2pass',
  'prores',
  'dnxhr',
  'ffv1',
  'mp3-192k',
  'aac-128k',
  'm4b',
  'opus-96k',
  'flac',
  'copy-mp4',
  'copy-mkv',
  'gif',
  'webp',
  'poster',
  'frames',
  'contact-sheet',
  'thumbnails',
  'waveform',
  'peaks',
  'subtitles',
  'attachments',
  'hls',
  'dash',
  'cmaf',
] as const

/** Any text; editors suggest the shipped ones. */
export type PresetName = (typeof SHIPPED_PRESET_NAMES)[number] | (string & {})
