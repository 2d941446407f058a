import { boxAt, boxesIn, MalformedError } from './boxes.js'
import { codecOf } from './codec-string.js'

export type TrackHeader = {
  /** `ftyp` and `moov` as they stand. */
  bytes: Buffer
  kind: 'video' | 'audio'
  trackId: number
  /** Units of time in a second. */
  timescale: number
  /** As RFC 6381 has it, such as `avc1.64001F`. */
  codec: string
  /** In pixels; null of sound. */
  size: { width: number; height: number } | null
  /** A second; null of a picture. */
  sampleRate: number | null
  /** Null of a picture. */
  channels: number | null
  /** What samples are where a fragment does not say it. */
  defaults: SampleDefaults
}

export type SampleDefaults = { duration: number; bytes: number; flags: number }

/** Of the header of a file with one track, all of whose samples are in fragments. @throws MalformedError */
export function readHeader(bytes: Buffer): TrackHeader {
  const moov = boxAt(bytes, 'moov')
  const tracks = boxesIn(moov).filter(({ type }) => type === 'trak')
  if (tracks.length !== 1) throw new MalformedError(`${tracks.length} tracks in the place of one.`)
  const trak = tracks[0]!.body
  const handler = boxAt(trak, 'mdia', 'hdlr').toString('latin1', 8, 12)
  if (handler !== 'vide' && handler !== 'soun') throw new MalformedError(`A track of ${handler}.`)
  const tkhd = boxAt(trak, 'tkhd')
  const mdhd = boxAt(trak, 'mdia', 'mdhd')
  const trex = boxAt(moov, 'mvex', 'trex')
  const [entry] = boxesIn(boxAt(trak, 'mdia', 'minf', 'stbl', 'stsd').subarray(8))
  if (entry === undefined) throw new MalformedError('A track without a codec.')
  const isVideo = handler === 'vide'
  const { codec, channels } = codecOf(entry.type, entry.body)
  return {
    bytes,
    kind: isVideo ? 'video' : 'audio',
    trackId: tkhd.readUInt32BE(tkhd.readUInt8(0) === 1 ? 20 : 12),
    timescale: mdhd.readUInt32BE(mdhd.readUInt8(0) === 1 ? 20 : 12),
    codec,
    size: isVideo ? { width: entry.body.readUInt16BE(24), height: entry.body.readUInt16BE(26) } : null,
    channels: isVideo ? null : (channels ?? entry.body.readUInt16BE(16)),
    // 16.16; what is more than 65,535 Hz does not fit, and is not asked for here.
    sampleRate: isVideo ? null : entry.body.readUInt16BE(24),
    defaults: { duration: trex.readUInt32BE(12), bytes: trex.readUInt32BE(16), flags: trex.readUInt32BE(20) },
  }
}
