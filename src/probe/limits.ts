import { FfleetError, type Probe, type ProbeStream } from '../contract/index.js'
import { PICTURE_TOO_LARGE } from '../ffmpeg/index.js'
import type { Declared } from './declared.js'
import type { ReadingLimits } from './formats.js'

/** What an operator accepts as input; null or left out: anything. */
export type ProbeLimits = ReadingLimits & {
  maxInputBytes?: number | null
  maxPixels?: number | null
  /** Attachments and cover art do not count. */
  maxStreams?: number | null
  /** Frames a second. */
  maxFrameRate?: number | null
  maxAttachments?: number | null
  /** All attachments together. */
  maxAttachmentBytes?: number | null
}

/** Throws `INPUT_TOO_LARGE`. */
export function checkBytes(bytes: number, { maxInputBytes }: ProbeLimits): void {
  if (!maxInputBytes || bytes <= maxInputBytes) return
  throw new FfleetError('INPUT_TOO_LARGE', `The input has ${bytes} bytes; at most ${maxInputBytes} are accepted.`)
}

/** Throws `TOO_MANY_STREAMS` and `ATTACHMENTS_TOO_LARGE` by what the container declares, before a reader has it in memory. */
export function checkDeclared({ tracks, attachments }: Declared, limits: ProbeLimits): void {
  checkStreamCount(tracks ?? 0, limits)
  if (attachments === null) return
  checkAttachmentCount(attachments.length, limits)
  const { maxAttachmentBytes } = limits
  const bytes = attachments.reduce((sum, each) => sum + each, 0)
  if (!maxAttachmentBytes || bytes <= maxAttachmentBytes) return
  throw new FfleetError(
    'ATTACHMENTS_TOO_LARGE',
    `The attachments of the input have ${bytes} bytes; at most ${maxAttachmentBytes} are accepted.`,
  )
}

/** Throws `TOO_MANY_STREAMS`, `ATTACHMENTS_TOO_LARGE`, `FRAME_RATE_TOO_HIGH`, and what `checkPixels` throws. */
export function checkProbe(probe: Probe, log: string, limits: ProbeLimits): void {
  const attached = probe.streams.filter(isAttached).length
  checkStreamCount(probe.streams.length - attached, limits)
  checkAttachmentCount(attached, limits)
  checkPixels(probe, log, limits)
  checkFrameRate(probe, limits)
}

/** Cover art of Matroska is an attachment, that of other containers is kept likewise. */
function isAttached({ type, attachedPicture }: ProbeStream): boolean {
  return type === 'attachment' || attachedPicture
}

function checkStreamCount(count: number, { maxStreams }: ProbeLimits): void {
  if (!maxStreams || count <= maxStreams) return
  throw new FfleetError('TOO_MANY_STREAMS', `The input has ${count} streams; at most ${maxStreams} are accepted.`)
}

function checkAttachmentCount(count: number, { maxAttachments }: ProbeLimits): void {
  if (!maxAttachments || count <= maxAttachments) return
  throw new FfleetError(
    'ATTACHMENTS_TOO_LARGE',
    `The input has ${count} attachments; at most ${maxAttachments} are accepted.`,
  )
}

/**
 * Throws `DIMENSIONS_TOO_LARGE` for a picture or video of more pixels. Cover art is never decoded and does not count.
 * `log` is ffprobe's: held to `-max_pixels`, it leaves the size of such a video out and says why.
 */
function checkPixels(probe: Probe, log: string, { maxPixels }: ProbeLimits): void {
  if (!maxPixels) return
  for (const { type, width, height, attachedPicture } of probe.streams) {
    if (type !== 'video' || attachedPicture) continue
    if (width === null || height === null) {
      const error = tooManyPixels(log)
      if (error !== null) throw error
    } else if (width * height > maxPixels) {
      throw dimensions(`${width}x${height}`, maxPixels)
    }
  }
}

/**
 * The error for what `-max_pixels` stopped ffmpeg at, or what ffmpeg reads at most (libavutil/imgutils.c), by its log; null where it
 * was neither.
 */
export function tooManyPixels(log: string): FfleetError | null {
  const [found, size, limit, beyond = size] = PICTURE_TOO_LARGE.exec(log) ?? []
  if (found === undefined) return null
  if (size !== undefined && limit !== undefined) return dimensions(size, Number(limit), log)
  return new FfleetError('DIMENSIONS_TOO_LARGE', `The input is ${beyond}, more than ffmpeg reads.`, { cause: log })
}

function dimensions(size: string, limit: number, cause?: string): FfleetError {
  return new FfleetError('DIMENSIONS_TOO_LARGE', `The picture has ${size} pixels; at most ${limit} are accepted.`, {
    cause,
  })
}

/**
 * By the frames that are there, where they were counted: headers claim a thousand times as many as there are, and files
 * with such a header are sound. Less than a second counts as one, or two frames in quick succession would be a high rate.
 */
function checkFrameRate(probe: Probe, { maxFrameRate }: ProbeLimits): void {
  if (!maxFrameRate) return
  for (const { type, attachedPicture, frames, durationUs, frameRate } of probe.streams) {
    if (type !== 'video' || attachedPicture) continue
    const counted = frames === null || durationUs === null ? null : frames / Math.max(1, durationUs / 1e6)
    const rate = counted ?? frameRate ?? 0
    if (rate <= maxFrameRate) continue
    throw new FfleetError(
      'FRAME_RATE_TOO_HIGH',
      `The video has ${Math.round(rate)} frames a second; at most ${maxFrameRate} are accepted.`,
    )
  }
}
