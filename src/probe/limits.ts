import { FfleetError, type Probe } from '../contract/index.js'

/** What an operator accepts as input; null or left out: anything. */
export type ProbeLimits = { maxInputBytes?: number | null; maxPixels?: number | null }

/** Throws `INPUT_TOO_LARGE`. */
export function checkBytes(bytes: number, { maxInputBytes }: ProbeLimits): void {
  if (!maxInputBytes || bytes <= maxInputBytes) return
  throw new FfleetError('INPUT_TOO_LARGE', `The input has ${bytes} bytes; at most ${maxInputBytes} are accepted.`)
}

/**
 * Throws `DIMENSIONS_TOO_LARGE` for a picture or video of more pixels. Cover art is never decoded and does not count.
 * `log` is ffprobe's: held to `-max_pixels`, it leaves the size of such a video out and says why.
 */
export function checkPixels(probe: Probe, log: string, { maxPixels }: ProbeLimits): void {
  if (!maxPixels) return
  for (const { type, width, height, attachedPicture } of probe.streams) {
    if (type !== 'video' || attachedPicture) continue
    if (width === null || height === null) {
      if (saysTooManyPixels(log)) throw tooManyPixels(log)
    } else if (width * height > maxPixels) {
      throw new FfleetError(
        'DIMENSIONS_TOO_LARGE',
        `The picture has ${width}x${height} pixels; at most ${maxPixels} are accepted.`,
      )
    }
  }
}

/** Whether `-max_pixels` stopped ffmpeg (libavutil/imgutils.c). */
export function saysTooManyPixels(log: string): boolean {
  return log.includes('exceeds specified max pixel count')
}

export function tooManyPixels(cause: string): FfleetError {
  return new FfleetError('DIMENSIONS_TOO_LARGE', 'The picture has more pixels than are accepted.', { cause })
}
