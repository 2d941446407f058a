import type { Probe, ProbeStream, StreamType } from '../contract/index.js'
import { displaySize } from './display-size.js'
import { isPicture } from './formats.js'
import { hdrMetadata } from './hdr-metadata.js'

type Fields = Record<string, unknown>

/** Tags beyond this many, and letters of one beyond this many, are left out. */
const MAX_TAGS = 64
const MAX_TAG_LENGTH = 500

/** What is known from elsewhere: the size of the file, and what to say of a video whose field order ffprobe leaves open. */
export type FfprobeContext = { bytes: number; mayBeInterlaced: boolean }

/**
 * Turns what `ffprobe -of json -show_format -show_streams -show_chapters` printed into a probe. Figures that ffprobe
 * does not know are missing, `N/A`, 0 or `0/0`; all become null. Never throws; null when there is no description at all.
 */
export function readFfprobeJson(text: string, { bytes, mayBeInterlaced }: FfprobeContext): Probe | null {
  const root = parse(text)
  const format = fields(root?.format)
  const container = string(format.format_name)
  if (root === null || container === null) return null
  const still = isPicture(container)
  const streams = list(root.streams).map((stream, position) => readStream(stream, position, { still, mayBeInterlaced }))
  const durationUs = still ? null : wholeDuration(streams, format)
  return {
    container,
    bytes,
    durationUs,
    bitrate: positive(format.bit_rate) ?? (durationUs === null ? null : Math.round((bytes * 8e6) / durationUs)),
    streams,
    promisedUs: null,
    chapters: list(root.chapters).length,
    tags: readTags(format.tags),
    by: 'ffprobe',
  }
}

/** Of the container only if no sound or picture tells its own: it may stem from a subtitle that is shown longer. */
function wholeDuration(streams: readonly ProbeStream[], format: Fields): number | null {
  const media = streams.filter(
    ({ type, attachedPicture }) => (type === 'video' || type === 'audio') && !attachedPicture,
  )
  const known = media.map(({ durationUs }) => durationUs).filter((duration) => duration !== null)
  if (known.length > 0) return Math.max(...known)
  return media.length > 0 ? toUs(positive(format.duration)) : null
}

function readStream(
  stream: Fields,
  position: number,
  { still, mayBeInterlaced }: { still: boolean; mayBeInterlaced: boolean },
): ProbeStream {
  const tags = fields(stream.tags)
  const disposition = fields(stream.disposition)
  const type = streamType(stream.codec_type)
  const attachedPicture = disposition.attached_pic === 1
  const isVideo = type === 'video'
  const width = isVideo ? positive(stream.width) : null
  const height = isVideo ? positive(stream.height) : null
  const rotation = isVideo ? readRotation(stream, tags) : 0
  const average = ratio(stream.avg_frame_rate)
  const lowest = ratio(stream.r_frame_rate)
  const hasRate = isVideo && !still && !attachedPicture
  const language = string(tags.language)
  const hdr = isVideo ? hdrMetadata(stream.side_data_list) : null
  const profile = isVideo ? profileOf(stream) : null
  return {
    index: integer(stream.index) ?? position,
    type,
    codec: knownName(stream.codec_name),
    durationUs: still || attachedPicture ? null : toUs(positive(stream.duration) ?? clock(tags.DURATION)),
    startUs: null,
    clockJumps: false,
    packets: null,
    bitrate: positive(stream.bit_rate),
    language: language === 'und' ? null : language,
    isDefault: disposition.default === 1,
    attachedPicture,
    ...(type === 'attachment' && {
      // Its size is told by the container (declared.ts).
      attachment: { name: tagText(tags.filename), mediaType: tagText(tags.mimetype), bytes: null },
    }),
    encrypted: false, // the container is asked itself (locks.ts)
    width,
    height,
    ...displaySize(width, height, ratio(stream.sample_aspect_ratio, ':') ?? 1, rotation),
    rotation,
    frameRate: hasRate ? (average ?? lowest) : null,
    constantFrameRate: hasRate && average !== null && average === lowest,
    frames: isVideo && still ? 1 : isVideo ? positive(stream.nb_frames) : null,
    presentationTimes: isVideo && number(stream.has_b_frames) === 0 ? true : null,
    lastFrameUs: null,
    ...(profile === null ? {} : { profile }),
    pixelFormat: isVideo ? knownName(stream.pix_fmt) : null,
    transfer: isVideo ? knownName(stream.color_transfer) : null,
    primaries: isVideo ? knownName(stream.color_primaries) : null,
    matrix: isVideo ? knownName(stream.color_space) : null,
    range: isVideo ? knownName(stream.color_range) : null,
    ...(hdr === null ? {} : { hdr }),
    interlaced:
      isVideo &&
      (INTERLACED.get(String(stream.field_order)) ??
        (mayBeInterlaced || TELLS_BY_FRAME.has(String(stream.codec_name)))),
    channels: type === 'audio' ? positive(stream.channels) : null,
    channelLayout: type === 'audio' ? knownName(stream.channel_layout) : null,
    sampleRate: type === 'audio' ? positive(stream.sample_rate) : null,
  }
}

/** ProRes tells it in its tag, DNxHR in what ffmpeg calls its profile: `DNXHR HQX`. */
function profileOf({ codec_name, codec_tag_string, profile }: Fields): string | null {
  if (codec_name === 'prores') return PRORES_TAGS.get(String(codec_tag_string)) ?? null
  const [, name] = (codec_name === 'dnxhd' && /^DNXHR (\w+)$/.exec(String(profile))) || []
  return name?.toLowerCase() ?? null
}

const PRORES_TAGS = new Map([
  ['apco', 'proxy'],
  ['apcs', 'lt'],
  ['apcn', 'standard'],
  ['apch', 'hq'],
  ['ap4h', '4444'],
  ['ap4x', '4444xq'],
])

/** By field order. ffprobe before 5 does not tell it of H.264 in MP4. */
const INTERLACED = new Map([['progressive', false], ...['tt', 'bb', 'tb', 'bt'].map((order) => [order, true] as const)])

/**
 * Codecs that tell only frame by frame whether there are fields, so that ffprobe says `unknown` of the stream. The filter
 * that takes fields apart looks at each frame and leaves progressive ones alone.
 */
const TELLS_BY_FRAME = new Set(['dvvideo', 'mpeg4'])

function streamType(value: unknown): StreamType {
  return value === 'video' || value === 'audio' || value === 'subtitle' || value === 'attachment' ? value : 'data'
}

/** Clockwise. Side data counts the other way round; the tag is what ffmpeg before 5 wrote as well. */
function readRotation(stream: Fields, tags: Fields): number {
  const sideData = list(stream.side_data_list).find((data) => number(data.rotation) !== null)
  const degrees = sideData ? -number(sideData.rotation)! : (number(tags.rotate) ?? 0)
  return (((Math.round(degrees / 90) * 90) % 360) + 360) % 360
}

function readTags(value: unknown): Record<string, string> {
  const tags = Object.entries(fields(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return Object.fromEntries(tags.slice(0, MAX_TAGS).map(([key, text]) => [key, text.slice(0, MAX_TAG_LENGTH)]))
}

function parse(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Fields) : null
  } catch {
    return null
  }
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function list(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fields) : []
}

function string(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function tagText(value: unknown): string | null {
  return string(value)?.slice(0, MAX_TAG_LENGTH) ?? null
}

/** `unknown` and `none` are no names. */
function knownName(value: unknown): string | null {
  const name = string(value)
  return name === 'unknown' || name === 'none' || name === 'N/A' ? null : name
}

function number(value: unknown): number | null {
  const parsed =
    typeof value === 'number' ? value : typeof value === 'string' && value !== '' ? Number(value) : Number.NaN
  return Number.isFinite(parsed) ? parsed : null
}

function integer(value: unknown): number | null {
  const parsed = number(value)
  return parsed !== null && Number.isInteger(parsed) ? parsed : null
}

function positive(value: unknown): number | null {
  const parsed = number(value)
  return parsed !== null && parsed > 0 ? parsed : null
}

/** `30000/1001`, `4:3`; null for `0/0`, `0:1`, `N/A`. */
function ratio(value: unknown, sign = '/'): number | null {
  const [numerator, denominator] = (string(value) ?? '').split(sign).map(Number)
  const quotient = (numerator ?? Number.NaN) / (denominator ?? Number.NaN)
  return Number.isFinite(quotient) && quotient > 0 ? quotient : null
}

/** `00:00:05.023000000`, the tag of Matroska, in seconds. */
function clock(value: unknown): number | null {
  const [, hours, minutes, seconds] = /^(\d+):(\d{2}):(\d{2}(?:\.\d+)?)$/.exec(string(value) ?? '') ?? []
  if (hours === undefined) return null
  return positive(Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds))
}

function toUs(seconds: number | null): number | null {
  const us = Math.round((seconds ?? 0) * 1e6)
  return us > 0 && Number.isSafeInteger(us) ? us : null
}
