/** What a recipe and a request say of sound beside its codec and rate. */
import { Closed, Enum, type Static, Type } from './schema.js'

/** Layouts of channels, by ffmpeg's names. */
export const CHANNEL_LAYOUTS = [
  'mono',
  'stereo',
  '2.1',
  '3.0',
  '3.1',
  '4.0',
  'quad',
  '5.0',
  '5.1',
  '6.1',
  '7.1',
  '7.1(wide)',
] as const
export type ChannelLayout = (typeof CHANNEL_LAYOUTS)[number]

/** As ITU-R BS.1770 and EBU R 128 measure it. */
export const Loudness = Closed({
  /** Integrated loudness of the whole output. */
  targetLufs: Type.Number({ minimum: -50, maximum: -5, description: 'Integrated loudness of the whole output.' }),
  /** No peak between samples goes above it; default -1. */
  truePeakDbtp: Type.Optional(
    Type.Number({
      minimum: -9,
      maximum: 0,
      default: -1,
      description: 'No peak between samples goes above it; default -1.',
    }),
  ),
})
export type Loudness = Static<typeof Loudness>

export const TrimSilence = Closed({
  /** Where silence is taken away; default both. */
  at: Type.Optional(
    Enum(['both', 'beginning', 'end'] as const, {
      default: 'both',
      description: 'Where silence is taken away; default both.',
    }),
  ),
  /** All samples of all channels that stay below it are silence, in dB of full scale; default -50. */
  thresholdDb: Type.Optional(
    Type.Number({
      minimum: -90,
      maximum: -20,
      default: -50,
      description: 'All samples of all channels that stay below it are silence, in dB of full scale; default -50.',
    }),
  ),
  /** As much of the silence stays; default 100. */
  keepMs: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 10_000,
      default: 100,
      description: 'As much of the silence stays; default 100.',
    }),
  ),
})
export type TrimSilence = Static<typeof TrimSilence>

/** Fields of a preset's audio and of a request's alike; each left out: the sound stays as it is. */
export const SOUND = {
  /** Samples a second; left out: as the input, or the next that the codec has. */
  sampleRate: Type.Optional(
    Type.Integer({
      minimum: 8_000,
      maximum: 192_000,
      description: 'Samples a second; left out: as the input, or the next that the codec has.',
    }),
  ),
  /** Exactly these channels, in the place of `channels`: more are mixed down, what the input lacks is silent. */
  layout: Type.Optional(
    Enum(CHANNEL_LAYOUTS, {
      description:
        'Exactly these channels, in the place of `channels`: more are mixed down, what the input lacks is silent.',
    }),
  ),
  /** For each channel of the output the one of the input, counted from 0, that it carries; `[0, 0]` is the left one on both sides. */
  channelMap: Type.Optional(
    Type.Array(Type.Integer({ minimum: 0, maximum: 63 }), {
      minItems: 1,
      maxItems: 8,
      description:
        'For each channel of the output the one of the input, counted from 0, that it carries; `[0, 0]` is the left one on both sides.',
    }),
  ),
  /** Made louder or, below 0, less loud by so much; peaks may clip. */
  gainDb: Type.Optional(
    Type.Number({
      minimum: -60,
      maximum: 60,
      description: 'Made louder or, below 0, less loud by so much; peaks may clip.',
    }),
  ),
  /** Brought to a loudness (EBU R 128), which is measured before, and once more in the output. */
  loudness: Type.Optional(
    Closed(Loudness.properties, {
      description: 'Brought to a loudness (EBU R 128), which is measured before, and once more in the output.',
    }),
  ),
  /** Silence at the beginning and the end is taken away; for outputs without a picture. */
  trimSilence: Type.Optional(
    Closed(TrimSilence.properties, {
      description: 'Silence at the beginning and the end is taken away; for outputs without a picture.',
    }),
  ),
}
export const SOUND_FIELDS = Object.keys(SOUND) as (keyof typeof SOUND)[]

export const AudioOverrides = Closed(
  {
    /** Bits per second. */
    bitrate: Type.Optional(Type.Integer({ minimum: 8_000, maximum: 1_000_000, description: 'Bits per second.' })),
    /** Upper bound. */
    channels: Type.Optional(Type.Integer({ minimum: 1, maximum: 8, description: 'Upper bound.' })),
    ...SOUND,
  },
  { description: "In the place of the preset's; for a preset that encodes audio." },
)
/** An interface, and beside its fields: so declarations name it, and keep the comments that an editor shows. */
export interface AudioOverrides extends Static<typeof AudioOverrides> {}
