import type { LadderFormat, Preset } from '../contract/index.js'
import { PLAIN_VIDEO } from './plain-video.js'

type Video = NonNullable<Preset['video']>
type Audio = NonNullable<Preset['audio']>

const video = (codec: Video['codec'], figures: Partial<Video> = {}): Video => ({
  codec,
  ...PLAIN_VIDEO,
  ...figures,
})
const audio = (codec: Audio['codec'], bitrate: number | null, channels: number | null = 2): Audio => ({
  codec,
  bitrate,
  channels,
})

const MP4 = { container: 'mp4', extension: 'mp4', mediaType: 'video/mp4' } as const
const MOV = { container: 'mov', extension: 'mov', mediaType: 'video/quicktime' } as const
const WEBM = { container: 'webm', extension: 'webm', mediaType: 'video/webm' } as const

/** Also beside a ladder. */
export const THUMBNAILS = { intervalMs: 5_000, columns: 5, rows: 5, width: 160 }

const av = (preset: Omit<Preset, 'kind' | 'sprites'>): Preset => ({ kind: 'av', sprites: null, ...preset })
const audioOnly = (preset: Omit<Preset, 'kind' | 'video' | 'sprites'>): Preset => ({
  kind: 'audio',
  video: null,
  sprites: null,
  ...preset,
})

const ladder = (name: LadderFormat, what: string): Preset => ({
  name,
  description: `${what}: H.264 in up to five sizes, the largest up to 1920x1080 and 60 frames a second, AAC in every language, subtitles.`,
  kind: 'ladder',
  container: name,
  extension: '',
  mediaType: name === 'dash' ? 'application/dash+xml' : 'application/vnd.apple.mpegurl',
  video: video('h264', { width: 1920, height: 1080, crf: 21, speed: 'medium', maxFrameRate: 60 }),
  audio: { ...audio('aac', 128_000), sampleRate: 48_000 },
  sprites: null,
  ladder: { segmentMs: 4_000, codecs: ['h264'] },
})

/** The recipes that every ffleet knows. An operator adds more (`loadPresets`), but none of these names. */
export const SHIPPED_PRESETS: readonly Preset[] = [
  av({
    name: 'h264-360p',
    description: 'H.264 and AAC in MP4 for slow connections: up to 640x360 and 30 frames a second.',
    ...MP4,
    video: video('h264', { width: 640, height: 360, crf: 24, speed: 'medium', maxFrameRate: 30 }),
    audio: audio('aac', 96_000),
  }),
  av({
    name: 'h264-480p',
    description: 'H.264 and AAC in MP4: up to 854x480 and 30 frames a second.',
    ...MP4,
    video: video('h264', { width: 854, height: 480, crf: 23, speed: 'medium', maxFrameRate: 30 }),
    audio: audio('aac', 128_000),
  }),
  av({
    name: 'h264-720p',
    description: 'H.264 and AAC in MP4, which plays everywhere: up to 1280x720 and 60 frames a second.',
    ...MP4,
    video: video('h264', { width: 1280, height: 720, crf: 23, speed: 'medium', maxFrameRate: 60 }),
    audio: audio('aac', 128_000),
  }),
  av({
    name: 'h264-1080p',
    description: 'H.264 and AAC in MP4: up to 1920x1080 and 60 frames a second.',
    ...MP4,
    video: video('h264', { width: 1920, height: 1080, crf: 22, speed: 'medium', maxFrameRate: 60 }),
    audio: audio('aac', 160_000),
  }),
  av({
    name: 'hevc-1080p',
    description: 'HEVC and AAC in MP4, tagged hvc1 so that Apple devices play it: up to 1920x1080.',
    ...MP4,
    video: video('hevc', { width: 1920, height: 1080, crf: 26, speed: 'fast', maxFrameRate: 60 }),
    audio: audio('aac', 160_000),
  }),
  av({
    name: 'vp9-720p',
    description: 'VP9 and Opus in WebM: up to 1280x720.',
    ...WEBM,
    video: video('vp9', { width: 1280, height: 720, crf: 33, speed: '2', maxFrameRate: 60 }),
    audio: audio('opus', 96_000),
  }),
  av({
    name: 'av1-1080p',
    description: 'AV1 and AAC in MP4, the smallest files: up to 1920x1080.',
    ...MP4,
    video: video('av1', { width: 1920, height: 1080, crf: 32, speed: '8', maxFrameRate: 60 }),
    audio: audio('aac', 128_000),
  }),
  av({
    name: 'h264-720p-2pass',
    description:
      'H.264 and AAC in MP4 in two passes, for a size that can be told beforehand: 2.5 Mbit/s, up to 1280x720.',
    ...MP4,
    video: video('h264', {
      width: 1280,
      height: 720,
      bitrate: 2_500_000,
      speed: 'medium',
      passes: 2,
      maxFrameRate: 60,
    }),
    audio: audio('aac', 128_000),
  }),
  av({
    name: 'prores',
    description: 'ProRes 422 HQ and PCM in MOV, for editing: in the size and at the rate of the input.',
    ...MOV,
    video: video('prores', { profile: 'hq' }),
    audio: audio('pcm', null, 8),
  }),
  av({
    name: 'dnxhr',
    description: 'DNxHR HQ and PCM in MOV, for editing: in the size and at the rate of the input, from 256x120 on.',
    ...MOV,
    video: video('dnxhr', { profile: 'hq' }),
    audio: audio('pcm', null, 8),
  }),
  {
    name: 'ffv1',
    description:
      'All of a film without loss, for the archive: FFV1 version 3 and FLAC in MKV, with every sound, subtitles and chapters; each picture compared with the input.',
    kind: 'archive',
    container: 'mkv',
    extension: 'mkv',
    mediaType: 'video/x-matroska',
    video: video('ffv1'),
    audio: audio('flac', null, null),
    sprites: null,
  },
  audioOnly({
    name: 'mp3-192k',
    description: 'The audio as MP3, 192 kbit/s stereo.',
    container: 'mp3',
    extension: 'mp3',
    mediaType: 'audio/mpeg',
    audio: audio('mp3', 192_000),
  }),
  audioOnly({
    name: 'aac-128k',
    description: 'The audio as AAC in an M4A file, 128 kbit/s stereo.',
    container: 'm4a',
    extension: 'm4a',
    mediaType: 'audio/mp4',
    audio: audio('aac', 128_000),
  }),
  audioOnly({
    name: 'm4b',
    description:
      'An audiobook: AAC in an M4B file, 96 kbit/s stereo, with cover art and a chapter for each of several inputs.',
    container: 'm4a',
    extension: 'm4b',
    mediaType: 'audio/mp4',
    audio: audio('aac', 96_000),
    tracks: { chapters: 'inputs' },
  }),
  audioOnly({
    name: 'opus-96k',
    description: 'The audio as Opus in Ogg, 96 kbit/s stereo.',
    container: 'ogg',
    extension: 'ogg',
    mediaType: 'audio/ogg',
    audio: audio('opus', 96_000),
  }),
  audioOnly({
    name: 'flac',
    description: 'The audio without loss as FLAC, with all of up to eight channels.',
    container: 'flac',
    extension: 'flac',
    mediaType: 'audio/flac',
    audio: audio('flac', null, 8),
  }),
  {
    name: 'copy-mp4',
    description:
      'A film as it is, moved into an MP4 that can be played while it loads, with all that an MP4 holds. Nothing is encoded.',
    kind: 'remux',
    ...MP4,
    video: video('copy'),
    audio: audio('copy', null, null),
    sprites: null,
  },
  {
    name: 'copy-mkv',
    description: 'All of a film as it is, in an MKV: every sound, subtitles, fonts and chapters. Nothing is encoded.',
    kind: 'remux',
    container: 'mkv',
    extension: 'mkv',
    mediaType: 'video/x-matroska',
    video: video('copy'),
    audio: audio('copy', null, null),
    sprites: null,
  },
  {
    name: 'gif',
    description: 'An animated GIF of a short clip, without sound: up to 480x480, 12.5 pictures a second.',
    kind: 'animation',
    container: 'gif',
    extension: 'gif',
    mediaType: 'image/gif',
    video: video('gif', { width: 480, height: 480, frameRate: 12.5 }),
    audio: null,
    sprites: null,
  },
  {
    name: 'webp',
    description: 'An animated WebP of a short clip, without sound: up to 640x640, 15 pictures a second.',
    kind: 'animation',
    container: 'webp',
    extension: 'webp',
    mediaType: 'image/webp',
    video: video('webp', { width: 640, height: 640, frameRate: 15 }),
    audio: null,
    sprites: null,
  },
  {
    name: 'poster',
    description: 'One JPEG of a frame that shows much of the film, none that is black: up to 1280x720.',
    kind: 'picture',
    container: 'jpeg',
    extension: 'jpg',
    mediaType: 'image/jpeg',
    video: video('mjpeg', { width: 1280, height: 720 }),
    audio: null,
    sprites: null,
  },
  {
    name: 'frames',
    description: 'A folder with every frame as a JPEG, numbered; or so many a second, or as PNG.',
    kind: 'frames',
    container: 'frames',
    extension: '',
    mediaType: 'image/jpeg',
    video: video('mjpeg'),
    audio: null,
    sprites: null,
  },
  {
    name: 'contact-sheet',
    description: 'One JPEG with 4 x 4 stills from all over the film, each 320 wide.',
    kind: 'sheet',
    container: 'jpeg',
    extension: 'jpg',
    mediaType: 'image/jpeg',
    video: null,
    audio: null,
    sprites: { intervalMs: null, columns: 4, rows: 4, width: 320 },
  },
  {
    name: 'thumbnails',
    description: 'A folder with sheets of thumbnails and a WebVTT index, for the preview in a player’s time line.',
    kind: 'sprites',
    container: 'sprites',
    extension: '',
    mediaType: 'text/vtt',
    video: null,
    audio: null,
    sprites: THUMBNAILS,
  },
  {
    name: 'waveform',
    description: 'A PNG of the waveform of the audio, 1800x280 on a transparent ground.',
    kind: 'waveform',
    container: 'png',
    extension: 'png',
    mediaType: 'image/png',
    video: null,
    audio: null,
    sprites: null,
    waveform: { width: 1_800, height: 280, pointsPerSecond: null },
  },
  {
    name: 'peaks',
    description:
      'The waveform of the audio as JSON, as audiowaveform writes it and web players read it: 20 points a second, at most 50,000.',
    kind: 'waveform',
    container: 'json',
    extension: 'json',
    mediaType: 'application/json',
    video: null,
    audio: null,
    sprites: null,
    waveform: { width: 50_000, height: null, pointsPerSecond: 20 },
  },
  {
    name: 'subtitles',
    description:
      'One track of subtitles out of a film as WebVTT, SRT or ASS, by the extension of the path; WebVTT where it says none.',
    kind: 'subtitles',
    container: 'vtt',
    extension: 'vtt',
    mediaType: 'text/vtt',
    video: null,
    audio: null,
    sprites: null,
  },
  {
    name: 'attachments',
    description: 'A folder with the fonts and other files that are attached to an MKV.',
    kind: 'attachments',
    container: 'attachments',
    extension: '',
    mediaType: 'application/octet-stream',
    video: null,
    audio: null,
    sprites: null,
  },
  ladder('hls', 'A folder for streaming by HLS'),
  ladder('dash', 'A folder for streaming by DASH'),
  ladder('cmaf', 'A folder for streaming by HLS and DASH, over one set of segments'),
]
