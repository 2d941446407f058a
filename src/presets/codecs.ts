import type { ChannelLayout, Preset } from '../contract/index.js'
import { PROFILES } from '../contract/picture.js'

type VideoCodec = NonNullable<Preset['video']>['codec']
type AudioCodec = NonNullable<Preset['audio']>['codec']
type Container = Preset['container']

/** What an encoder's `speed` may be: the names of x264 and x265, the steps of libvpx, SVT-AV1 and libaom. */
const X26X_SPEEDS = /^(ultrafast|superfast|veryfast|faster|fast|medium|slow|slower|veryslow)$/

/** Those that are given a quality or a bit rate. */
export type RatedCodec = 'h264' | 'hevc' | 'vp9' | 'av1'

/** What is to be known of a video codec before anything is encoded with it. */
export const VIDEO_RULES: Record<RatedCodec, { maxCrf: number; speeds: RegExp }> = {
  h264: { maxCrf: 51, speeds: X26X_SPEEDS },
  hevc: { maxCrf: 51, speeds: X26X_SPEEDS },
  vp9: { maxCrf: 63, speeds: /^[0-8]$/ },
  av1: { maxCrf: 63, speeds: /^([0-9]|1[0-3])$/ },
}

/** The profiles of a codec; none of most. */
export function profilesOf(codec: VideoCodec): readonly string[] {
  return codec in PROFILES ? PROFILES[codec as keyof typeof PROFILES] : []
}

/** Whether a video is written with 10 bits a value where its input has them: such a one holds high dynamic range. */
export function holdsTenBits({ codec, profile }: Pick<NonNullable<Preset['video']>, 'codec' | 'profile'>): boolean {
  if (codec === 'dnxhr') return profile === 'hqx' || profile === '444'
  return codec === 'hevc' || codec === 'av1' || codec === 'prores'
}

/** Whether the picture stays what it is: there is nothing to change of it. */
export function keepsPicture(codec: VideoCodec): boolean {
  return codec === 'copy' || codec === 'ffv1'
}

type AudioRules = {
  /** Bits per second that it can be asked for; null: it has no bit rate. */
  maxBitrate: number | null
  maxChannels: number
  /** Those that encoder and players both understand. */
  layouts: readonly ChannelLayout[]
  /** From the lowest to the highest. */
  sampleRates: readonly number[]
}

const COMMON_RATES = [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]

/** What is to be known of an audio codec before anything is encoded with it. */
export const AUDIO_RULES: Record<Exclude<AudioCodec, 'copy'>, AudioRules> = {
  aac: {
    maxBitrate: 576_000,
    maxChannels: 8,
    layouts: ['mono', 'stereo', '3.0', '4.0', '5.0', '5.1', '7.1'],
    sampleRates: COMMON_RATES,
  },
  mp3: { maxBitrate: 320_000, maxChannels: 2, layouts: ['mono', 'stereo'], sampleRates: COMMON_RATES },
  opus: {
    maxBitrate: 510_000,
    maxChannels: 8,
    // libopus refuses 5.1 with side channels, which becomes 5.1 with back channels.
    layouts: ['mono', 'stereo', '3.0', 'quad', '5.0', '5.1', '6.1', '7.1'],
    // It knows one rate outside.
    sampleRates: [48_000],
  },
  flac: {
    maxBitrate: null,
    maxChannels: 8,
    layouts: ['mono', 'stereo', '2.1', '3.0', '3.1', 'quad', '5.0', '5.1', '6.1', '7.1', '7.1(wide)'],
    sampleRates: [8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000],
  },
  pcm: {
    maxBitrate: null,
    maxChannels: 8,
    layouts: ['mono', 'stereo', '2.1', '3.0', '3.1', '4.0', 'quad', '5.0', '5.1', '6.1', '7.1'],
    sampleRates: [8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000],
  },
}

/** Channels of a layout, by ffmpeg's name. */
export const CHANNELS_OF: Record<ChannelLayout, number> = {
  mono: 1,
  stereo: 2,
  '2.1': 3,
  '3.0': 3,
  '3.1': 4,
  '4.0': 4,
  quad: 4,
  '5.0': 5,
  '5.1': 6,
  '6.1': 7,
  '7.1': 8,
  '7.1(wide)': 8,
}

/** The layout of a mapped sound: the one that is asked for, or the first of the codec with so many channels; null: it has none. */
export function mappedLayout(
  codec: Exclude<AudioCodec, 'copy'>,
  channelMap: readonly number[],
  layout: ChannelLayout | undefined,
): ChannelLayout | null {
  return layout ?? AUDIO_RULES[codec].layouts.find((each) => CHANNELS_OF[each] === channelMap.length) ?? null
}

/** What the containers that ffleet writes may hold when it encodes. */
export const CONTAINER_RULES: Record<Container, { video: readonly VideoCodec[]; audio: readonly AudioCodec[] }> = {
  mp4: { video: ['h264', 'hevc', 'vp9', 'av1'], audio: ['aac', 'mp3'] },
  mkv: { video: ['h264', 'hevc', 'vp9', 'av1', 'ffv1'], audio: ['aac', 'mp3', 'opus', 'flac'] },
  mov: { video: ['h264', 'hevc', 'prores', 'dnxhr'], audio: ['aac', 'pcm'] },
  webm: { video: ['vp9', 'av1'], audio: ['opus'] },
  m4a: { video: [], audio: ['aac'] },
  mp3: { video: [], audio: ['mp3'] },
  ogg: { video: [], audio: ['opus', 'flac'] },
  flac: { video: [], audio: ['flac'] },
  gif: { video: ['gif'], audio: [] },
  webp: { video: ['webp'], audio: [] },
  jpeg: { video: ['mjpeg'], audio: [] },
  frames: { video: ['mjpeg', 'png'], audio: [] },
  sprites: { video: [], audio: [] },
  png: { video: ['png'], audio: [] },
  json: { video: [], audio: [] },
  vtt: { video: [], audio: [] },
  srt: { video: [], audio: [] },
  ass: { video: [], audio: [] },
  attachments: { video: [], audio: [] },
  hls: { video: ['h264', 'hevc', 'av1'], audio: ['aac'] },
  dash: { video: ['h264', 'hevc', 'av1'], audio: ['aac'] },
  cmaf: { video: ['h264', 'hevc', 'av1'], audio: ['aac'] },
}
