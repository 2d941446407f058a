import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  bytesAt,
  fragmentHead,
  fragmentsFrom,
  MalformedError,
  readTrackHeader,
  type Sample,
  type TrackHeader,
} from '../isobmff/index.js'
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

/** A track on its way into segments. */
export type TrackCutting = {
  /** Of the segments that are whole. */
  track(): Track
  /** In seconds; null: no sample was seen yet. */
  origin(): number | null
  /** Where the segment begins that is not whole yet, in seconds; null: no sample was seen yet. */
  openFrom(): number | null
  /** Cuts what is in the file by now, as far as samples lie in front of `untilS`; left out: all. */
  advance(untilS?: number): Promise<void>
  /** Cuts the rest of a file that grows no more, and closes it. */
  end(): Promise<void>
  close(): Promise<void>
}

/**
 * Some players take the first picture of a playlist for its time 0, others not: a film that begins a frame late, as the clocks of containers
 * round, would be heard before it is seen in those. In seconds.
 */
const NEAR_S = 0.1

/**
 * Cuts the track in `file` into segments of one fragment each, in the folder `into`, which it makes. Of sound, what lies in front
 * of time 0 is left away. Null: the header of the file is not whole.
 *
 * @throws MalformedError; system errors. So do its parts.
 */
export async function cutTrack(file: string, into: string, options: Options): Promise<TrackCutting | null> {
  // ffmpeg may still write in that folder: nothing but a file is read there, and nothing but a new one written.
  const media = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const start = (await media.stat()).isFile() ? await readTrackHeader(media) : null
    if (start !== null) {
      await mkdir(into, { recursive: true })
      await writeFile(join(into, HEADER_NAME), start.header.bytes)
      const whole = options.whole === undefined ? null : await newFile(options.whole)
      await whole?.write(start.header.bytes)
      return cutOpen(media, into, { ...options, ...start, whole })
    }
  } catch (error) {
    await media.close()
    throw error
  }
  await media.close()
  return null
}

async function newFile(path: string): Promise<FileHandle> {
  await rm(path, { force: true })
  return open(path, 'wx')
}

type Opened = Omit<Options, 'whole'> & { whole: FileHandle | null; header: TrackHeader; next: number }

function cutOpen(
  media: FileHandle,
  into: string,
  { name, cutter, origin, whole, signal, header, next: first }: Opened,
): TrackCutting {
  const { timescale } = header
  const cut = cutter(timescale)
  let next = first
  let shift = origin === undefined ? null : Math.round(origin * timescale)
  const segments: Segment[] = []
  const durations = new Set<number>()
  /** Read, and behind what is cut so far. */
  let waiting: Sample[] = []
  let last: Sample | null = null
  let openFrom: number | null = null

  async function write(samples: readonly Sample[]): Promise<void> {
    signal?.throwIfAborted()
    const head = fragmentHead(header.trackId, segments.length + 1, samples)
    const parts = [head, ...(await mediaOf(media, samples))]
    await writeFile(join(into, segmentName(segments.length, 'm4s')), parts)
    await whole?.appendFile(Buffer.concat(parts))
    segments.push(segmentOf(samples, head.length))
  }

  async function take(sample: Sample): Promise<void> {
    const segment = cut.add(sample)
    if (segment !== null) await write(segment)
    if (segment !== null || openFrom === null) openFrom = (sample.dts + sample.offset) / timescale
  }

  /** How long a sample lasts is told by the next one, in which a fragment may be out by the rounding of its clock. */
  async function takeLast(sample: Sample): Promise<void> {
    if (last !== null) {
      const duration = sample.dts - last.dts
      if (duration <= 0) throw new MalformedError('Times that go backwards.')
      durations.add(duration)
      await take({ ...last, duration })
    }
    last = sample
  }

  async function advance(untilS = Number.POSITIVE_INFINITY): Promise<void> {
    for await (const fragment of fragmentsFrom(media, header, next)) {
      next = fragment.next
      for (const sample of fragment.samples) {
        shift ??= sample.dts + sample.offset < NEAR_S * timescale ? sample.dts + sample.offset : 0
        sample.dts -= shift
        // What a sound encoder puts in front of its sound, and what is heard before the first picture.
        if (header.kind === 'video' || sample.dts >= 0) waiting.push(sample)
      }
      await takeUntil(untilS * timescale)
    }
    await takeUntil(untilS * timescale)
  }

  async function takeUntil(end: number): Promise<void> {
    const behind = waiting.findIndex(({ dts }) => dts >= end)
    const due = behind < 0 ? waiting : waiting.slice(0, behind)
    waiting = behind < 0 ? [] : waiting.slice(behind)
    for (const sample of due) await takeLast(sample)
  }

  async function close(): Promise<void> {
    await media.close()
    await whole?.close()
  }

  return {
    track() {
      const { bytes: _, ...facts } = header
      const [only = last?.duration ?? null, ...others] = durations
      return { name, header: facts, segments, sampleDuration: others.length === 0 ? only : null }
    },
    origin: () => (shift === null ? null : shift / timescale),
    openFrom: () => openFrom,
    advance,
    async end() {
      await advance()
      if (last !== null) await take(last)
      for (const rest of cut.end()) await write(rest)
      await close()
    },
    close,
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
