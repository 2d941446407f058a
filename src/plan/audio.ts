import type { OutputWarning, Preset, ProbeStream } from '../contract/index.js'
import { audioEncoderOptions } from './encoders.js'
import { straighten } from './straighten.js'
import type { PlanInput } from './types.js'

type Audio = NonNullable<Preset['audio']>

/** Channels of a layout, by ffmpeg's name. */
const CHANNELS = {
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
} as const
type Layout = keyof typeof CHANNELS

/** Layouts that encoder and players both understand, and the sample rates an output may have. */
const CODECS: Record<
  Exclude<Audio['codec'], 'copy'>,
  { layouts: readonly Layout[]; sampleRates: readonly number[] }
> = {
  aac: {
    layouts: ['mono', 'stereo', '3.0', '4.0', '5.0', '5.1', '7.1'],
    sampleRates: [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000],
  },
  mp3: {
    layouts: ['mono', 'stereo'],
    sampleRates: [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000],
  },
  // Opus knows one rate outside; and libopus refuses 5.1 with side channels, which becomes 5.1 with back channels.
  opus: { layouts: ['mono', 'stereo', '3.0', 'quad', '5.0', '5.1', '6.1', '7.1'], sampleRates: [48_000] },
  flac: {
    layouts: ['mono', 'stereo', '2.1', '3.0', '3.1', 'quad', '5.0', '5.1', '6.1', '7.1', '7.1(wide)'],
    sampleRates: [8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000],
  },
}

/** What holds no more than 16 bits, or was coded with loss: in FLAC, 24 bits of it would be half as large again. */
const NO_MORE_THAN_16_BITS = /^(aac|mp3|mp2|opus|vorbis|ac3|eac3|amr.*|wma.*|pcm_(s16|u8|s8|mulaw|alaw).*)$/

/**
 * Filter and encoder options of an audio output. More channels than the bound are mixed down; fewer stay as they are.
 * A sample rate that the codec has not got becomes the next one that keeps the pitch range. A gap in the times of packets is
 * silence. `alone`: without a picture, the sound begins at its own first sample. `to`: the streams of the output that they
 * are for, as ffmpeg names them.
 */
export function audioOptions(
  audio: Audio,
  stream: ProbeStream,
  { input }: { input: Pick<PlanInput, 'probe' | 'capabilities'> },
  { place = 'beside a picture', to = 'a' }: { place?: 'alone' | 'beside a picture'; to?: string } = {},
): string[] {
  if (audio.codec === 'copy') return [`-c:${to}`, 'copy']
  const { layouts, sampleRates } = CODECS[audio.codec]
  const allowed = layouts.filter((layout) => CHANNELS[layout] <= (audio.channels ?? 8))
  const sampleRate = outputSampleRate(stream.sampleRate, sampleRates)
  return [
    ...[
      `-filter:${to}`,
      [
        ...(stream.clockJumps ? straighten(input.probe.container, stream) : []),
        ...(place === 'alone' ? ['asetpts=PTS-STARTPTS'] : []),
        'aresample=async=1',
        ...(hasPlaces(stream) ? [] : [mixOfAll(stream.channels!)]),
        ...(keepsLayout(audio, stream) ? [] : [`aformat=channel_layouts=${allowed.join('|')}`]),
      ].join(','),
    ],
    ...(sampleRate === null ? [] : [`-ar:${to}`, `${sampleRate}`]),
    ...(audio.codec === 'flac' && NO_MORE_THAN_16_BITS.test(stream.codec!) ? [`-sample_fmt:${to}`, 's16'] : []),
    ...audioEncoderOptions({ codec: audio.codec, bitrate: audio.bitrate }, input.capabilities, to),
  ]
}

/** Up to 8 channels have an order that everybody means; of more, only a layout says where they belong. */
function hasPlaces({ channels, channelLayout }: ProbeStream): boolean {
  return channels === null || channels <= 8 || (channelLayout !== null && !/^\d+ channels/.test(channelLayout))
}

/** FLAC holds any layout of up to 8 channels as it is. */
function keepsLayout({ codec, channels: most }: Audio, { channels }: ProbeStream): boolean {
  return codec === 'flac' && channels !== null && channels <= Math.min(8, most ?? 8)
}

function mixOfAll(channels: number): string {
  const part = (1 / channels).toFixed(4)
  return `pan=mono|c0=${Array.from({ length: channels }, (_, i) => `${part}*c${i}`).join('+')}`
}

/** What becomes of a stream's channels, for people. */
export function audioWarnings(stream: ProbeStream): OutputWarning[] {
  if (hasPlaces(stream)) return []
  const detail = `The audio has ${stream.channels} channels and does not say where they belong: all are mixed into one.`
  return [{ code: 'CHANNELS_MIXED', detail }]
}

/** Null where the input's rate is unknown and the codec leaves a choice: then ffmpeg chooses. */
function outputSampleRate(from: number | null, allowed: readonly number[]): number | null {
  const highest = allowed[allowed.length - 1]!
  if (allowed.length === 1) return highest
  if (from === null) return null
  if (from <= highest) return allowed.find((rate) => rate >= from) ?? highest
  return allowed.findLast((rate) => from % rate === 0) ?? highest
}
