/** Fragments of one track (ISO/IEC 14496-12 §8.8), read out of a file that may still grow, and written anew. */
import type { FileHandle } from 'node:fs/promises'
import { box, boxAt, boxesIn, boxHead, fullBox, HEAD_BYTES, LONG_HEAD_BYTES, MalformedError } from './boxes.js'
import { readHeader, type SampleDefaults, type TrackHeader } from './header.js'

/** A picture, or a frame of sound. Times in units of the track. */
export type Sample = {
  /** When it is decoded, and how much later (or earlier) it is shown. */
  dts: number
  offset: number
  duration: number
  /** Whether decoding may begin with it. */
  isSync: boolean
  /** Where in the file, and how long. */
  at: number
  bytes: number
}

export type Fragment = {
  samples: Sample[]
  /** Where the next one begins: what to go on with. */
  next: number
}

/** More than that, and it is no header of ours. */
const MOST_HEADER_BYTES = 64 * 1024 * 1024

/** What a sample's flags say where it can not be decoded by itself, and where it can (§8.8.3.1). */
const NOT_SYNC = 0x0001_0000
const DEPENDS = 0x0101_0000
const STANDS_ALONE = 0x0200_0000

/** The header of a file; null while it is not whole. @throws MalformedError */
export async function readTrackHeader(file: FileHandle): Promise<{ header: TrackHeader; next: number } | null> {
  for (let at = 0; ; ) {
    const found = await boxFrom(file, at)
    if (found === null) return null
    at += found.bytes
    if (found.type === 'moov') return { header: readHeader(await headerBytes(file, 0, at)), next: at }
    if (found.type !== 'ftyp' && found.type !== 'free') throw new MalformedError(`A box ${found.type} before moov.`)
  }
}

/** The fragments from a place on that are there to their ends; what is none is passed over. @throws MalformedError */
export async function* fragmentsFrom(
  file: FileHandle,
  { trackId, defaults }: TrackHeader,
  from: number,
): AsyncGenerator<Fragment> {
  for (let at = from; ; ) {
    const moof = await boxFrom(file, at)
    if (moof === null) return
    const moofAt = at
    at += moof.bytes
    if (moof.type !== 'moof') continue
    const mdat = await boxFrom(file, at)
    if (mdat === null) return
    if (mdat.type !== 'mdat') throw new MalformedError(`A box ${mdat.type} behind moof.`)
    const body = (await headerBytes(file, moofAt, moof.bytes)).subarray(moof.headBytes)
    const samples = samplesOf(body, { trackId, defaults, moofAt })
    at += mdat.bytes
    if (samples.some((sample) => sample.at + sample.bytes > at))
      throw new MalformedError('A sample behind its fragment.')
    yield { samples, next: at }
  }
}

function samplesOf(
  moof: Buffer,
  { trackId, defaults, moofAt }: { trackId: number; defaults: SampleDefaults; moofAt: number },
): Sample[] {
  const traf = boxAt(moof, 'traf')
  const tfhd = fragmentHeader(boxAt(traf, 'tfhd'), defaults)
  if (tfhd.trackId !== trackId) throw new MalformedError('A fragment of another track.')
  const tfdt = boxAt(traf, 'tfdt')
  let dts = tfdt.readUInt8(0) === 1 ? Number(tfdt.readBigInt64BE(4)) : tfdt.readUInt32BE(4)
  const samples: Sample[] = []
  for (const { type, body } of boxesIn(traf)) {
    if (type !== 'trun') continue
    const run = readRun(body, tfhd, { dts, moofAt })
    samples.push(...run)
    dts = run.reduce((sum, { duration }) => sum + duration, dts)
  }
  return samples
}

function fragmentHeader(tfhd: Buffer, defaults: SampleDefaults): SampleDefaults & { trackId: number } {
  const flags = tfhd.readUInt32BE(0) & 0xff_ffff
  // Base-data-offset and sample-description-index stand in front.
  let at = 8 + ((flags & 0x1) === 0 ? 0 : 8) + ((flags & 0x2) === 0 ? 0 : 4)
  const field = (flag: number, otherwise: number) => {
    if ((flags & flag) === 0) return otherwise
    at += 4
    return tfhd.readUInt32BE(at - 4)
  }
  return {
    trackId: tfhd.readUInt32BE(4),
    duration: field(0x8, defaults.duration),
    bytes: field(0x10, defaults.bytes),
    flags: field(0x20, defaults.flags),
  }
}

function readRun(trun: Buffer, defaults: SampleDefaults, start: { dts: number; moofAt: number }): Sample[] {
  const flags = trun.readUInt32BE(0) & 0xff_ffff
  const isSigned = trun.readUInt8(0) > 0
  const count = trun.readUInt32BE(4)
  let at = 8
  const word = () => {
    at += 4
    return at - 4
  }
  const dataOffset = (flags & 0x1) === 0 ? 0 : trun.readInt32BE(word())
  const firstFlags = (flags & 0x4) === 0 ? null : trun.readUInt32BE(word())
  const samples: Sample[] = []
  for (let [i, dts, place] = [0, start.dts, start.moofAt + dataOffset]; i < count; i++) {
    const duration = (flags & 0x100) === 0 ? defaults.duration : trun.readUInt32BE(word())
    const bytes = (flags & 0x200) === 0 ? defaults.bytes : trun.readUInt32BE(word())
    const own = (flags & 0x400) === 0 ? defaults.flags : trun.readUInt32BE(word())
    const offset = (flags & 0x800) === 0 ? 0 : isSigned ? trun.readInt32BE(word()) : trun.readUInt32BE(word())
    const isSync = ((i === 0 && firstFlags !== null ? firstFlags : own) & NOT_SYNC) === 0
    samples.push({ dts, offset, duration, isSync, at: place, bytes })
    dts += duration
    place += bytes
  }
  return samples
}

/** What stands in front of the bytes of these samples: `moof`, and the head of `mdat`. They follow one another in time. */
export function fragmentHead(trackId: number, sequence: number, samples: readonly Sample[]): Buffer {
  const tfdt = Buffer.alloc(12)
  tfdt.writeUInt8(1, 0)
  tfdt.writeBigInt64BE(BigInt(samples[0]!.dts), 4)
  const entries = samples.flatMap(({ duration, bytes, isSync, offset }) => [
    ...[duration, bytes, isSync ? STANDS_ALONE : DEPENDS, offset],
  ])
  const run = (dataOffset: number) => fullBox('trun', 1, 0xf01, samples.length, dataOffset, ...entries)
  const parts = (dataOffset: number) =>
    box(
      'moof',
      fullBox('mfhd', 0, 0, sequence),
      // Places are counted from the begin of `moof`.
      box('traf', fullBox('tfhd', 0, 0x02_0000, trackId), box('tfdt', tfdt), run(dataOffset)),
    )
  const mediaBytes = samples.reduce((sum, { bytes }) => sum + bytes, 0)
  const mdat = Buffer.alloc(HEAD_BYTES)
  mdat.writeUInt32BE(HEAD_BYTES + mediaBytes, 0)
  mdat.write('mdat', 4, 'latin1')
  return Buffer.concat([parts(parts(0).length + HEAD_BYTES), mdat])
}

/** The box at a place; null while it is not there to its end. @throws MalformedError for one that never ends. */
async function boxFrom(
  file: FileHandle,
  at: number,
): Promise<{ type: string; headBytes: number; bytes: number } | null> {
  const start = Buffer.alloc(LONG_HEAD_BYTES)
  const { bytesRead } = await file.read(start, 0, LONG_HEAD_BYTES, at)
  const head = boxHead(start.subarray(0, bytesRead))
  if (head === null) return null
  if (head.bytes === 0) throw new MalformedError(`A box ${head.type} without a size.`)
  const { size } = await file.stat()
  return at + head.bytes > size ? null : head
}

function headerBytes(file: FileHandle, at: number, bytes: number): Promise<Buffer> {
  if (bytes > MOST_HEADER_BYTES) throw new MalformedError(`A header of ${bytes} bytes.`)
  return bytesAt(file, at, bytes)
}

/** Neither more nor fewer. @throws MalformedError */
export async function bytesAt(file: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes)
  const { bytesRead } = await file.read(buffer, 0, bytes, at)
  if (bytesRead < bytes) throw new MalformedError('The file became shorter.')
  return buffer
}
