import type { OutputWarning, Preset, ProbeStream } from '../contract/index.js'
import { AUDIO_RULES, CHANNELS_OF } from '../presets/codecs.js'
import { channelFilters, channelWarnings } from './channels.js'
import { audioEncoderOptions } from './encoders.js'
import { loudnessPasses } from './loudness.js'
import { together } from './measure.js'
import type { Selected } from './select-streams.js'
import { straighten } from './straighten.js'
import { trimPasses } from './trim-silence.js'
import type { ExpectedSound, Measuring, PlanInput } from './types.js'

type Audio = NonNullable<Preset['audio']>

/** What holds no more than 16 bits, or was coded with loss: in FLAC, 24 bits of it would be half as large again. */
const NO_MORE_THAN_16_BITS = /^(aac|mp3|mp2|opus|vorbis|ac3|eac3|amr.*|wma.*|pcm_(s16|u8|s8|mulaw|alaw).*)$/

/** What becomes of the sound of an output. */
export type Sound = {
  /** Filters and options of the encoder. */
  options: string[]
  warnings: OutputWarning[]
  measuring: Measuring
  expected: { sound?: ExpectedSound }
}

const NO_SOUND: Sound = {
  options: [],
  warnings: [],
  measuring: together(),
  expected: {},
}

/**
 * Filter and encoder options of an audio output, in this order: times, silence at the ends, channels, gain or loudness, sample rate.
 * A sample rate that the codec has not got becomes the next one that keeps the pitch range. A gap in the times of packets is
 * silence. `alone`: without a picture, the sound begins at its own first sample. `to`: the streams of the output that they
 * are for, as ffmpeg names them.
 */
export function soundOf(
  audio: Audio,
  { stream, specifier }: Selected,
  { input }: { input: Pick<PlanInput, 'probe' | 'capabilities'> },
  { place = 'beside a picture', to = 'a' }: { place?: 'alone' | 'beside a picture'; to?: string } = {},
): Sound {
  if (audio.codec === 'copy') return { ...NO_SOUND, options: [`-c:${to}`, 'copy'] }
  const { codec, bitrate, gainDb, loudness, trimSilence } = audio
  const { capabilities } = input
  const sampleRate = audio.sampleRate ?? outputSampleRate(stream.sampleRate, AUDIO_RULES[codec].sampleRates, loudness)
  const timed = timedFilters(input, stream, place)
  const channels = channelFilters({ ...audio, codec }, stream)
  const gain = gainDb === undefined ? [] : [`volume=${gainDb}dB`]
  const trim = trimSilence && trimPasses(trimSilence, specifier, timed)
  // Silence counts for nothing in loudness, so that it may be measured with it.
  const before = [...timed, ...channels]
  const level = loudness && loudnessPasses({ loudness, specifier, before, sampleRate: sampleRate!, capabilities })
  const filters = [...timed, ...(trim?.filters ?? []), ...channels, ...gain, ...(level?.filters ?? [])]
  const passes = [trim, level].filter((each) => each !== undefined)
  return {
    options: [
      ...[`-filter:${to}`, filters.join(',')],
      ...(sampleRate === null ? [] : [`-ar:${to}`, `${sampleRate}`]),
      ...(codec === 'flac' && NO_MORE_THAN_16_BITS.test(stream.codec!) ? [`-sample_fmt:${to}`, 's16'] : []),
      ...audioEncoderOptions({ codec, bitrate }, capabilities, to),
    ],
    warnings: channelWarnings(audio, stream),
    measuring: together(...passes.map(({ measuring }) => measuring)),
    expected: expectedSound(audio),
  }
}

/** Of all sounds of an output, each mapped to it. */
export function soundOfAll(
  audio: Audio | null,
  audios: readonly Selected[],
  context: { input: Pick<PlanInput, 'probe' | 'capabilities'> },
): Sound {
  if (audio === null) return NO_SOUND
  const sounds = audios.map((each, n) => soundOf(audio, each, context, { to: audios.length === 1 ? 'a' : `a:${n}` }))
  return {
    options: sounds.flatMap(({ options }, n) => ['-map', audios[n]!.specifier, ...options]),
    warnings: sounds.flatMap(({ warnings }) => warnings),
    measuring: together(...sounds.map(({ measuring }) => measuring)),
    expected: sounds[0]?.expected ?? {},
  }
}

/** Filters that bring samples to their times. */
export function timedFilters(
  { probe }: Pick<PlanInput, 'probe'>,
  stream: ProbeStream,
  place: 'alone' | 'beside a picture',
): string[] {
  return [
    ...(stream.clockJumps ? straighten(probe.container, stream) : []),
    ...(place === 'alone' ? ['asetpts=PTS-STARTPTS'] : []),
    'aresample=async=1',
  ]
}

function expectedSound({ sampleRate, layout, channelMap, loudness }: Audio): { sound?: ExpectedSound } {
  const channels = layout === undefined ? channelMap?.length : CHANNELS_OF[layout]
  const sound = {
    ...(sampleRate !== undefined && { sampleRate }),
    ...(channels !== undefined && { channels }),
    ...(loudness !== undefined && { loudness }),
  }
  return Object.keys(sound).length === 0 ? {} : { sound }
}

/** Null where the input's rate is unknown and the codec leaves a choice: then ffmpeg chooses, unless a limiter has to know. */
function outputSampleRate(from: number | null, allowed: readonly number[], loudness: Audio['loudness']): number | null {
  const highest = allowed[allowed.length - 1]!
  if (allowed.length === 1) return highest
  if (from === null) return loudness === undefined ? null : 48_000
  if (from <= highest) return allowed.find((rate) => rate >= from) ?? highest
  return allowed.findLast((rate) => from % rate === 0) ?? highest
}
