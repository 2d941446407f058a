/** Tracks in fragments, as ffmpeg wrote them, become a folder that players play. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FfleetError } from '../contract/index.js'
import { MalformedError } from '../isobmff/index.js'
import type { LadderLayout, LadderTrack } from '../plan/ladder/layout.js'
import { atKeyFrames, nextTo } from './cut.js'
import { MANIFEST_NAME, manifest } from './dash.js'
import { type LadderFacts, type PictureTrack, seconds, type Track } from './facts.js'
import {
  KEY_FRAMES_NAME,
  keyFramePlaylist,
  MASTER_NAME,
  MEDIA_NAME,
  masterPlaylist,
  mediaPlaylist,
  subtitlePlaylist,
} from './hls.js'
import { writeSubtitles } from './write-subtitles.js'
import { writeTrack } from './write-track.js'

export { encryptLadder } from './encrypt.js'
export type { LadderFacts, Track } from './facts.js'
export { MEDIA_NAME, mediaPlaylist } from './hls.js'
export { ladderReport } from './report.js'

/** By how much borders of two rungs may differ, in seconds: the rounding of their clocks. */
const SAME_BORDER_S = 0.001

/** All of a sound in one file, in the attempt folder: for readers that know no playlists. */
export const wholeSound = ({ name }: { name: string }): string => `whole-${name}.mp4`

type Where = { folder: string; into: string; signal?: AbortSignal | undefined }

/**
 * Cuts the tracks of a ladder in `folder` into segments below `into`. A sound without a sample has none.
 *
 * @throws FfleetError OUTPUT_INVALID, naming the track, where it is not what it should be, such as one whose key frames lie elsewhere than
 * those of the others; system errors.
 */
export async function cutLadder(layout: LadderLayout, { folder, into, signal }: Where): Promise<LadderFacts> {
  const { segmentMs } = layout
  const cut = (
    { file, name }: LadderTrack,
    options: Pick<Parameters<typeof writeTrack>[2], 'cutter' | 'origin' | 'whole'>,
  ) => told(name, writeTrack(join(folder, file), join(into, name), { name, signal, ...options }))
  const pictures: PictureTrack[] = []
  let origin: number | undefined
  for (const rung of layout.pictures) {
    const cutter = (timescale: number) => atKeyFrames({ timescale, segmentMs })
    const { origin: own, ...track } = await cut(rung, { cutter, ...(origin !== undefined && { origin }) })
    origin ??= own
    pictures.push({ ...track, range: rung.range })
  }
  for (const track of pictures.slice(1)) requireSameBorders(pictures[0]!, track)
  const spans = spansOf(pictures[0]!)
  const borders = spans.slice(1).map(({ start }) => start)
  const sounds: LadderFacts['sounds'] = []
  for (const sound of layout.sounds) {
    const cutter = (timescale: number) => nextTo(borders, { timescale, segmentMs })
    const { origin: _, ...track } = await cut(sound, {
      cutter,
      origin: origin ?? 0,
      whole: join(folder, wholeSound(sound)),
    })
    const { language, title, isDefault } = sound
    sounds.push({ ...track, language, title, isDefault })
  }
  const subtitles: LadderFacts['subtitles'] = []
  for (const track of layout.subtitles) {
    subtitles.push(await writeSubtitles(join(folder, track.file), join(into, track.name), track, spans))
  }
  return { pictures, sounds, subtitles }
}

/** Writes what players open: playlists, a manifest, or both. `keyUri`: of the key of its segments; left out: they are not encrypted. */
export async function describeLadder(
  { format, keyUri = null }: Pick<LadderLayout, 'format'> & { keyUri?: string | null },
  facts: LadderFacts,
  into: string,
): Promise<void> {
  if (format !== 'dash') await writePlaylists(facts, into, keyUri)
  if (format !== 'hls') await writeFile(join(into, MANIFEST_NAME), manifest(facts))
}

async function writePlaylists(facts: LadderFacts, into: string, keyUri: string | null): Promise<void> {
  for (const track of [...facts.pictures, ...facts.sounds]) {
    await writeFile(join(into, track.name, MEDIA_NAME), mediaPlaylist(track, { keyUri }))
  }
  for (const track of keyUri === null ? facts.pictures : []) {
    await writeFile(join(into, track.name, KEY_FRAMES_NAME), keyFramePlaylist(track))
  }
  for (const track of facts.subtitles) await writeFile(join(into, track.name, MEDIA_NAME), subtitlePlaylist(track))
  await writeFile(join(into, MASTER_NAME), masterPlaylist(facts, keyUri))
}

/** In seconds. */
function spansOf(track: Track): { start: number; duration: number }[] {
  return track.segments.map(({ start, duration }) => ({
    start: seconds(track, start),
    duration: seconds(track, duration),
  }))
}

function requireSameBorders(first: Track, other: Track): void {
  const [spans, others] = [spansOf(first), spansOf(other)]
  const i = spans.findIndex(({ start }, n) => Math.abs(start - (others[n]?.start ?? Infinity)) >= SAME_BORDER_S)
  if (i < 0 && spans.length === others.length) return
  const at = (i < 0 ? others[spans.length]! : spans[i]!).start.toFixed(3)
  throw new FfleetError('OUTPUT_INVALID', `${other.name} has other key frames than ${first.name}, from ${at} s on.`)
}

async function told<T>(name: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    throw new FfleetError('OUTPUT_INVALID', `${name} can not be cut into segments: ${error.message}`, { cause: error })
  }
}
