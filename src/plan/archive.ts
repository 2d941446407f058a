import { FfleetError, type ProbeStream } from '../contract/index.js'
import { colourTags } from './colour-tags.js'
import { containerOptions, holdsAudio } from './containers.js'
import { encoderClock, type Plan, type PlanContext, type Recipe, requireMoving } from './context.js'
import { videoEncoderOptions } from './encoders.js'
import { storedSize } from './framing.js'
import { audioPart, countFrames, promisedUs, sideExpected, videoPart } from './lengths.js'
import { rangeOptions, readRange } from './range.js'
import type { Selected } from './select-streams.js'
import type { Carried } from './tracks/index.js'
import { trackOptions } from './tracks/options.js'
import type { LosslessProof } from './types.js'

/** In pixels: from here on a picture is in so many parts that a fault takes little of it. */
const LARGE = 640 * 480
const ANY_RATE = { maxFrameRate: null }

/**
 * All of a film without loss: pictures as FFV1, samples as FLAC, or as they are where FLAC does not hold them; what was coded with loss is
 * copied. The same decoding hashes every picture and every sound that is coded anew; verification hashes the output and compares.
 */
export function planArchive(recipe: Recipe<'video'>, path: string, tracks: Carried, context: PlanContext): Plan {
  const { capabilities, probe } = context.input
  const video = requireMoving(context)
  const { audios } = tracks
  const { filters, hashedAs } = intoFfv1(video.stream)
  const { stream } = video
  const hashing = hashedAs === null ? filters : [`format=${hashedAs}`]
  const through = (chain: readonly string[]) => [
    ...['-map', video.specifier, ...(chain.length > 0 ? ['-vf', chain.join(',')] : [])],
    // Every picture counts, also two at one time.
    ...(capabilities.fpsMode ? ['-fps_mode', 'passthrough'] : []),
    ...encoderClock(video, {}),
  ]
  const sounds = audios.map((audio, track) => ({
    track,
    audio,
    kept: keptSound(audio),
    file: `${path}.sound-${track}.md5`,
  }))
  const hashed = sounds.flatMap(({ kept, ...sound }) =>
    kept.hashedAs === null ? [] : [{ ...sound, codec: kept.hashedAs }],
  )
  const proof: LosslessProof = {
    pictures: `${path}.pictures.md5`,
    hashedAs,
    sounds: hashed.map(({ track, codec, file }) => ({ track, codec, file })),
  }
  const outputOptions = rangeOptions(readRange(probe.container, context.range).decoded)
  return {
    args: [
      ...through(filters),
      ...videoEncoderOptions(recipe.video, capabilities, null, { size: storedSize(stream) }),
      ...['-slices', `${stream.width! * stream.height! >= LARGE ? 16 : 4}`, ...colourTags(stream)],
      ...(stream.range === 'pc' ? ['-color_range', 'pc'] : []),
      ...sounds.flatMap(({ audio, kept }, n) => ['-map', audio.specifier, `-c:a:${n}`, kept.encoder]),
      ...trackOptions({ container: recipe.container, hasVideo: true }, tracks, capabilities),
      ...[...containerOptions(recipe.container, tracks, null), path],
      ...[...outputOptions, ...through(hashing), '-an', '-c:v', 'rawvideo', '-f', 'framemd5', proof.pictures],
      ...hashed.flatMap(({ audio, codec, file }) => [
        ...outputOptions,
        ...['-map', audio.specifier, '-c:a', codec, '-f', 'md5', file],
      ]),
    ],
    analyseArgs: null,
    expected: {
      durationUs: context.expectedUs([video, ...audios]),
      promisedUs: promisedUs(context),
      parts: {
        video: videoPart(context, video, ANY_RATE),
        audio: audios.map((audio) => audioPart(context, audio)),
      },
      streams: { video: 1, audio: audios.length },
      ...sideExpected(context, tracks),
      lossless: proof,
    },
    warnings: [],
    sprites: null,
    frames: countFrames(context, video, ANY_RATE),
    cost: 1,
  }
}

/** Formats of pixels that FFV1 holds as they are, from ffmpeg 4.1 on. */
const HELD = new Set(
  (
    'yuv420p yuv422p yuv444p yuv440p yuv411p yuv410p yuva420p yuva422p yuva444p yuv420p9le yuv422p9le yuv444p9le yuv420p10le ' +
    'yuv422p10le yuv444p10le yuv440p10le yuv420p12le yuv422p12le yuv444p12le yuv440p12le yuv420p14le yuv422p14le yuv444p14le ' +
    'yuv420p16le yuv422p16le yuv444p16le yuva420p9le yuva422p9le yuva444p9le yuva420p10le yuva422p10le yuva444p10le yuva420p16le ' +
    'yuva422p16le yuva444p16le bgr0 bgra gray ya8 gray9le gray10le gray12le gray16le gbrp9le gbrp10le gbrp12le gbrp14le gbrp16le ' +
    'gbrap10le gbrap12le gbrap16le rgb48le rgba64le'
  ).split(' '),
)
/** Others that have the same values in another order. */
const REORDERED = new Map(
  'rgb24:bgr0 bgr24:bgr0 0rgb:bgr0 rgb0:bgr0 0bgr:bgr0 gbrp:bgr0 rgba:bgra argb:bgra abgr:bgra pal8:bgra uyvy422:yuv422p yuyv422:yuv422p'
    .split(' ')
    .map((pair) => pair.split(':') as [string, string]),
)

/** Filters in front of FFV1 that lose nothing, and what pictures are hashed as. Throws `CODEC_NOT_ALLOWED` where there are none. */
function intoFfv1({ pixelFormat: format, rotation }: ProbeStream): { filters: string[]; hashedAs: string | null } {
  // What is not told, the proof finds out.
  if (format === null) return { filters: [], hashedAs: null }
  // ffmpeg turns the picture, for which colours need as many lines as columns.
  const isUneven = rotation % 180 !== 0 && /4(?:22|11|40)/.test(format)
  // The old name of full range. Asked for the new one, ffmpeg would bring the values into the other range: planes stay what they are.
  if (/^yuvj4\d\dp$/.test(format) && !isUneven) {
    const planes = `extractplanes=y+u+v[y][u][v];[y][u][v]mergeplanes=0x001020:${format.replace('j', '')}`
    return { filters: [planes], hashedAs: null }
  }
  const held = REORDERED.get(format) ?? format.replace(/be$/, 'le')
  if (HELD.has(held) && !isUneven) {
    // The fourth byte of a pixel is anything.
    return { filters: held === format ? [] : [`format=${held}`], hashedAs: held === 'bgr0' ? 'rgb24' : null }
  }
  const turned = isUneven ? ', turned by a quarter' : ''
  throw new FfleetError(
    'CODEC_NOT_ALLOWED',
    `The pictures are ${format}${turned}, which FFV1 does not hold without loss.`,
    {
      hint: 'Keep the film as it is with the preset copy-mkv.',
    },
  )
}

/** By which encoder a sound is kept; and as which samples it is hashed, null where it is copied. */
type KeptSound = { encoder: string; hashedAs: string | null }

/** FLAC holds 8 channels of up to 24 bits. */
function keptSound(audio: Selected): KeptSound {
  const codec = audio.stream.codec ?? ''
  const integer = /^pcm_(?:[su](?:8|16|24)|alaw|mulaw|bluray|dvd|s24daud)/.test(codec)
  if (integer && (audio.stream.channels ?? 1) <= 8) return { encoder: 'flac', hashedAs: 'pcm_s32le' }
  if (holdsAudio('mkv', audio)) return { encoder: 'copy', hashedAs: null }
  if (integer || /^pcm_[su]32/.test(codec)) return { encoder: 'pcm_s32le', hashedAs: 'pcm_s32le' }
  const float = /^pcm_(?:f64|s64)/.test(codec) ? 'pcm_f64le' : 'pcm_f32le'
  return { encoder: float, hashedAs: float }
}
