/** A ladder that is played while it is still encoded: a folder of segments that are verified, and lists of them that only grow. */
import { link, mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cut } from './cutting.js'
import { HEADER_NAME, seconds, segmentName, type Track, targetDuration } from './facts.js'
import { MASTER_NAME, MEDIA_NAME, masterPlaylist, mediaPlaylist } from './hls.js'

/** Of each track, before anything of it is to be seen: players begin behind the second one, and what all last shows in them. */
const FIRST_SEGMENTS = 2

/** Segments of a track that are whole and not shown; `from`: the first of them, counted from 0. */
export type Due = { track: Track; kind: 'video' | 'audio'; from: number }

export type EarlyLadder = {
  /** What can be shown next, once it is verified; nothing before there is enough of every track. */
  due(cut: Cut): Due[]
  /** Shows that; from the first time on, the ladder can be played. */
  show(cut: Cut, due: readonly Due[]): Promise<void>
}

/** `from`: where the ladder is cut into; `into`: the folder that is shown, which is there; both on one filesystem. */
export function openEarlyLadder({ from, into }: { from: string; into: string }): EarlyLadder {
  const shown = new Map<string, number>()
  let targets: Map<string, number> | null = null

  function due(cut: Cut): Due[] {
    const tracks = tracksOf(cut)
    if (tracks.some(({ track }) => track.segments.length < FIRST_SEGMENTS)) return []
    targets ??= targetsOf(cut)
    return tracks.flatMap(({ track, kind }) => {
      const first = shown.get(track.name) ?? 0
      const left = track.segments.slice(first)
      const tooLong = left.findIndex((segment) => !fits(track, segment, targets!.get(track.name)!))
      const segments = tooLong < 0 ? left : left.slice(0, tooLong)
      return segments.length === 0 ? [] : [{ track: { ...track, segments }, kind, from: first }]
    })
  }

  async function show(cut: Cut, news: readonly Due[]): Promise<void> {
    const isFirst = shown.size === 0
    for (const { track, from: first } of news) {
      const folder = join(into, track.name)
      if (isFirst) {
        await mkdir(folder)
        await link(join(from, track.name, HEADER_NAME), join(folder, HEADER_NAME))
      }
      for (const i of track.segments.keys()) {
        const name = segmentName(first + i, 'm4s')
        await link(join(from, track.name, name), join(folder, name))
      }
      shown.set(track.name, first + track.segments.length)
    }
    const upToShown = <T extends Track>(track: T): T => {
      return { ...track, segments: track.segments.slice(0, shown.get(track.name)) }
    }
    const seen: Cut = { pictures: cut.pictures.map(upToShown), sounds: cut.sounds.map(upToShown) }
    for (const { track } of tracksOf(seen)) {
      if (!news.some((each) => each.track.name === track.name)) continue
      const list = mediaPlaylist(track, { openUntil: targets!.get(track.name)! })
      await replace(join(into, track.name, MEDIA_NAME), list)
    }
    if (!isFirst) return
    await replace(join(into, MASTER_NAME), masterPlaylist({ ...seen, subtitles: [] }, { isEarly: true }))
  }

  return { due, show }
}

function tracksOf({ pictures, sounds }: Cut): { track: Track; kind: Due['kind'] }[] {
  return [
    ...pictures.map((track) => ({ track, kind: 'video' as const })),
    ...sounds.map((track) => ({ track, kind: 'audio' as const })),
  ]
}

/**
 * The target duration of each track, as it will be at the end: pictures have as many frames in every segment, and of sounds one has as many
 * samples as go beyond that. Where pictures come as they like, it is that of the first ones.
 */
function targetsOf({ pictures, sounds }: Cut): Map<string, number> {
  const firstOf = (track: Track) =>
    targetDuration(track.segments.slice(0, FIRST_SEGMENTS).map(({ duration }) => seconds(track, duration)))
  const [largest] = pictures
  const each = seconds(largest!, largest!.segments[0]!.duration)
  const longest = (track: Track) => {
    if (track.sampleDuration === null) return each
    const sample = seconds(track, track.sampleDuration)
    return Math.ceil(each / sample - 1e-6) * sample
  }
  return new Map([
    ...pictures.map((track) => [track.name, firstOf(track)] as const),
    ...sounds.map((track) => [track.name, Math.max(firstOf(track), targetDuration([longest(track)]))] as const),
  ])
}

/** One that does not fit stays unseen, with all behind it, until the ladder is published: a target duration never changes. */
function fits(track: Track, { duration }: Track['segments'][number], target: number): boolean {
  return Math.round(seconds(track, duration)) <= target
}

/** Whoever reads it has the one or the other whole. */
async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
}
