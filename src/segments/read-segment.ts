import { type FileHandle, open } from 'node:fs/promises'
import { fragmentsFrom, MalformedError, readTrackHeader, type Sample, type TrackHeader } from '../isobmff/index.js'

/** A part of a video as it was encoded: MP4 in fragments, with the times that it has in the whole. */
export type Segment = {
  header: TrackHeader
  /** In the order of the file. */
  samples: Sample[]
  /** What the encoder says of itself in its first picture, such as `x264 - core 164 r3095`; null: nothing. */
  encoder: string | null
}

/** Something is wrong with a segment, or with how it follows on another. The detail names no path. */
export class SegmentInvalid extends Error {
  override readonly name = 'SegmentInvalid'
}

/** Encoders sign their first picture in its first bytes. */
const SIGNED_BYTES = 4096
const SIGNATURE = /x264 - core \d+( r\w+)?( \w{7,})?|x265 \(build \d+\)[^:]*/

/** Reads the tables of a segment, and of its pictures none but the begin of the first. */
export async function readSegment(path: string): Promise<Segment> {
  const file = await open(path)
  try {
    const start = await readTrackHeader(file)
    if (start === null) throw new SegmentInvalid('it has no header')
    const samples: Sample[] = []
    for await (const fragment of fragmentsFrom(file, start.header, start.next)) samples.push(...fragment.samples)
    const [first] = samples
    if (first === undefined) throw new SegmentInvalid('it has no picture')
    return { header: start.header, samples, encoder: await signatureIn(file, first) }
  } catch (error) {
    throw error instanceof MalformedError ? new SegmentInvalid('it is cut off, or no MP4', { cause: error }) : error
  } finally {
    await file.close()
  }
}

async function signatureIn(file: FileHandle, { at, bytes }: Sample): Promise<string | null> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(bytes, SIGNED_BYTES)), 0, undefined, at)
  return SIGNATURE.exec(buffer.toString('latin1', 0, bytesRead))?.[0] ?? null
}

/** When its pictures are shown, in this order, in units of its track. */
export function shownTimes({ samples }: Pick<Segment, 'samples'>): number[] {
  return samples.map(({ dts, offset }) => dts + offset).sort((a, b) => a - b)
}
