import { type FileHandle, open } from 'node:fs/promises'
import { FfleetError, type Probe, type ProbeStream } from '../contract/index.js'
import type { Size } from '../plan/size.js'
import { NO_FACTS } from '../probe/no-facts.js'

/** What the chunks of a WebP tell. `durationsUs`: of each picture; one without a time where it is no animation. */
type Webp = { size: Size; durationsUs: number[] }

/** https://developers.google.com/speed/webp/docs/riff_container */
const CHUNK_HEADER = 8
const RIFF_HEADER = 12
/** Of ANMF, in front of the picture itself. */
const FRAME_HEADER = 16
const PICTURES = new Set(['VP8 ', 'VP8L'])

/**
 * The facts of an animated WebP, by its chunks: ffprobe before 8 reads none. Throws `OUTPUT_INVALID` where it is cut off, or a picture of
 * it is empty.
 */
export async function probeWebp(path: string): Promise<Probe> {
  const file = await open(path).catch(() => null)
  if (file === null) throw invalid('ffmpeg wrote no output.')
  try {
    const { size: bytes } = await file.stat()
    const { size, durationsUs } = await readWebp(file, bytes)
    const durationUs = durationsUs.reduce((sum, each) => sum + each, 0) || null
    const stream = videoStream(size, durationsUs, durationUs)
    const bitrate = durationUs === null ? null : Math.round((bytes * 8e6) / durationUs)
    const facts = { promisedUs: null, bitrate, chapters: 0, tags: {}, by: 'ffleet' as const }
    return { container: 'webp', bytes, durationUs, streams: [stream], ...facts }
  } finally {
    await file.close()
  }
}

async function readWebp(file: FileHandle, bytes: number): Promise<Webp> {
  const head = await readAt(file, 0, RIFF_HEADER)
  if (head.toString('latin1', 0, 4) !== 'RIFF' || head.toString('latin1', 8, 12) !== 'WEBP')
    throw invalid('It is no WebP.')
  if (head.readUInt32LE(4) + CHUNK_HEADER > bytes) throw invalid('It is cut off.')
  let size: Size | null = null
  const durationsUs: number[] = []
  for (let at = RIFF_HEADER; at + CHUNK_HEADER <= bytes; ) {
    const { name, length, next } = await chunkAt(file, at, bytes)
    const data = at + CHUNK_HEADER
    if (name === 'VP8X') size = sizeAt(await readAt(file, data + 4, 6))
    if (name === 'ANMF') {
      const frame = await readAt(file, data, FRAME_HEADER)
      await requirePicture(file, data + FRAME_HEADER, data + length)
      durationsUs.push(frame.readUIntLE(12, 3) * 1_000)
    }
    if (PICTURES.has(name)) {
      size ??= await sizeOfPicture(file, data, name)
      durationsUs.push(0)
    }
    at = next
  }
  if (size === null || durationsUs.length === 0) throw invalid('There is no picture in it.')
  return { size, durationsUs }
}

/** Beside a picture there may be its alpha. */
async function requirePicture(file: FileHandle, from: number, to: number): Promise<void> {
  for (let at = from; at + CHUNK_HEADER <= to; ) {
    const { name, length, next } = await chunkAt(file, at, to)
    if (PICTURES.has(name) && length > 0) return
    at = next
  }
  throw invalid('A picture of it is empty.')
}

/** Chunks begin at even places. */
async function chunkAt(
  file: FileHandle,
  at: number,
  end: number,
): Promise<{ name: string; length: number; next: number }> {
  const header = await readAt(file, at, CHUNK_HEADER)
  const length = header.readUInt32LE(4)
  if (at + CHUNK_HEADER + length > end) throw invalid('It is cut off.')
  return { name: header.toString('latin1', 0, 4), length, next: at + CHUNK_HEADER + length + (length % 2) }
}

const sizeAt = (bytes: Buffer): Size => ({ width: bytes.readUIntLE(0, 3) + 1, height: bytes.readUIntLE(3, 3) + 1 })

/** Of a picture that stands alone: its own header has it, behind the start code or the signature. */
async function sizeOfPicture(file: FileHandle, at: number, name: string): Promise<Size> {
  if (name === 'VP8 ') {
    const sides = await readAt(file, at + 6, 4)
    return { width: sides.readUInt16LE(0) & 0x3fff, height: sides.readUInt16LE(2) & 0x3fff }
  }
  const bits = (await readAt(file, at + 1, 4)).readUInt32LE(0)
  return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 }
}

async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at)
  if (bytesRead < length) throw invalid('It is cut off.')
  return buffer
}

function videoStream({ width, height }: Size, durationsUs: readonly number[], durationUs: number | null): ProbeStream {
  const frames = durationsUs.length
  return {
    ...NO_FACTS,
    index: 0,
    type: 'video',
    codec: 'webp',
    durationUs,
    startUs: 0,
    clockJumps: false,
    packets: frames,
    bitrate: null,
    language: null,
    isDefault: true,
    width,
    height,
    displayWidth: width,
    displayHeight: height,
    // Their rate stays unknown: equal pictures one behind the other are one that stands longer.
    frames,
    presentationTimes: true,
    lastFrameUs: durationsUs.at(-1) || null,
  }
}

function invalid(what: string): FfleetError {
  return new FfleetError('OUTPUT_INVALID', `The output can't be read: ${what}`)
}
