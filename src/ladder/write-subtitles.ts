import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LadderLayout } from '../plan/ladder/layout.js'
import { type Cue, readCues, writeCues } from '../probe/cues.js'
import { type SubtitleTrack, segmentName, WHOLE_SUBTITLES_NAME } from './facts.js'

/** Times of cues are those of the fragments, whose clock begins with 0 and not, as in an MPEG-TS, somewhere. */
const HEAD = ['WEBVTT', 'X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0', '']

/**
 * Cuts the WebVTT in `file` at the borders of the pictures: a cue stands in every segment that it is shown in. `spans`: of the pictures,
 * in seconds; what is shown behind the last of them has segments like it.
 */
export async function writeSubtitles(
  file: string,
  into: string,
  { file: _, ...described }: LadderLayout['subtitles'][number],
  spans: readonly { start: number; duration: number }[],
): Promise<SubtitleTrack> {
  await mkdir(into, { recursive: true })
  const text = await readFile(file, 'utf8')
  const { cues } = readCues(text, 'vtt')
  await writeFile(join(into, WHOLE_SUBTITLES_NAME), text)
  const segments = longEnough(spans, Math.max(0, ...cues.map(({ endUs }) => endUs / 1e6)))
  for (const [i, segment] of segments.entries()) {
    const shown = cues.filter((cue) => isIn(cue, segment))
    await writeFile(join(into, segmentName(i, 'vtt')), writeCues({ format: 'vtt', head: HEAD, cues: shown }))
  }
  return { ...described, segments, bytes: Buffer.byteLength(text) }
}

function isIn({ startUs, endUs }: Cue, { start, duration }: { start: number; duration: number }): boolean {
  return startUs < (start + duration) * 1e6 && endUs > start * 1e6
}

function longEnough(
  spans: readonly { start: number; duration: number }[],
  untilS: number,
): { start: number; duration: number }[] {
  // The list of a player counts from 0, also where the first picture comes later.
  const [first, ...others] = spans
  const segments = [{ start: 0, duration: first!.start + first!.duration }, ...others]
  const longest = Math.max(...spans.map(({ duration }) => duration))
  for (let end = endOf(segments); end < untilS; end = endOf(segments)) {
    segments.push({ start: end, duration: Math.min(longest, untilS - end) })
  }
  return segments
}

function endOf(segments: readonly { start: number; duration: number }[]): number {
  const last = segments.at(-1)!
  return last.start + last.duration
}
