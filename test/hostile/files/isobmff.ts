/** MP4 and MOV, box by box (ISO/IEC 14496-12, and Apple's QuickTime File Format for external references). */

export function box(name: string, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + body.length, 0)
  head.write(name, 4, 'latin1')
  return Buffer.concat([head, body])
}

/** The same with version and flags in front. */
export function fullBox(name: string, flags: number, ...parts: Buffer[]): Buffer {
  return box(name, u32(flags), ...parts)
}

export function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, 4 * i)
  return bytes
}

export function u16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length)
  for (const [i, value] of values.entries()) bytes.writeUInt16BE(value, 2 * i)
  return bytes
}

export const u64 = (value: bigint) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}

const MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
export const FTYP = box('ftyp', Buffer.from('qt  '), u32(0x200), Buffer.from('qt  '))

/** A sound track of 8-bit samples, 8,000 a second, that are not necessarily in this file. */
export type Track = {
  /** The bytes of the samples, which then follow in the file. */
  samples?: Buffer
  /** How many samples the tables speak of; default as many as there are. */
  count?: number
  /** Where in the file that holds them they begin, when they are not in this one. */
  offset?: number
  /** The data reference; default: this file. */
  dref?: Buffer
  /** In the place of the time table. */
  stts?: Buffer
  /** In the place of the sizes. */
  stsz?: Buffer
  timescale?: number
  /** Before the media: an edit list. */
  edits?: Buffer
  /** In the movie, behind the track. */
  more?: Buffer
}

export const SELF = fullBox('url ', 1)

export function movie(track: Track = {}): Buffer {
  const { samples = Buffer.alloc(8_000, 0x80), dref = SELF, timescale = 8_000, edits, more } = track
  const { count = samples.length } = track
  const build = (offset: number) => {
    const entry = box('raw ', ...[u32(0), u16(0, 1), u32(0, 0), u16(1, 8, 0, 0), u32(8_000 * 0x10000)])
    const stbl = box(
      'stbl',
      fullBox('stsd', 0, u32(1), entry),
      track.stts ?? fullBox('stts', 0, u32(1, count, 1)),
      fullBox('stsc', 0, u32(1, 1, count, 1)),
      track.stsz ?? fullBox('stsz', 0, u32(1, count)),
      fullBox('stco', 0, u32(1, offset)),
    )
    const minf = box('minf', fullBox('smhd', 0, u32(0)), box('dinf', fullBox('dref', 0, u32(1), dref)), stbl)
    const mdhd = fullBox('mdhd', 0, u32(0, 0, timescale, count), u16(0, 0))
    const hdlr = fullBox('hdlr', 0, Buffer.from('mhlrsoun'), u32(0, 0, 0), Buffer.from([0]))
    const tkhd = fullBox('tkhd', 3, u32(0, 0, 1, 0, count, 0, 0), u16(0, 0, 0x100, 0), MATRIX, u32(0, 0))
    const mvhd = fullBox(
      ...(['mvhd', 0] as const),
      ...[u32(0, 0, timescale, count, 0x10000), u16(0x100), Buffer.alloc(10), MATRIX, Buffer.alloc(24), u32(2)],
    )
    const trak = box('trak', tkhd, ...(edits ? [edits] : []), box('mdia', mdhd, hdlr, minf))
    return box('moov', mvhd, trak, ...(more ? [more] : []))
  }
  const before = FTYP.length + build(0).length
  return Buffer.concat([FTYP, build(track.offset ?? before + 8), box('mdat', samples)])
}

/** A data reference by URL. */
export const urlReference = (url: string) => fullBox('url ', 0, Buffer.from(`${url}\0`))

/** An alias of Mac OS, as ffmpeg reads it (libavformat/mov.c); what is no absolute path leads on from the film's folder. */
export function aliasReference(path: string): Buffer {
  const absolute = path.startsWith('/')
  const name = path.split('/').at(-1)!
  const head = Buffer.alloc(150)
  head.writeUInt16BE(2, 6)
  head[10] = 4
  head.write('Disk', 11)
  head[50] = Math.min(63, name.length)
  head.write(name.slice(0, 63), 51)
  head.writeInt16BE(absolute ? -1 : 1, 130)
  head.writeInt16BE(absolute ? -1 : 1, 132)
  const text = Buffer.from(path)
  const padded = Buffer.concat([text, Buffer.alloc(text.length % 2)])
  return fullBox('alis', 0, head, u16(2, text.length), padded, u16(0xffff, 0))
}
