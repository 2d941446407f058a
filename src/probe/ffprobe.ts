import type { Probe } from '../contract/index.js'
import { type FfprobeRunOptions, runFfprobe } from '../ffmpeg/index.js'
import { type FfprobeContext, readFfprobeJson } from './ffprobe-json.js'
import { fileUrl, inputOptions } from './formats.js'

export type FfprobeOptions = FfprobeContext &
  FfprobeRunOptions & {
    /** Demuxer to force; null lets ffprobe find out. */
    format: string | null
    maxPixels?: number | null | undefined
  }

/** Either a probe, or why there is none: too late, or what ffprobe said. */
export type FfprobeAnswer = { probe: Probe; log: string } | { probe: null; log: string; late: boolean }

/** Asks ffprobe about a file. It may open this one file only, as a container of one file. */
export async function ffprobe(path: string, options: FfprobeOptions): Promise<FfprobeAnswer> {
  const { maxPixels } = options
  const args = [
    ...['-of', 'json', '-show_format', '-show_streams', '-show_chapters'],
    ...(maxPixels ? ['-max_pixels', String(maxPixels)] : []),
    ...inputOptions(options.format),
    ...['-i', fileUrl(path)],
  ]
  const { ok, stdout, log, late } = await runFfprobe(args, options)
  const probe = ok ? readFfprobeJson(stdout, options) : null
  return probe === null ? { probe, log, late } : { probe, log }
}
