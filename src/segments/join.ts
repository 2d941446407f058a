import { type FileHandle, open } from 'node:fs/promises'
import { fragmentHead, type Sample } from '../isobmff/index.js'
import { proveTogether } from './prove.js'
import { readSegment, type Segment, SegmentInvalid, shownTimes } from './read-segment.js'

/** At once in memory. */
const COPIED_BYTES = 1024 * 1024

type Joining = {
  /** Each picture counts as decoded when another one is shown, and the first one when it is: times of a stream are none below 0. */
  isStream?: boolean
  signal?: AbortSignal | undefined
}

/**
 * Puts parts of several tracks together, `parts` the files of each, track by track into the files `to`. Gives the times of their pictures,
 * in µs, which all tracks have alike. Throws as `joinSegments` does.
 */
export async function joinTracks(
  parts: readonly (readonly string[])[],
  to: readonly string[],
  joining: Joining = {},
): Promise<number[]> {
  let times: number[] = []
  for (const [n, file] of to.entries()) {
    const track = parts.map((files) => files[n]!)
    times = await joinSegments(track, file, joining)
  }
  return times
}

/**
 * Puts segments behind one another, in one file under the header of the first: their pictures as they are, at the times at
 * which they are shown. Gives the times of all pictures, in µs.
 *
 * @throws SegmentInvalid where they do not belong together; system errors; the signal's reason.
 */
async function joinSegments(
  paths: readonly string[],
  to: string,
  { isStream = false, signal }: Joining = {},
): Promise<number[]> {
  const segments: Segment[] = []
  for (const path of paths) segments.push(await readSegment(path))
  proveTogether(segments)
  const { header } = segments[0]!
  const shown = segments.map((segment) => shownTimes(segment))
  const decoded = isStream ? shown.flat() : decodingTimes(segments, shown)
  const joined = await open(to, 'w')
  try {
    await joined.appendFile(header.bytes)
    let [sequence, done] = [1, 0]
    for (const [i, path] of paths.entries()) {
      const samples = segments[i]!.samples.map(({ dts: was, offset, ...sample }, n) => {
        const dts = decoded[done + n]!
        const next = decoded[done + n + 1] ?? dts + sample.duration
        return { ...sample, dts, offset: was + offset - dts, duration: next - dts }
      })
      done += samples.length
      const from = await open(path)
      try {
        for (const run of runsOf(samples)) {
          signal?.throwIfAborted()
          await joined.appendFile(fragmentHead(header.trackId, sequence++, run))
          await copyBytes(from, joined, run[0]!.at, run.at(-1)!.at + run.at(-1)!.bytes)
        }
      } finally {
        await from.close()
      }
    }
  } finally {
    await joined.close()
  }
  return shown.flat().map((ticks) => Math.round((ticks * 1e6) / header.timescale))
}

/**
 * When pictures are decoded, anew: an encoder makes up times in front of its first picture, which may be those of the part before. Each
 * is decoded when the one so many places before it is shown, as many as the order of any of them takes.
 */
function decodingTimes(segments: readonly Segment[], shown: readonly (readonly number[])[]): number[] {
  const places = segments.map(({ samples }, n) => {
    const placeOf = new Map(shown[n]!.map((ticks, i) => [ticks, i]))
    return samples.reduce((most, { dts, offset }, i) => Math.max(most, i - placeOf.get(dts + offset)!), 0)
  })
  const delay = Math.max(...places)
  const times = shown.flat()
  const step = (times[1] ?? times[0]! + 1) - times[0]!
  return times.map((_, i) => times[i - delay] ?? times[0]! - (delay - i) * step)
}

/** From key frame to key frame, where their bytes lie in one piece. */
function runsOf(samples: readonly Sample[]): Sample[][] {
  const runs: Sample[][] = []
  for (const sample of samples) {
    const last = runs.at(-1)
    const before = last?.at(-1)
    if (last === undefined || sample.isSync || before!.at + before!.bytes !== sample.at) runs.push([sample])
    else last.push(sample)
  }
  return runs
}

async function copyBytes(from: FileHandle, to: FileHandle, begin: number, end: number): Promise<void> {
  const buffer = Buffer.alloc(Math.min(COPIED_BYTES, end - begin))
  for (let at = begin; at < end; ) {
    const { bytesRead } = await from.read(buffer, 0, Math.min(buffer.length, end - at), at)
    if (bytesRead === 0) throw new SegmentInvalid('a part became shorter')
    await to.appendFile(buffer.subarray(0, bytesRead))
    at += bytesRead
  }
}
