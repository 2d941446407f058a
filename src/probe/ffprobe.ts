import type { Probe } from '../contract/index.js'
import { type FfprobeRunOptions, runFfprobe } from '../ffmpeg/index.js'
import { type FfprobeContext, readFfprobeJson } from './ffprobe-json.js'
import { fileUrl, inputOptions, isPicture } from './formats.js'
import { PacketCount } from './packets.js'
import { withPackets } from './with-packets.js'

export type FfprobeOptions = FfprobeContext &
  Omit<FfprobeRunOptions, 'file'> & {
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
  const { ok, stdout, log, late } = await runFfprobe(args, { ...options, file: path })
  const probe = ok ? readFfprobeJson(stdout, options) : null
  if (probe === null) return { probe, log, late }
  return { probe: isPicture(probe.container) ? probe : await countPackets(path, probe, options), log }
}

/** Reads the whole file, without decoding; where that takes too long, the headers' word stands. */
async function countPackets(path: string, probe: Probe, options: FfprobeOptions): Promise<Probe> {
  const packets = new PacketCount(probe.container)
  const args = [
    ...['-of', 'csv=p=0', '-show_entries', 'packet=stream_index,pts_time,dts_time,duration_time'],
    ...inputOptions(probe.container),
    ...['-i', fileUrl(path)],
  ]
  const { ok } = await runFfprobe(args, { ...options, file: path, onLine: (line) => packets.line(line) })
  return ok ? withPackets(probe, packets.end()) : probe
}
