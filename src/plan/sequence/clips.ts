import { FfleetError } from '../../contract/index.js'
import { isPicture } from '../../probe/formats.js'
import { holdLast } from '../hold-last.js'
import { inputRange, overlap, type Range, readRange, trimFilters, WHOLE } from '../range.js'
import { missing, type Selected, type Selection, selectStreams } from '../select-streams.js'
import type { Clip, PlanInput, ReadFile } from '../types.js'

/** A stream of an opened file, within the range that is read of it. */
export type Part = {
  /** As filters name it, such as `2:V:0`. */
  specifier: string
  stream: Selected['stream']
  file: ReadFile
  range: Range
  /** From the beginning of the range to its own end, at the speed of the file; null: not known. */
  lengthUs: number | null
}

/** One playing of a clip. */
export type Piece = {
  /** Its number, as the person counts inputs, and the word for it. */
  name: string
  clip: Clip
  isStill: boolean
  video: Part | null
  audio: Part | null
  /** How long it is shown or heard; null: not known. */
  lengthUs: number | null
  /** For how long the one before it goes on meanwhile. */
  crossfadeUs: number
  /**
   * It is made as long as that: its sound at the least, or cut to it, and its picture of so many frames a second; null: that
   * comes as it is.
   */
  exact: { rate: number | null; cuts: boolean } | null
  /** Why there is no picture or no sound, though the file announces one. */
  lost: Selection['lost']
}

/** The files that ffmpeg opens, in their order. */
export type Opened = { file: ReadFile; range: Range; decodesVideo: boolean }

/** How often a still picture is shown a second. */
export const STILL_RATE = 25

/**
 * What is opened and played of clips, one after another.
 *
 * Throws `RANGE_OUTSIDE_INPUT`, `NO_VIDEO_STREAM` and `NO_AUDIO_STREAM` where clips have nothing in common or a soundtrack is
 * none, and `INVALID_REQUEST` for what only shows when a file is looked at, such as a still picture of no duration.
 */
export function piecesOf(clips: readonly Clip[], input: PlanInput): { pieces: Piece[]; opened: Opened[] } {
  const opened: Opened[] = []
  const pieces = clips.flatMap((clip, i) => {
    const name = clips.length === 1 ? 'The input' : `Input ${i + 1}`
    return Array.from({ length: clip.loop ?? 1 }, (_, n) => ({
      ...pieceOf(clip, name, opened, input),
      crossfadeUs: n === 0 ? (clip.crossfadeMs ?? 0) * 1_000 : 0,
      exact: null,
    }))
  })
  requireCommon(pieces)
  return { pieces, opened }
}

type Found = Omit<Piece, 'crossfadeUs' | 'exact'>

function pieceOf(clip: Clip, name: string, opened: Opened[], input: PlanInput): Found {
  const isStill = isPicture(clip.probe.container)
  const range = isStill ? WHOLE : named(name, () => inputRange(clip.probe, clip))
  const selection = selectStreams(clip.probe, { ...input.limits, startUs: range.startUs })
  if (isStill && clip.speed !== undefined) {
    throw invalid(
      `${name} is a still picture, so speed does not go with it.`,
      'Say with durationMs how long it is shown.',
    )
  }
  if (clip.soundtrack && selection.video === null) {
    throw new FfleetError('NO_VIDEO_STREAM', `${name} has a soundtrack, and no video that it could belong to.`, {
      hint: 'Name the file of the soundtrack as the input itself.',
    })
  }
  const number = opened.push({ file: clip, range, decodesVideo: selection.video !== null }) - 1
  const picture = selection.video && part(selection.video, number, clip, range)
  const audio = clip.soundtrack
    ? soundOf(clip.soundtrack, name, opened, input)
    : selection.audio && part(selection.audio, number, clip, range)
  const video = picture && isStill ? { ...picture, lengthUs: stillUs(clip, name, audio) } : picture
  if (!isStill && clip.durationMs !== undefined) {
    throw invalid(
      `${name} is no still picture, so durationMs does not go with it.`,
      'Use startMs and endMs for a part of it.',
    )
  }
  const lengthUs = lengthOf(video, clip.soundtrack ? null : audio)
  const { lost } = selection
  return { name, clip, isStill, video, audio, lengthUs: lengthUs === null ? null : lengthUs / (clip.speed ?? 1), lost }
}

function part({ stream, specifier }: Selected, number: number, file: ReadFile, range: Range): Part {
  const within = overlap(range, stream)
  const lengthUs = within === null ? null : within.toUs - range.startUs
  return { specifier: specifier.replace(/^0/, `${number}`), stream, file, range, lengthUs }
}

function soundOf(file: ReadFile, name: string, opened: Opened[], input: PlanInput): Part {
  const range = WHOLE
  const { audio, lost } = selectStreams(file.probe, { ...input.limits, startUs: 0 })
  if (audio === null) {
    const none = `The soundtrack of ${inWords(name)} has no audio that can be decoded.`
    throw missing(lost.audio, new FfleetError('NO_AUDIO_STREAM', none))
  }
  return part(audio, opened.push({ file, range, decodesVideo: false }) - 1, file, range)
}

/** As long as it is said, or as long as its sound. */
function stillUs({ durationMs }: Clip, name: string, audio: Part | null): number {
  if (durationMs !== undefined) return durationMs * 1_000
  if (audio?.lengthUs) return audio.lengthUs
  throw invalid(
    `${name} is a still picture, and nothing says how long it is shown.`,
    'Give it a durationMs, or a soundtrack whose length is known.',
  )
}

function lengthOf(video: Part | null, audio: Part | null): number | null {
  const parts = [video, audio].filter((each) => each !== null)
  if (parts.length === 0 || parts.some(({ lengthUs }) => lengthUs === null)) return null
  return Math.max(...parts.map(({ lengthUs }) => lengthUs!))
}

/** Pictures of all of them, with silence where one has no sound; or sounds of all of them. */
function requireCommon(pieces: readonly Piece[]): void {
  const silent = pieces.find(({ audio }) => audio === null)
  const blind = pieces.find(({ video }) => video === null)
  // Of a single one, what is missing is told by the output that needs it.
  if (blind === undefined || silent === undefined || pieces.length === 1) return
  throw new FfleetError(
    'NO_VIDEO_STREAM',
    `${blind.name} has no video and ${inWords(silent.name)} no audio that can be decoded: they have nothing in common.`,
    {
      hint: 'Join inputs that all have video, or all have audio; a still picture can stand for missing video, with the sound as its soundtrack.',
    },
  )
}

/** Frames of it that are shown a second where all last equally long; else null. */
export function rateOf({ clip, isStill, video, exact }: Piece): number | null {
  if (exact?.rate) return exact.rate
  const { stream } = video!
  const rate = isStill ? STILL_RATE : stream.constantFrameRate ? stream.frameRate : null
  return rate === null ? null : rate * (clip.speed ?? 1)
}

/** How long its last frame is shown; null: not known. */
export function lastFrameOf({ clip, isStill, video, exact }: Piece): number | null {
  if (exact?.rate) return 1e6 / exact.rate
  const us = isStill ? 1e6 / STILL_RATE : video!.stream.lastFrameUs
  return us === null ? null : us / (clip.speed ?? 1)
}

/** What is left out of a file that begins or ends within packets that can't be sought: by filters, behind the decoder. */
export function trimmed({ file, range }: Part, type: 'video' | 'audio'): string[] {
  return trimFilters(readRange(file.probe.container, range).decoded, type)
}

/** Whether all have the same of something. */
export function agree<T>(all: readonly T[], of: (one: T) => unknown): boolean {
  return all.every((one) => of(one) === of(all[0]!))
}

/** Of a moving picture whose last frame stands longer than the others. */
export function heldLast({ stream, range }: Part, capabilities: PlanInput['capabilities']): string[] {
  return stream.clockJumps ? [] : holdLast(stream, range, capabilities)
}

function named<T>(name: string, of: () => T): T {
  try {
    return of()
  } catch (error) {
    if (!(error instanceof FfleetError) || name === 'The input') throw error
    throw new FfleetError(error.code, `${name}: ${error.message}`, { hint: error.hint, cause: error })
  }
}

function inWords(name: string): string {
  return name.replace(/^[TI]/, (letter) => letter.toLowerCase())
}

function invalid(detail: string, hint: string): FfleetError {
  return new FfleetError('INVALID_REQUEST', detail, { hint })
}
