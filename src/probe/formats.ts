import { codecWhitelist } from './codecs.js'

/** As ffmpeg calls them. */
export const MP4_DEMUXER = 'mov,mp4,m4a,3gp,3g2,mj2'
export const MATROSKA_DEMUXER = 'matroska,webm'

/**
 * The demuxers that may open an input: containers that are one file and name no other. Everything that can pull in a
 * second file or address (HLS, DASH, ffconcat, image sequences, SDP, IMF …) is left out, because a protocol whitelist
 * does not stop those. Names are ffmpeg's; one that a version lacks does no harm.
 */
const CONTAINERS = [
  MP4_DEMUXER,
  MATROSKA_DEMUXER,
  'avi,flv,asf,mpegts,mpeg,mpegvideo,mxf,gxf,wtv,nut,dv,ivf,nsv',
  'mp3,aac,ac3,eac3,dts,dtshd,truehd,wav,w64,aiff,au,caf,flac,ogg,amr,amrnb,amrwb,tta,wv,ape,mpc,mpc8,tak,dsf,voc',
  'h264,hevc,m4v,obu,av1,yuv4mpegpipe,gif,apng',
]

/** Demuxers of one picture, by the bytes they begin with. They are forced, as ffmpeg would take `x%d.png` for a sequence. */
const PICTURES: readonly { format: string; starts: readonly number[]; at8?: string }[] = [
  { format: 'jpeg_pipe', starts: [0xff, 0xd8, 0xff] },
  { format: 'png_pipe', starts: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] },
  { format: 'webp_pipe', starts: [0x52, 0x49, 0x46, 0x46], at8: 'WEBP' },
  { format: 'tiff_pipe', starts: [0x49, 0x49, 0x2a, 0x00] },
  { format: 'tiff_pipe', starts: [0x4d, 0x4d, 0x00, 0x2a] },
  { format: 'bmp_pipe', starts: [0x42, 0x4d] },
]
const PICTURE_FORMATS = [...new Set(PICTURES.map(({ format }) => format))]

/** For `-format_whitelist`, in front of every `-i`, of ffmpeg and of ffprobe. */
export const FORMAT_WHITELIST = [...CONTAINERS, ...PICTURE_FORMATS].join(',')

/** True for the container of a still picture, as a probe names it. */
export function isPicture(container: string): boolean {
  return PICTURE_FORMATS.includes(container)
}

/** What an operator sets of how a file is read: codecs beside those of `codecs.ts`, and bytes of one allocation. */
export type ReadingLimits = { moreCodecs?: readonly string[]; maxAllocBytes?: number | null }
/** In place of a picture's container, where it is shown again and again: the one demuxer that can, kept to the one file. */
export const REPEATED_PICTURE = 'image2'

/** Demuxers of subtitles in a file of their own. A file is opened as one of them where it was read as such, and never found out. */
export type SubtitleDemuxer = 'srt' | 'webvtt' | 'ass'
const SUBTITLE_DEMUXERS: ReadonlySet<string> = new Set<SubtitleDemuxer>(['srt', 'webvtt', 'ass'])

/**
 * The input options that hold ffmpeg (and ffprobe) to one local file of a known kind and to known codecs. The demuxer is
 * forced where the container is known, so that ffmpeg reads the file as the probe did.
 */
export function inputOptions(container: string | null, { moreCodecs, maxAllocBytes }: ReadingLimits = {}): string[] {
  const isRepeated = container === REPEATED_PICTURE
  const isAlone = container !== null && (isRepeated || SUBTITLE_DEMUXERS.has(container))
  const forced = container === null ? [] : ['-f', container.split(',', 1)[0]!]
  return [
    ...(maxAllocBytes ? ['-max_alloc', `${maxAllocBytes}`] : []),
    ...['-protocol_whitelist', 'file', '-format_whitelist', isAlone ? container : FORMAT_WHITELIST],
    ...['-codec_whitelist', codecWhitelist(moreCodecs), ...forced],
    ...(isRepeated ? ['-pattern_type', 'none'] : []),
  ]
}

/** The address of a local file for ffmpeg: no colon, dash or `%d` in a name means anything after `file:`. */
export function fileUrl(path: string): string {
  return `file:${path}`
}

export type Sniffed =
  /** A picture, with the demuxer to force. */
  | { kind: 'picture'; format: string }
  /** A file that lists other files, with a name for people. */
  | { kind: 'playlist'; name: string }
  /** MP4, MOV and their kin; `picture` names a format of pictures that are stored so, such as HEIC. */
  | { kind: 'isobmff'; picture: string | null }
  /** Something that people send by mistake, with a name for people. */
  | { kind: 'document'; name: string }
  | { kind: 'unknown' }

/** How many bytes `sniff` wants to see. */
export const SNIFF_BYTES = 1024

const ISOBMFF_BOXES = new Set(['ftyp', 'styp', 'moov', 'mdat', 'moof', 'free', 'skip', 'wide', 'pnot', 'sidx'])

/** Major brands of pictures (ISO/IEC 23008-12 and AVIF). */
const HELD_PICTURES = new Map([
  ...['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1', 'mif2'].map(
    (brand) => [brand, 'HEIC (HEIF)'] as const,
  ),
  ...['avif', 'avis'].map((brand) => [brand, 'AVIF (HEIF)'] as const),
])

/** By how they begin, byte by byte. */
const DOCUMENTS: readonly { name: string; starts: RegExp }[] = [
  { name: 'a PDF document', starts: /^%PDF-/ },
  { name: 'a ZIP archive or an office document', starts: /^PK\x03\x04/ },
  { name: 'a RAR archive', starts: /^Rar!\x1a\x07/ },
  { name: 'a 7z archive', starts: /^7z\xbc\xaf\x27\x1c/ },
  { name: 'a gzip archive', starts: /^\x1f\x8b\x08/ },
  { name: 'a web page', starts: /^\s*<(?:!doctype html|html)/i },
  { name: 'an SVG drawing', starts: /^<svg/i },
  { name: 'a Photoshop document', starts: /^8BPS/ },
  { name: 'a JPEG XL picture', starts: /^(?:\xff\x0a|\0\0\0\x0cJXL )/ },
  { name: 'a program', starts: /^(?:\x7fELF|MZ)/ },
]

const PLAYLISTS: readonly { name: string; pattern: RegExp }[] = [
  { name: 'HLS playlist', pattern: /^#EXTM3U/ },
  { name: 'ffconcat script', pattern: /^ffconcat\b/ },
  { name: 'DASH manifest', pattern: /^<[\s\S]*<MPD\b|^<MPD\b/ },
  { name: 'Smooth Streaming manifest', pattern: /^<[\s\S]*<SmoothStreamingMedia\b|^<SmoothStreamingMedia\b/ },
  { name: 'PLS playlist', pattern: /^\[playlist\]/i },
  { name: 'SDP description', pattern: /^v=0\r?\no=/ },
]

/** What a file is by its first bytes, as far as that has to be known before a reader opens it. */
export function sniff(head: Uint8Array): Sniffed {
  const ascii = (from: number, to: number) => String.fromCharCode(...head.subarray(from, to))
  const picture = PICTURES.find(
    ({ starts, at8 }) =>
      starts.every((byte, i) => head[i] === byte) && (at8 === undefined || ascii(8, 8 + at8.length) === at8),
  )
  if (picture && head.length > 16 && !isAnimatedPng(ascii(0, head.length)))
    return { kind: 'picture', format: picture.format }
  if (ISOBMFF_BOXES.has(ascii(4, 8))) {
    return { kind: 'isobmff', picture: ascii(4, 8) === 'ftyp' ? (HELD_PICTURES.get(ascii(8, 12)) ?? null) : null }
  }
  const document = DOCUMENTS.find(({ starts }) => starts.test(ascii(0, 16)))
  if (document) return { kind: 'document', name: document.name }
  const text = new TextDecoder().decode(head.subarray(0, SNIFF_BYTES)).trimStart()
  const playlist = PLAYLISTS.find(({ pattern }) => pattern.test(text))
  return playlist ? { kind: 'playlist', name: playlist.name } : { kind: 'unknown' }
}

/** A chunk of its own in front of the picture data tells it, and makes it video. */
function isAnimatedPng(head: string): boolean {
  return /^\x89PNG(?:(?!IDAT).)*acTL/s.test(head)
}
