/** What an output must turn out to be: what verification holds it against. */
import type { Loudness } from '../contract/index.js'
import type { Chapter } from '../probe/index.js'
import type { Size } from './size.js'

/** How long a stream must be at the least, and how many frames it has; null where some may be dropped or are not counted. */
export type ExpectedPart = { atLeastUs: number; frames: number | null }

/** What the picture must look like to whoever reads the output. */
export type ExpectedPicture = {
  /** Null: it follows from what a measuring pass finds. */
  size: Size | null
  /** Frames a second that were asked for, all equally long; null: none were. */
  frameRate: number | null
  /** By ffmpeg's name, such as `bt709`; null: not said. */
  transfer: string | null
  /** As a probe names it; null: none was asked for. */
  profile: string | null
  /** Whether it is to tell of the display it was graded on. */
  masteringDisplay: boolean
}

/** What an output must turn out to be. Null: can't be told beforehand. */
export type ExpectedOutput = {
  durationUs: number | null
  /** What the header of the input claims instead; null where that is no more. */
  promisedUs?: number | null
  /** What each kind of stream must hold by itself; left out where that can't be told. */
  parts?: { video?: ExpectedPart | null; audio?: (ExpectedPart | null)[] }
  streams: { video: number; audio: number }
  /** What there must be beside picture and sound; left out where that is nothing, `chapters` null where it can't be told. */
  beside?: { subtitles: number; chapters: number | null }
  /** Those that there must be, by place and name; left out where they are those of the input. */
  chapters?: readonly Chapter[]
  /** Cover art of the input is to be there. */
  cover?: true
  /** What was asked of the sound; left out: nothing. */
  sound?: ExpectedSound
  /** Left out where the picture is not made here. */
  picture?: ExpectedPicture
  /** Copied, not encoded. */
  isCopy?: true
  /** The output must hash to the same. */
  lossless?: LosslessProof
  /** Of an output that is no film: with more pictures it is refused, and told why. */
  mostPictures?: { most: number; detail: string }
  /** Files of a folder, numbered from 1; `count` null where it can't be told. */
  pictures?: { count: number | null; isBounded: { most: number; detail: string } }
  /** Read by ourselves: ffprobe reads no animated WebP before 8. */
  isAnimatedWebp?: true
}

/** Files of the attempt's folder with hashes of the input, as it was decoded while the output was made. */
export type LosslessProof = {
  /** Of each picture, by ffmpeg's `framemd5`. */
  pictures: string
  /** In which format of pixels they are hashed; null: as they are. */
  hashedAs: string | null
  /** Of sounds that were coded anew: which of the output's, and as which samples they are hashed. */
  sounds: readonly { track: number; codec: string; file: string }[]
}

/** Each left out where it was not asked for. */
export type ExpectedSound = { sampleRate?: number; channels?: number; loudness?: Loudness }
