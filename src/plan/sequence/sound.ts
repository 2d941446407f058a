import type { ProbeStream } from '../../contract/index.js'
import { timedFilters } from '../audio.js'
import { seconds } from '../range.js'
import { agree, type Part, type Piece, trimmed } from './clips.js'
import { exactSound } from './exact.js'
import { fades } from './fades.js'

/** What all sounds of a sequence are brought to: what they share, else 48 kHz and stereo. */
export type Voice = { sampleRate: number; layout: string; channels: number }

export function voiceOf(parts: readonly Part[]): Voice {
  const streams = parts.map(({ stream }) => stream)
  const first = streams[0]!
  const isSame = (of: (stream: ProbeStream) => unknown) => agree(streams, of)
  const sampleRate = isSame((stream) => stream.sampleRate) ? (first.sampleRate ?? 48_000) : 48_000
  const isMono = streams.every(({ channels }) => channels === 1)
  const { channelLayout, channels } = first
  if (isMono) return { sampleRate, layout: 'mono', channels: 1 }
  if (channelLayout !== null && channels !== null && isSame((stream) => stream.channelLayout)) {
    return { sampleRate, layout: channelLayout, channels }
  }
  return { sampleRate, layout: 'stereo', channels: 2 }
}

/** Filters that make the sound of a piece one of the sequence. `alone`: there is no picture that it belongs to. */
export function soundFilters(
  piece: Piece,
  { sampleRate, layout }: Voice,
  place: 'alone' | 'beside a picture',
): string[] {
  const { clip, lengthUs } = piece
  const audio = piece.audio!
  const isSoundtrack = clip.soundtrack !== undefined
  return [
    ...timedFilters(audio.file, audio.stream, isSoundtrack ? 'alone' : place),
    ...trimmed(audio, 'audio'),
    // What begins later than the picture does has silence before it.
    ...(place === 'alone' || isSoundtrack ? [] : ['aresample=async=1:first_pts=0']),
    `aformat=sample_fmts=fltp:sample_rates=${sampleRate}:channel_layouts=${layout}`,
    ...tempo(isSoundtrack ? 1 : (clip.speed ?? 1)),
    // As long as the picture, whichever is longer.
    ...(isSoundtrack && lengthUs !== null
      ? ['apad', `atrim=duration=${seconds(lengthUs)}`]
      : exactSound(piece, sampleRate)),
    ...fades('afade', piece),
  ]
}

/** Silence of a piece without sound; where its length is not known, the joining fills up what is missing. */
export function silence({ lengthUs }: Piece, { sampleRate, layout }: Voice): string {
  const source = `anullsrc=sample_rate=${sampleRate}:channel_layout=${layout}`
  return `${source},atrim=duration=${seconds(lengthUs ?? 100_000)},aformat=sample_fmts=fltp`
}

/** One filter changes the speed by no more than a factor of two. */
function tempo(speed: number): string[] {
  if (speed === 1) return []
  const times = Math.ceil(Math.abs(Math.log2(speed)) - 1e-9) || 1
  return Array.from({ length: times }, () => `atempo=${(speed ** (1 / times)).toFixed(9)}`)
}
