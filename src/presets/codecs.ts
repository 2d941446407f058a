import type { Preset } from '../contract/index.js'

type VideoCodec = NonNullable<Preset['video']>['codec']
type AudioCodec = NonNullable<Preset['audio']>['codec']
type Container = Preset['container']

/** What an encoder's `speed` may be: the names of x264 and x265, the steps of libvpx, SVT-AV1 and libaom. */
const X26X_SPEEDS = /^(ultrafast|superfast|veryfast|faster|fast|medium|slow|slower|veryslow)$/

/** What is to be known of a video codec before anything is encoded with it. */
export const VIDEO_RULES: Record<Exclude<VideoCodec, 'copy' | 'mjpeg'>, { maxCrf: number; speeds: RegExp }> = {
  h264: { maxCrf: 51, speeds: X26X_SPEEDS },
  hevc: { maxCrf: 51, speeds: X26X_SPEEDS },
  vp9: { maxCrf: 63, speeds: /^[0-8]$/ },
  av1: { maxCrf: 63, speeds: /^([0-9]|1[0-3])$/ },
}

/** Bits per second that a codec can be asked for (null: it has no bit rate), and the channels it can carry. */
export const AUDIO_RULES: Record<Exclude<AudioCodec, 'copy'>, { maxBitrate: number | null; maxChannels: number }> = {
  aac: { maxBitrate: 576_000, maxChannels: 8 },
  mp3: { maxBitrate: 320_000, maxChannels: 2 },
  opus: { maxBitrate: 510_000, maxChannels: 8 },
  flac: { maxBitrate: null, maxChannels: 8 },
}

/** What the containers that ffleet writes may hold when it encodes. */
export const CONTAINER_RULES: Record<Container, { video: readonly VideoCodec[]; audio: readonly AudioCodec[] }> = {
  mp4: { video: ['h264', 'hevc', 'vp9', 'av1'], audio: ['aac', 'mp3'] },
  mkv: { video: ['h264', 'hevc', 'vp9', 'av1'], audio: ['aac', 'mp3', 'opus', 'flac'] },
  mov: { video: ['h264', 'hevc'], audio: ['aac'] },
  webm: { video: ['vp9', 'av1'], audio: ['opus'] },
  m4a: { video: [], audio: ['aac'] },
  mp3: { video: [], audio: ['mp3'] },
  ogg: { video: [], audio: ['opus', 'flac'] },
  flac: { video: [], audio: ['flac'] },
  jpeg: { video: ['mjpeg'], audio: [] },
  sprites: { video: [], audio: [] },
}
