/** What is measured of a ladder: all that playlists, manifest and report say of it. */
import type { TrackHeader } from '../isobmff/index.js'
import type { Described, VideoRange } from '../plan/ladder/layout.js'

/** Times in units of its track. */
export type Segment = {
  start: number
  duration: number
  frames: number
  bytes: number
  /** From the begin of its file to the end of its first picture. */
  keyBytes: number
}

export type Track = {
  /** Of its folder. */
  name: string
  header: Omit<TrackHeader, 'bytes'>
  segments: Segment[]
  /** Each sample lasts as long; null: they differ. In units of the track. */
  sampleDuration: number | null
}

export type PictureTrack = Track & { range: VideoRange }
export type SoundTrack = Track & Described
export type SubtitleTrack = Described & {
  name: string
  isForced: boolean
  /** In seconds. */
  segments: { start: number; duration: number }[]
  /** Of all of it, in one file. */
  bytes: number
}

export type LadderFacts = { pictures: PictureTrack[]; sounds: SoundTrack[]; subtitles: SubtitleTrack[] }

/** Names in the folder of a track. */
export const HEADER_NAME = 'init.mp4'
export const WHOLE_SUBTITLES_NAME = 'all.vtt'
export const segmentName = (index: number, extension: 'm4s' | 'vtt'): string =>
  `${String(index + 1).padStart(5, '0')}.${extension}`

export const seconds = ({ header }: Pick<Track, 'header'>, ticks: number): number => ticks / header.timescale

export function durationOf(track: Track): number {
  return seconds(
    track,
    track.segments.reduce((sum, { duration }) => sum + duration, 0),
  )
}

/** Frames a second: exact where all last equally long, otherwise on average. */
export function frameRateOf(track: Track): { numerator: number; denominator: number } {
  const { header, segments, sampleDuration } = track
  if (sampleDuration !== null) return { numerator: header.timescale, denominator: sampleDuration }
  const frames = segments.reduce((sum, segment) => sum + segment.frames, 0)
  return { numerator: Math.round((1_000 * frames) / durationOf(track)), denominator: 1_000 }
}

/** Bits a second. */
export type Bandwidth = { peak: number; average: number }

/**
 * The peak over any run of segments that lasts between half and one and a half target durations (RFC 8216 §4.3.4.2), and the average.
 * `bytesOf` a segment: what is counted.
 */
export function bandwidthOf(track: Track, bytesOf: (segment: Segment) => number = ({ bytes }) => bytes): Bandwidth {
  const parts = track.segments.map((segment) => ({ s: seconds(track, segment.duration), bits: 8 * bytesOf(segment) }))
  const target = targetDuration(parts.map(({ s }) => s))
  const average = rate(parts)
  let peak = average
  for (let from = 0; from < parts.length; from++) {
    let [s, bits] = [0, 0]
    for (let to = from; to < parts.length; to++) {
      s += parts[to]!.s
      bits += parts[to]!.bits
      if (s > 1.5 * target) break
      if (s >= 0.5 * target) peak = Math.max(peak, bits / s)
    }
  }
  return { peak: Math.ceil(peak), average: Math.ceil(average) }
}

function rate(parts: readonly { s: number; bits: number }[]): number {
  const sum = (of: (part: { s: number; bits: number }) => number) => parts.reduce((total, part) => total + of(part), 0)
  return sum(({ bits }) => bits) / sum(({ s }) => s)
}

/** In whole seconds, as playlists count: no segment, rounded, lasts longer. */
export function targetDuration(durations: readonly number[]): number {
  return Math.max(1, ...durations.map(Math.round))
}
