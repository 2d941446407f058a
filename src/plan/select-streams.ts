import { type ErrorCode, FfleetError, type Probe, type ProbeStream } from '../contract/index.js'
import { isReadCodec } from '../probe/codecs.js'

/** A stream, and its number among the streams of its type as `-map 0:V:1` and `-map 0:a:0` count. */
export type Selected = { stream: ProbeStream; specifier: string }
/** Why a stream that is announced is of no use, as "it …" goes on for people; and the code of that, where it has one. */
type Lost = { why: string; code?: ErrorCode; hint?: string }
/** `audios`: all that can be used, in the order of the file; `lost`: why there is none although the file announces one. */
export type Selection = {
  video: Selected | null
  audio: Selected | null
  audios: Selected[]
  lost: { video: Lost | null; audio: Lost | null }
}

export type SelectOptions = {
  /** Where the range begins; what ends before is of no use. */
  startUs: number
  /** Streams, by index, that turned out to hold nothing that can be decoded. */
  undecodable?: ReadonlySet<number>
  /** Codecs that are read besides those of `probe/codecs.ts`. */
  moreCodecs?: readonly string[]
}

/**
 * The video and the audio that outputs are made from. A stream that is announced is not a stream that is there: cover art, a
 * codec that is unknown or not read, locked packets, no packets at all, or an end before the range are of no use. Of the rest, a picture beside
 * a film or a fragment beside a whole track is only taken where there is no other; then the first one marked default, else
 * the first.
 */
export function selectStreams(probe: Probe, options: SelectOptions): Selection {
  const videos = probe.streams.filter(({ type, attachedPicture }) => type === 'video' && !attachedPicture)
  const audios = probe.streams.filter(({ type }) => type === 'audio')
  const usable = (streams: ProbeStream[]) => seen(streams.filter((stream) => whyNot(stream, options) === null))
  const selected = (stream: ProbeStream, streams: ProbeStream[], letter: string): Selected => {
    return { stream, specifier: `0:${letter}:${streams.indexOf(stream)}` }
  }
  const select = (streams: ProbeStream[], letter: string): Selected | null => {
    const candidates = substantial(usable(streams))
    const stream = candidates.find(({ isDefault }) => isDefault) ?? candidates[0]
    return stream ? selected(stream, streams, letter) : null
  }
  const why = (streams: ProbeStream[]) => (streams[0] ? whyNot(streams[0], options) : null)
  const video = select(videos, 'V')
  return {
    video: video !== null && video.stream.width !== null ? video : null,
    audio: select(audios, 'a'),
    audios: usable(audios).map((stream) => selected(stream, audios, 'a')),
    lost: { video: why(videos), audio: why(audios) },
  }
}

/** `INPUT_ENCRYPTED`, `CODEC_NOT_ALLOWED`, or `otherwise`, for a stream that an output can't do without. */
export function missing(lost: Lost | null, otherwise: FfleetError): FfleetError {
  if (lost === null) return otherwise
  if (lost === LOCKED)
    return new FfleetError('INPUT_ENCRYPTED', 'The input is encrypted: it can only be played with its DRM key.')
  const { why, code = otherwise.code, hint } = lost
  return new FfleetError(code, `${otherwise.message} It ${why}.`, hint === undefined ? {} : { hint })
}

const LOCKED: Lost = { why: 'is encrypted' }

function whyNot(stream: ProbeStream, { startUs, undecodable, moreCodecs }: SelectOptions): Lost | null {
  const { index, codec, encrypted, packets, durationUs } = stream
  if (encrypted) return LOCKED
  if (packets === 0) return { why: 'is announced, but there is nothing of it' }
  if (codec === null) return { why: 'has a codec that ffmpeg does not know' }
  if (!isReadCodec(codec, moreCodecs)) return notRead(codec)
  if (undecodable?.has(index)) return { why: 'can not be decoded' }
  if (durationUs !== null && (stream.startUs ?? 0) + durationUs <= startUs)
    return { why: 'ends before the range begins' }
  return null
}

function notRead(codec: string): Lost {
  return {
    why: `is ${codec}, which is none of the codecs that are read here`,
    code: 'CODEC_NOT_ALLOWED',
    hint: 'Convert the file to a common codec such as H.264 and AAC, or let the operator add the codec to FFLEET_MORE_CODECS.',
  }
}

/** Of which something came so far: a broadcast announces languages that it does not send. */
function seen(streams: ProbeStream[]): ProbeStream[] {
  return keep(streams, ({ type, width, sampleRate }) => (type === 'video' ? width : sampleRate) !== null)
}

/** More than one picture where any has more, and at least half as long as the longest. */
function substantial(streams: ProbeStream[]): ProbeStream[] {
  const moving = keep(streams, ({ type, frames, packets }) => type !== 'video' || (frames ?? packets ?? 2) > 1)
  const longestUs = Math.max(...moving.map(({ durationUs }) => durationUs ?? 0))
  return keep(moving, ({ durationUs }) => durationUs === null || durationUs >= longestUs / 2)
}

/** Those that pass, if any does. */
function keep(streams: ProbeStream[], passes: (stream: ProbeStream) => boolean): ProbeStream[] {
  const kept = streams.filter(passes)
  return kept.length > 0 ? kept : streams
}
