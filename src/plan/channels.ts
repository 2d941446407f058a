import { FfleetError, type OutputWarning, type Preset, type ProbeStream } from '../contract/index.js'
import { AUDIO_RULES, CHANNELS_OF, mappedLayout } from '../presets/codecs.js'

type Encoded = NonNullable<Preset['audio']> & { codec: keyof typeof AUDIO_RULES }

/** Filters that give an output its channels. Throws `CHANNEL_NOT_IN_INPUT`. */
export function channelFilters(audio: Encoded, stream: ProbeStream): string[] {
  const { layout, channelMap } = audio
  if (channelMap) return [mapped(channelMap, mappedLayout(audio.codec, channelMap, layout)!, stream)]
  return [
    ...(hasPlaces(stream) ? [] : [mixOfAll(stream.channels!)]),
    ...(layout === undefined ? bounded(audio, stream) : [`aformat=channel_layouts=${layout}`]),
  ]
}

/** More channels than the bound are mixed down; fewer stay as they are. */
function bounded(audio: Encoded, stream: ProbeStream): string[] {
  if (keepsLayout(audio, stream)) return []
  const { layouts } = AUDIO_RULES[audio.codec]
  const allowed = layouts.filter((layout) => CHANNELS_OF[layout] <= (audio.channels ?? 8))
  return [`aformat=channel_layouts=${allowed.join('|')}`]
}

function mapped(channelMap: readonly number[], layout: string, { channels }: ProbeStream): string {
  const highest = Math.max(...channelMap)
  if (channels !== null && highest >= channels) {
    const detail = `\`channelMap\` takes channel ${highest}; the audio has ${channels}, counted from 0.`
    throw new FfleetError('CHANNEL_NOT_IN_INPUT', detail)
  }
  return `pan=${[layout, ...channelMap.map((from, to) => `c${to}=c${from}`)].join('|')}`
}

/** Up to 8 channels have an order that everybody means; of more, only a layout says where they belong. */
function hasPlaces({ channels, channelLayout }: ProbeStream): boolean {
  return channels === null || channels <= 8 || (channelLayout !== null && !/^\d+ channels/.test(channelLayout))
}

/** FLAC and PCM hold any layout of up to 8 channels as it is. */
function keepsLayout({ codec, channels: most }: Encoded, { channels }: ProbeStream): boolean {
  return (codec === 'flac' || codec === 'pcm') && channels !== null && channels <= Math.min(8, most ?? 8)
}

function mixOfAll(channels: number): string {
  const part = (1 / channels).toFixed(4)
  return `pan=mono|c0=${Array.from({ length: channels }, (_, i) => `${part}*c${i}`).join('+')}`
}

/** What becomes of a stream's channels, for people. */
export function channelWarnings({ channelMap }: NonNullable<Preset['audio']>, stream: ProbeStream): OutputWarning[] {
  if (hasPlaces(stream) || channelMap) return []
  const detail = `The audio has ${stream.channels} channels and does not say where they belong: all are mixed into one.`
  return [{ code: 'CHANNELS_MIXED', detail }]
}
