import {
  ADTS,
  EncodedPacketSink,
  FLAC,
  Input,
  type InputAudioTrack,
  type InputTrack,
  type InputVideoTrack,
  Logging,
  LogLevel,
  MATROSKA,
  type MetadataTags,
  MP3,
  MP4,
  OGG,
  QTFF,
  WAVE,
  WEBM,
} from 'mediabunny'
import type { Probe, ProbeStream } from '../contract/index.js'
import { avcMayBeInterlaced } from './avc-interlace.js'
import { type BoundedFile, ByteLimitError } from './bounded-source.js'
import { ffmpegCodecName } from './codec-names.js'
import { displaySize } from './display-size.js'
import { MATROSKA_DEMUXER, MP4_DEMUXER } from './formats.js'
import { readFrameFacts } from './frame-facts.js'
import { NO_FACTS } from './no-facts.js'
import { countOggStreams } from './ogg-streams.js'

/**
 * A probe by mediabunny, and the reasons not to rely on it. With any doubt ffprobe's answer counts, above all so that
 * the streams are numbered as ffmpeg numbers them.
 */
export type TrackReading = {
  probe: Probe
  doubts: string[]
  /** Video in H.264 that allows fields. One of the doubts, and what to go by if ffprobe can't tell either. */
  mayBeInterlaced: boolean
}

/**
 * What mediabunny reads, by ffmpeg's names. MPEG-TS is left to ffprobe, because mediabunny passes over streams that it
 * does not know there and reads one program only; HLS is no file.
 */
const DEMUXERS = new Map([
  [MP4, MP4_DEMUXER],
  [QTFF, MP4_DEMUXER],
  [MATROSKA, MATROSKA_DEMUXER],
  [WEBM, MATROSKA_DEMUXER],
  [WAVE, 'wav'],
  [OGG, 'ogg'],
  [FLAC, 'flac'],
  [MP3, 'mp3'],
  [ADTS, 'aac'],
])

/** The doubt about a file whose packets end long before or after its header says so. */
export const CUT_SHORT = 'header and packets differ'
const FIELDS_ALLOWED = 'H.264 may be interlaced'

const MIB = 1024 * 1024
const METADATA_BYTES = 64 * MIB
const DURATION_BYTES = 128 * MIB
const FRAME_BYTES = 64 * MIB
/** Time for the packets of all video tracks together: about 100,000 frames of an MP4. */
const FRAME_SCAN_MS = 250

/** Reads the facts of a media file. Rejects when mediabunny can't read it. */
export async function readTracks(file: BoundedFile): Promise<TrackReading> {
  const doubts: string[] = []
  Logging.level = LogLevel.Silent
  const stopListening = Logging.on('warn', (words) => doubts.push(words.join(' ')))
  file.allow(METADATA_BYTES)
  const input = new Input({ formats: [...DEMUXERS.keys()], source: file.source() })
  try {
    const container = DEMUXERS.get(await input.getFormat()) ?? ''
    const tracks = await input.getTracks()
    if (tracks.length === 0) doubts.push('no tracks')
    if (container === 'ogg' && countOggStreams(file) !== tracks.length) doubts.push('a stream of Ogg was passed over')
    const numbered = container.startsWith('mov') || container.startsWith('matroska')
    if (numbered && tracks.some(({ id }, i) => id !== i + 1)) doubts.push('a track was passed over')
    const tags = await input.getMetadataTags()
    const spans = await readSpans(file, container, tracks, doubts)
    const frameDeadline = performance.now() + FRAME_SCAN_MS
    const streams: ProbeStream[] = []
    for (const [index, track] of tracks.entries()) {
      const common = await commonFacts(track, index, spans)
      streams.push(
        track.isVideoTrack()
          ? { ...common, ...(await videoFacts(track, file, frameDeadline, doubts)) }
          : { ...common, ...(await audioFacts(track as InputAudioTrack, doubts)) },
      )
      if (common.codec === null) doubts.push('a codec without a name')
    }
    for (const image of tags.images ?? []) streams.push(coverArt(streams.length, image.mimeType))
    const durationUs = wholeDurationUs(spans)
    const bitrate = durationUs === null ? null : Math.round((file.bytes * 8e6) / durationUs)
    const probe: Probe = {
      container,
      bytes: file.bytes,
      durationUs,
      promisedUs: null,
      bitrate,
      streams,
      chapters: null,
      tags: plainTags(tags),
      by: 'mediabunny',
    }
    return { probe, doubts, mayBeInterlaced: doubts.includes(FIELDS_ALLOWED) }
  } finally {
    stopListening()
    input.dispose()
  }
}

/** When a track starts and ends, in seconds; null where that can't be told, and `empty` where there is nothing of it. */
type Span = { start: number; end: number } | 'empty' | null

async function readSpans(
  file: BoundedFile,
  container: string,
  tracks: readonly InputTrack[],
  doubts: string[],
): Promise<Span[]> {
  const spans: Span[] = []
  const headers: (number | null)[] = []
  for (const track of tracks) {
    file.allow(DURATION_BYTES)
    const header = await track.getDurationFromMetadata()
    headers.push(header)
    try {
      if ((await new EncodedPacketSink(track).getFirstPacket({ metadataOnly: true })) === null) {
        spans.push('empty')
        continue
      }
      const start = await track.getFirstTimestamp()
      // An edit list that begins further in may also end sooner, which mediabunny does not apply.
      if (start < -0.25) doubts.push('an edit list cuts the beginning off')
      const end = await track.computeDuration()
      spans.push(end > 0 ? { start: Math.max(0, start), end } : null)
    } catch (error) {
      if (!(error instanceof ByteLimitError)) throw error
      spans.push(header === null || header <= 0 ? null : { start: 0, end: header })
    }
  }
  const apart = (header: number, end: number) => Math.abs(header - end) > Math.max(0.25, header * 0.02)
  if (container.startsWith('mov')) {
    if (spans.some((span, i) => headers[i] && isKnown(span) && apart(headers[i], span.end)))
      doubts.push('header and samples differ')
  } else if (container !== 'mp3') {
    // The figure of an MP3 without index is a guess; the others are of the file as a whole.
    const header = Math.max(...headers.map((value) => value ?? 0))
    const end = Math.max(...spans.map((span) => (isKnown(span) ? span.end : 0)))
    if (header > 0 && apart(header, end)) doubts.push(CUT_SHORT)
  }
  return spans
}

type KnownSpan = Exclude<Span, 'empty' | null>

function isKnown(span: Span): span is KnownSpan {
  return span !== null && span !== 'empty'
}

function wholeDurationUs(spans: readonly Span[]): number | null {
  const known = spans.filter(isKnown)
  return known.length === 0 ? null : toUs(Math.max(...known.map(({ end }) => end)) - originOf(spans))
}

/** When the first track starts: ffmpeg counts from there. */
function originOf(spans: readonly Span[]): number {
  return Math.min(...spans.filter(isKnown).map(({ start }) => start))
}

function toUs(seconds: number): number | null {
  const us = Math.round(seconds * 1e6)
  return us > 0 && Number.isSafeInteger(us) ? us : null
}

async function commonFacts(track: InputTrack, index: number, spans: readonly Span[]): Promise<ProbeStream> {
  const span = spans[index]!
  const codec = await track.getCodec()
  const language = await track.getLanguageCode()
  return {
    index,
    type: track.isVideoTrack() ? 'video' : 'audio',
    codec: codec === null ? null : ffmpegCodecName(codec),
    durationUs: isKnown(span) ? toUs(span.end - span.start) : null,
    startUs: isKnown(span) ? Math.round((span.start - originOf(spans)) * 1e6) : null,
    clockJumps: false,
    packets: span === 'empty' ? 0 : null,
    bitrate: (await track.getAverageBitrate()) || null,
    language: language === 'und' ? null : language,
    isDefault: (await track.getDisposition()).default,
    ...NO_FACTS,
  }
}

async function videoFacts(
  track: InputVideoTrack,
  file: BoundedFile,
  deadlineMs: number,
  doubts: string[],
): Promise<Partial<ProbeStream>> {
  const codec = await track.getCodec()
  const width = (await track.getCodedWidth()) || null
  const height = (await track.getCodedHeight()) || null
  const rotation = await track.getRotation()
  const pixel = await track.getPixelAspectRatio()
  if (codec === 'prores') doubts.push('ProRes may be interlaced')
  if (codec === 'avc') {
    const record = (await track.getDecoderConfig())?.description
    if (!(record instanceof Uint8Array) || avcMayBeInterlaced(record)) doubts.push(FIELDS_ALLOWED)
  }
  file.allow(FRAME_BYTES)
  const { clockJumps, ...frames } = await readFrameFacts(track, deadlineMs)
  if (clockJumps) doubts.push('the clock jumps')
  const shape = { width, height, rotation, ...displaySize(width, height, pixel.num / pixel.den, rotation) }
  // Its own type is the browsers', which leaves out names of HDR that mediabunny gives.
  const colour: Record<'transfer' | 'primaries' | 'matrix', string | null> & { fullRange: boolean | null } = {
    transfer: null,
    primaries: null,
    matrix: null,
    fullRange: null,
    ...(await track.getColorSpace()),
  }
  const { transfer, primaries, matrix, fullRange } = colour
  // Which format the pixels have, only ffprobe says.
  if (transfer === 'pq' || transfer === 'hlg') doubts.push('high dynamic range')
  return {
    ...shape,
    ...frames,
    packets: frames.frames,
    transfer: ffmpegName(transfer),
    primaries: ffmpegName(primaries),
    matrix: ffmpegName(matrix),
    range: typeof fullRange !== 'boolean' ? null : fullRange ? 'pc' : 'tv',
  }
}

/** Of colours, by WebCodecs' names. */
const FFMPEG_NAMES = new Map([
  ['pq', 'smpte2084'],
  ['hlg', 'arib-std-b67'],
  ['bt2020-ncl', 'bt2020nc'],
])

function ffmpegName(name: string | null | undefined): string | null {
  return name ? (FFMPEG_NAMES.get(name) ?? name) : null
}

async function audioFacts(track: InputAudioTrack, doubts: string[]): Promise<Partial<ProbeStream>> {
  const channels = (await track.getNumberOfChannels()) || null
  if (channels !== null && channels > 8) doubts.push('which channel is where')
  return { channels, sampleRate: (await track.getSampleRate()) || null }
}

function coverArt(index: number, mediaType: string): ProbeStream {
  return {
    index,
    type: 'video',
    codec: /png/i.test(mediaType) ? 'png' : /jpe?g/i.test(mediaType) ? 'mjpeg' : null,
    durationUs: null,
    startUs: null,
    clockJumps: false,
    packets: null,
    bitrate: null,
    language: null,
    isDefault: false,
    ...NO_FACTS,
    attachedPicture: true,
  }
}

function plainTags(tags: MetadataTags): Record<string, string> {
  const named: Record<string, string | undefined> = {
    title: tags.title,
    artist: tags.artist,
    album: tags.album,
    album_artist: tags.albumArtist,
    genre: tags.genre,
    track: tags.trackNumber?.toString(),
    date: tags.date && !Number.isNaN(tags.date.getTime()) ? tags.date.toISOString().slice(0, 10) : undefined,
    comment: tags.comment,
    description: tags.description,
  }
  const given = Object.entries(named).filter((entry): entry is [string, string] => Boolean(entry[1]))
  return Object.fromEntries(given.map(([key, value]) => [key, value.slice(0, 500)]))
}
