import type { LadderFormat } from '../../contract/index.js'
import type { ExpectedOutput } from '../expected-output.js'
import type { SpriteLayout } from '../sprites.js'

/** What ffmpeg writes for a ladder, each into a file of the attempt folder, and what is to become of it. */
export type LadderLayout = {
  /** HLS playlists, a DASH manifest, or both over one set of segments. */
  format: LadderFormat
  segmentMs: number
  /** Where players have the key that its segments are encrypted by; left out: they are not. */
  keyUri?: string
  /** The rungs, the largest picture first. */
  pictures: (LadderTrack & { range: VideoRange })[]
  sounds: (LadderTrack & Described)[]
  /** WebVTT of the whole film. */
  subtitles: (Omit<LadderTrack, 'expected'> & Described & { isForced: boolean })[]
  /** What lies beside the tracks; each left out where it was not asked for. */
  poster?: LadderTrack
  /** Sheets in the folder. */
  thumbnails?: SpriteLayout
}

/** Names of what lies beside the tracks, in the folder of the output. */
export const POSTER_NAME = 'poster.jpg'
export const THUMBNAILS_NAME = 'thumbnails.vtt'

/** As playlists call it. */
export type VideoRange = 'SDR' | 'PQ' | 'HLG'

export type LadderTrack = {
  /** What ffmpeg writes, in the attempt folder. */
  file: string
  /** Of its folder in the output. */
  name: string
  expected: ExpectedOutput
}

export type Described = {
  /** As the input has it; null: it does not say. */
  language: string | null
  title: string | null
  isDefault: boolean
}
