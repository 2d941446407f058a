import { appendFile, type FileHandle, mkdir, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bytesAt, fragmentHead, fragmentsFrom, MalformedError, readTrackHeader, type Sample } from '../isobmff/index.js'
import type { Cutter } from './cut.js'
import { HEADER_NAME, type Segment, segmentName, type Track } from './facts.js'

type Options = {
  name: string
  /** The units of time in a second are known when the track is open. */
  cutter(timescale: number): Cutter
  /** Time of the film, in seconds, that becomes 0; left out: that of its first picture, where that is next to 0. */
  origin?: number
  /** Where all of it goes besides, in one file; left out: nowhere. */
  whole?: string
  signal?: AbortSignal | undefined
}

/**
 * Some players take the first picture of a playlist for its time 0, others not: a film that begins a frame late, as the clocks of containers
 * round, would be heard before it is seen in those. In seconds.
 */
const NEAR_S = 0.1

/**
 * Cuts the track in `file` into segments of one fragment each, in the folder `into`, which it makes. Of sound, what lies in front
 * of time 0 is left away.
 *
 * @throws MalformedError; system errors.
 */
export async function writeTrack(
  file: string,
  into: string,
  { name, cutter, origin, whole, signal }: Options,
): Promise<Track & { origin: number }> {
  await mkdir(into, { recursive: true })
  const media = await open(file)
  try {
    const start = await readTrackHeader(media)
    if (start === null) throw new MalformedError('A track without a header.')
    const { header } = start
    await writeFile(join(into, HEADER_NAME), header.bytes)
    if (whole !== undefined) await writeFile(whole, header.bytes)
    const { timescale } = header
    const cut = cutter(timescale)
    let shift = origin === undefined ? null : Math.round(origin * timescale)
    const segments: Segment[] = []
    const durations = new Set<number>()
    const write = async (samples: readonly Sample[]) => {
      signal?.throwIfAborted()
      const head = fragmentHead(header.trackId, segments.length + 1, samples)
      const parts = [head, ...(await mediaOf(media, samples))]
      await writeFile(join(into, segmentName(segments.length, 'm4s')), parts)
      if (whole !== undefined) await appendFile(whole, Buffer.concat(parts))
      segments.push(segmentOf(samples, head.length))
    }
    const take = async (sample: Sample) => {
      const segment = cut.add(sample)
      if (segment !== null) await write(segment)
    }
    let last: Sample | null = null
    for await (const { samples } of fragmentsFrom(media, header, start.next)) {
      for (const sample of samples) {
        shift ??= sample.dts + sample.offset < NEAR_S * timescale ? sample.dts + sample.offset : 0
        sample.dts -= shift
        // What a sound encoder puts in front of its sound, and what is heard before the first picture.
        if (header.kind === 'audio' && sample.dts < 0) continue
        if (last !== null) {
          // How long it lasts is told by the next one, in which a fragment may be out by the rounding of its clock.
          const duration = sample.dts - last.dts
          if (duration <= 0) throw new MalformedError('Times that go backwards.')
          durations.add(duration)
          await take({ ...last, duration })
        }
        last = sample
      }
    }
    if (last !== null) await take(last)
    for (const rest of cut.end()) await write(rest)
    const { bytes: _, ...facts } = header
    const [only = last?.duration ?? null, ...others] = durations
    const sampleDuration = others.length === 0 ? only : null
    return { name, header: facts, segments, sampleDuration, origin: (shift ?? 0) / timescale }
  } finally {
    await media.close()
  }
}

/** Pictures of a segment are shown in it alone, from its first one on: decoding may begin there. @throws MalformedError */
function segmentOf(samples: readonly Sample[], headBytes: number): Segment {
  const first = samples[0]!
  const start = first.dts + first.offset
  if (!first.isSync) throw new MalformedError('A segment that does not begin with a key frame.')
  if (samples.some(({ dts, offset }) => dts + offset < start))
    throw new MalformedError('A key frame that others go before.')
  return {
    start,
    duration: samples.reduce((sum, { duration }) => sum + duration, 0),
    frames: samples.length,
    bytes: headBytes + samples.reduce((sum, { bytes }) => sum + bytes, 0),
    keyBytes: headBytes + first.bytes,
  }
}

/** In runs that lie behind one another in the file. */
function mediaOf(media: FileHandle, samples: readonly Sample[]): Promise<Buffer[]> {
  const runs: { at: number; bytes: number }[] = []
  for (const { at, bytes } of samples) {
    const run = runs.at(-1)
    if (run !== undefined && run.at + run.bytes === at) run.bytes += bytes
    else runs.push({ at, bytes })
  }
  return Promise.all(runs.map(({ at, bytes }) => bytesAt(media, at, bytes)))
}
