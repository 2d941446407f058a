import type { Probe } from '../contract/index.js'
import { type FfprobeRunOptions, runFfprobe } from '../ffmpeg/index.js'
import { codecWhitelist, refusedDecoders } from './codecs.js'
import { type FfprobeContext, readFfprobeJson } from './ffprobe-json.js'
import { fileUrl, inputOptions, isPicture } from './formats.js'
import { hdrOfFirstFrame, streamsToAsk, withHdr } from './hdr-metadata.js'
import type { ProbeLimits } from './limits.js'
import { PacketCount } from './packets.js'
import { withPackets } from './with-packets.js'

export type FfprobeOptions = FfprobeContext &
  Omit<FfprobeRunOptions, 'file'> & {
    /** Demuxer to force; null lets ffprobe find out. */
    format: string | null
    limits: ProbeLimits
  }

/** Either a probe, or why there is none: too late, or what ffprobe said. */
export type FfprobeAnswer = { probe: Probe; log: string } | { probe: null; log: string; late: boolean }

/** Asks ffprobe about a file. It may open this one file only, as a container of one file. */
export async function ffprobe(path: string, options: FfprobeOptions): Promise<FfprobeAnswer> {
  const { limits } = options
  const { maxPixels } = limits
  const ask = (besides: string[]) => {
    const args = [
      ...['-of', 'json', '-show_format', '-show_streams', '-show_chapters'],
      ...(maxPixels ? ['-max_pixels', String(maxPixels)] : []),
      ...inputOptions(options.format, limits),
      ...besides,
      ...['-i', fileUrl(path)],
    ]
    return runFfprobe(args, { ...options, file: path })
  }
  const first = await ask([])
  const refused = first.ok || first.late ? [] : refusedDecoders(first.log)
  const { ok, stdout, log, late } = refused.length > 0 ? await ask(opened(refused, limits)) : first
  const probe = ok ? readFfprobeJson(stdout, options) : null
  if (probe === null) return { probe, log, late }
  if (isPicture(probe.container)) return { probe, log }
  return { probe: await askFrames(path, await countPackets(path, probe, options), options), log }
}

/**
 * ffprobe ends at the first stream whose decoder it may not open, though it decodes nothing with it. So those it may
 * open, to describe a stream that nobody may ever want; what decodes a stream to find out about it is still kept from them.
 */
function opened(refused: readonly string[], { moreCodecs = [] }: ProbeLimits): string[] {
  const list = codecWhitelist([...moreCodecs, ...refused])
  return ['v', 'a', 's', 'd', 't'].flatMap((type) => [`-codec_whitelist:${type}`, list])
}

/** HDR10 may be described in the video alone, where only its decoder finds it. */
async function askFrames(path: string, probe: Probe, options: FfprobeOptions): Promise<Probe> {
  let told = probe
  for (const index of streamsToAsk(probe)) {
    const args = [
      ...['-of', 'json', '-show_frames', '-select_streams', String(index), '-read_intervals', '%+#1'],
      ...(options.limits.maxPixels ? ['-max_pixels', String(options.limits.maxPixels)] : []),
      ...inputOptions(probe.container, options.limits),
      ...['-i', fileUrl(path)],
    ]
    const { ok, stdout } = await runFfprobe(args, { ...options, file: path })
    if (ok) told = withHdr(told, index, hdrOfFirstFrame(stdout))
  }
  return told
}

/** Reads the whole file, without decoding; where that takes too long, the headers' word stands. */
async function countPackets(path: string, probe: Probe, options: FfprobeOptions): Promise<Probe> {
  const packets = new PacketCount(probe.container)
  const args = [
    ...['-of', 'csv=p=0', '-show_entries', 'packet=stream_index,pts_time,dts_time,duration_time'],
    ...inputOptions(probe.container, options.limits),
    ...['-i', fileUrl(path)],
  ]
  const { ok } = await runFfprobe(args, { ...options, file: path, onLine: (line) => packets.line(line) })
  return ok ? withPackets(probe, packets.end()) : probe
}
