/** The facts of what outputs see of a sequence, as a probe would find them in a file of it. */
import type { Probe, ProbeStream } from '../../contract/index.js'
import { NO_FACTS } from '../../probe/no-facts.js'
import type { Clip } from '../types.js'
import { lastFrameOf, type Part, type Piece, rateOf, STILL_RATE } from './clips.js'
import type { Look } from './picture.js'
import type { Voice } from './sound.js'

/** No demuxer's name: nothing that rests on the ways of one applies. */
const CONTAINER = 'sequence'

/** `look` and `voice` are null where there is no picture, or no sound. */
export function factsOf(pieces: readonly Piece[], look: Look | null, voice: Voice | null): Probe {
  const streams = [
    ...(look ? [pictureOf(pieces, look)] : []),
    ...(voice ? [soundOf(pieces, voice, look === null ? 0 : 1)] : []),
  ]
  const lengths = streams.map(({ durationUs }) => durationUs)
  return {
    container: CONTAINER,
    bytes: [...new Set(pieces.map(({ clip }) => clip))].reduce((sum, { probe }) => sum + probe.bytes, 0),
    durationUs: lengths.length === 0 || lengths.includes(null) ? null : Math.max(...lengths.map((us) => us!)),
    promisedUs: null,
    bitrate: null,
    streams,
    chapters: 0,
    tags: pieces[0]!.clip.probe.tags,
    by: pieces[0]!.clip.probe.by,
  }
}

const SAYS_NOTHING = {
  ...NO_FACTS,
  startUs: 0,
  clockJumps: false,
  packets: null,
  bitrate: null,
  language: null,
  isDefault: true,
}

function pictureOf(pieces: readonly Piece[], { frame, pixelFormat, colours }: Look): ProbeStream {
  const rates = pieces.map(rateOf)
  return {
    ...SAYS_NOTHING,
    index: 0,
    type: 'video',
    codec: 'rawvideo',
    durationUs: wholeUs(pieces, ({ video, exact }) => (exact?.rate ? null : video)),
    width: frame.width,
    height: frame.height,
    displayWidth: frame.width,
    displayHeight: frame.height,
    frameRate: rates[0]!,
    constantFrameRate: rates[0] !== null && rates.every((rate) => rate === rates[0]),
    frames: sumOf(pieces.map(framesOf)),
    presentationTimes: true,
    lastFrameUs: lastFrameOf(pieces.at(-1)!),
    pixelFormat,
    ...colours,
  }
}

function soundOf(pieces: readonly Piece[], { sampleRate, layout, channels }: Voice, index: number): ProbeStream {
  const codecs = new Set(pieces.map(({ audio }) => audio?.stream.codec ?? 'pcm_s16le'))
  return {
    ...SAYS_NOTHING,
    index,
    type: 'audio',
    // What it was tells how many bits it is worth.
    codec: codecs.size === 1 ? [...codecs][0]! : 'pcm_s16le',
    durationUs: wholeUs(pieces, ({ audio, clip, video, exact }) => (exact ? null : clip.soundtrack ? video : audio)),
    channels,
    channelLayout: layout,
    sampleRate,
  }
}

/** To the end of a stream in the last piece: in the others it stands still, or is silent, until the next begins. */
function wholeUs(pieces: readonly Piece[], of: (piece: Piece) => Part | null): number | null {
  const last = pieces.at(-1)!
  const part = of(last)
  const ends = part === null ? last.lengthUs : part.lengthUs === null ? null : part.lengthUs / (last.clip.speed ?? 1)
  return sumOf([...pieces.map(({ crossfadeUs }) => -crossfadeUs), ...pieces.slice(0, -1).map(lengthOf), ends])
}

const lengthOf = ({ lengthUs }: Piece) => lengthUs

/** Those that must come out; null where a range, or fields, leave that open. */
function framesOf({ clip, isStill, video, exact, lengthUs: wholeUs, crossfadeUs }: Piece): number | null {
  const { stream, range, lengthUs } = video!
  if (exact?.rate) return Math.round(((wholeUs! - crossfadeUs) / 1e6) * exact.rate)
  if (isStill) return Math.round((lengthUs! / 1e6) * STILL_RATE)
  const isWhole = range.startUs === 0 && range.limitUs === null
  return isWhole && !stream.interlaced && !clip.probe.promisedUs ? stream.frames : null
}

/** What a person says of the length of clips that do not tell it themselves; null: nothing, or not of all of those. */
export function saidMs(pieces: readonly Piece[]): number | null {
  if (pieces.every(({ clip }) => clip.expectedDurationMs === null)) return null
  const lengths = pieces.map(({ clip, lengthUs }) => {
    if (clip.expectedDurationMs === null) return lengthUs === null ? null : lengthUs / 1_000
    return playedMs(clip, clip.expectedDurationMs)
  })
  return sumOf([...lengths, ...pieces.map(({ crossfadeUs }) => -crossfadeUs / 1_000)])
}

function playedMs({ startMs, endMs, speed = 1 }: Clip, wholeMs: number): number {
  return Math.max(0, Math.min(wholeMs, endMs ?? wholeMs) - (startMs ?? 0)) / speed
}

/** Null where one is not known. */
function sumOf(values: readonly (number | null)[]): number | null {
  return values.includes(null) ? null : values.reduce<number>((sum, value) => sum + value!, 0)
}
