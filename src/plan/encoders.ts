import { FfleetError, type Preset } from '../contract/index.js'
import { isAtLeast } from '../ffmpeg/version.js'
import { type HdrMetadata, inSvtAv1Params, inX265Params } from './hdr.js'
import type { Size } from './size.js'
import type { PlanInput } from './types.js'

type Capabilities = PlanInput['capabilities']
/** `crf`: or what stands for it until it is found. */
type Video = Omit<NonNullable<Preset['video']>, 'crf'> & { crf: number | string | null }

/** Where the encoders keep what the first pass learned; `null`: the only pass. */
export type EncoderPass = { number: 1 | 2; log: string } | null

type VideoEncoder = {
  name: string
  twoPasses: boolean
  /** Whether it takes pictures of this size; left out: any. `always` is one from which on it does. */
  takes?: { size(size: Size): boolean; always: Size }
  options(
    video: Video,
    capabilities: Capabilities,
    pass: EncoderPass,
    hdr: HdrMetadata | null,
    rung: RungEncoding | null,
  ): string[]
}

/** What an encoder is told of a rung beside its quality. */
export type RungEncoding = {
  /** Bits a second, the most over two seconds. */
  maxBitrate: number
  /** Frames from one key frame to the next; where they last differently, about so many. */
  frames: number
  /** An expression of ffmpeg's `-force_key_frames`: which frames are key frames. */
  keyFrames: string
}

const rate = ({ bitrate }: Video): string[] =>
  // A burst may take half as much again, over two seconds.
  ['-b:v', `${bitrate}`, '-maxrate:v', `${Math.round(bitrate! * 1.5)}`, '-bufsize:v', `${bitrate! * 2}`]

const capped = ({ maxBitrate }: RungEncoding): string[] => [
  '-maxrate:v',
  `${maxBitrate}`,
  '-bufsize:v',
  `${2 * maxBitrate}`,
]

/** Key frames where they are due and nowhere else, each the begin of something that stands by itself. */
const keyed = ({ frames, keyFrames }: RungEncoding): string[] => ['-g', `${frames}`, '-force_key_frames', keyFrames]

const passOptions = (pass: EncoderPass): string[] =>
  pass === null ? [] : ['-pass', `${pass.number}`, '-passlogfile', pass.log]

/** The encoders that ffleet knows how to drive, by codec, the better one first. Options hold from ffmpeg 4.1 to 9. */
const VIDEO_ENCODERS: Record<Exclude<Video['codec'], 'copy'>, readonly VideoEncoder[]> = {
  h264: [
    {
      name: 'libx264',
      twoPasses: true,
      options: (video, _, pass, __, rung) => [
        ...['-preset', video.speed ?? 'medium'],
        ...(video.crf === null ? rate(video) : ['-crf', `${video.crf}`]),
        ...passOptions(pass),
        ...(rung ? [...capped(rung), ...keyed(rung), '-sc_threshold', '0', '-forced-idr', '1'] : []),
      ],
    },
  ],
  hevc: [
    {
      name: 'libx265',
      twoPasses: true,
      // x265 3.5 runs over its memory now and then where both sides lie between 33 and 63.
      takes: {
        always: { width: 64, height: 64 },
        size: ({ width, height }) =>
          Math.min(width, height) >= 16 && (Math.max(width, height) >= 64 || Math.max(width, height) <= 32),
      },
      options: (video, _, pass, hdr, rung) => [
        ...['-preset', video.speed ?? 'fast'],
        ...(video.crf === null ? rate(video) : ['-crf', `${video.crf}`]),
        ...(rung ? [...capped(rung), ...keyed(rung), '-forced-idr', '1'] : []),
        // ffmpeg's -pass does not reach x265.
        ...[
          '-x265-params',
          [
            'log-level=error',
            ...(pass === null ? [] : [`pass=${pass.number}`, `stats=${pass.log}`]),
            ...(rung ? ['scenecut=0', 'open-gop=0', `keyint=${rung.frames}`] : []),
            ...inX265Params(hdr),
          ].join(':'),
        ],
      ],
    },
  ],
  vp9: [
    {
      name: 'libvpx-vp9',
      twoPasses: true,
      options: (video, _, pass) => [
        ...['-deadline', 'good', '-cpu-used', video.speed ?? '2', '-row-mt', '1'],
        ...(video.crf === null ? rate(video) : ['-crf', `${video.crf}`, '-b:v', '0']),
        ...passOptions(pass),
      ],
    },
  ],
  av1: [
    {
      name: 'libsvtav1',
      takes: { always: { width: 64, height: 64 }, size: ({ width, height }) => Math.min(width, height) >= 64 },
      twoPasses: false, // ffmpeg hands it no statistics
      options: (video, capabilities, _, hdr, rung) => [
        ...['-preset', video.speed ?? '8'],
        ...(video.crf === null
          ? ['-b:v', `${video.bitrate}`]
          : // Before 5.1 it knows no quality target, only a fixed quantizer, which is near it.
            [isAtLeast(capabilities, 5, 1) ? '-crf' : '-qp', `${video.crf}`]),
        ...(rung ? keyed(rung) : []),
        ...(isAtLeast(capabilities, 5, 1) ? inSvtAv1Params(hdr) : []),
      ],
    },
    {
      name: 'libaom-av1',
      twoPasses: true,
      options: (video, capabilities, pass, _, rung) => [
        // Its steps end at 8, those of SVT-AV1 at 13. Experimental before 4.3, where it has no -row-mt either.
        ...['-cpu-used', `${Math.min(8, Number(video.speed ?? 6))}`],
        ...(isAtLeast(capabilities, 4, 3) ? ['-row-mt', '1'] : []),
        ...['-strict', 'experimental'],
        ...(video.crf === null ? ['-b:v', `${video.bitrate}`] : ['-crf', `${video.crf}`, '-b:v', '0']),
        ...(rung ? keyed(rung) : []),
        ...passOptions(pass),
      ],
    },
  ],
  prores: [
    // Apple's name in the header: some programs take no other.
    { name: 'prores_ks', twoPasses: false, options: ({ profile }) => ['-profile:v', profile!, '-vendor', 'apl0'] },
  ],
  dnxhr: [
    {
      name: 'dnxhd',
      twoPasses: false,
      takes: { always: { width: 256, height: 120 }, size: ({ width, height }) => width >= 256 && height >= 120 },
      options: ({ profile }) => ['-profile:v', `dnxhr_${profile}`],
    },
  ],
  ffv1: [
    {
      name: 'ffv1',
      twoPasses: false,
      // Version 3, whose every slice has a checksum, and each picture by itself.
      options: () => ['-level', '3', '-g', '1', '-coder', '1', '-context', '1', '-slicecrc', '1'],
    },
  ],
  gif: [{ name: 'gif', twoPasses: false, options: () => [] }],
  webp: [
    // The first compares pictures with each other, the second stores each by itself.
    { name: 'libwebp_anim', twoPasses: false, options: () => ['-quality', '75'] },
    { name: 'libwebp', twoPasses: false, options: () => ['-quality', '75'] },
  ],
  png: [{ name: 'png', twoPasses: false, options: () => [] }],
  mjpeg: [
    {
      name: 'mjpeg',
      twoPasses: false,
      // Full range in a pixel format of its own (yuvj420p) is deprecated, the same in yuv420p was once "unofficial".
      options: () => ['-q:v', '3', '-color_range', 'pc', '-strict', 'unofficial'],
    },
  ],
}

const AUDIO_ENCODERS = {
  aac: ['aac'],
  mp3: ['libmp3lame', 'libshine'],
  opus: ['libopus'],
  flac: ['flac'],
  pcm: ['pcm_s24le'],
} as const

/** Every encoder of ffmpeg that a preset can use: what a worker tells the fleet about itself. */
export const KNOWN_ENCODERS: readonly string[] = [
  ...Object.values(VIDEO_ENCODERS).flatMap((encoders) => encoders.map(({ name }) => name)),
  ...Object.values(AUDIO_ENCODERS).flat(),
]

/**
 * `-c:v` and what the encoder needs besides. Throws `ENCODER_NOT_AVAILABLE`, and `CODEC_NOT_ALLOWED` for pictures that are
 * too small for every encoder there is. `size` left out: not bounded. `hdr`: what is carried along.
 */
export function videoEncoderOptions(
  video: Video,
  capabilities: Capabilities,
  pass: EncoderPass,
  {
    size = null,
    hdr = null,
    rung = null,
  }: { size?: Size | null; hdr?: HdrMetadata | null; rung?: RungEncoding | null } = {},
): string[] {
  const encoders = video.codec === 'copy' ? [] : VIDEO_ENCODERS[video.codec]
  const able = encoders.filter(({ twoPasses }) => twoPasses || video.passes === 1)
  const there = able.filter(({ name }) => capabilities.encoders.has(name))
  if (there.length === 0) throw unavailable(video.codec, able)
  const encoder = there.find(({ takes }) => size === null || takes === undefined || takes.size(size))
  if (!encoder) throw tooSmall(video.codec, size!, there.find(({ takes }) => takes)!.takes!.always)
  return ['-c:v', encoder.name, ...encoder.options(video, capabilities, pass, hdr, rung)]
}

/** `-c:a` and the bit rate; `to`: for which streams of the output. Throws `ENCODER_NOT_AVAILABLE`. */
export function audioEncoderOptions(
  { codec, bitrate }: { codec: keyof typeof AUDIO_ENCODERS; bitrate: number | null },
  { encoders }: Capabilities,
  to = 'a',
): string[] {
  const candidates = AUDIO_ENCODERS[codec].map((name) => ({ name }))
  const encoder = candidates.find(({ name }) => encoders.has(name))
  if (!encoder) throw unavailable(codec, candidates)
  return [`-c:${to}`, encoder.name, ...(bitrate === null ? [] : [`-b:${to}`, `${bitrate}`])]
}

function tooSmall(codec: string, { width, height }: Size, least: Size): FfleetError {
  const detail = `The output would have ${width}x${height} pixels; ${codec} needs at least ${least.width}x${least.height}.`
  return new FfleetError('CODEC_NOT_ALLOWED', detail, { hint: 'Choose a preset of another codec, such as h264-720p.' })
}

function unavailable(codec: string, candidates: readonly { name: string }[]): FfleetError {
  const names = candidates.map(({ name }) => name).join(' or ')
  return new FfleetError('ENCODER_NOT_AVAILABLE', `To encode ${codec}, ffmpeg on this worker would need ${names}.`)
}
