import type { Probe } from '../contract/index.js'
import { fileUrl, inputOptions, type ReadingLimits } from '../probe/formats.js'
import { seconds } from './range.js'
import type { SubtitleFile } from './types.js'

/** A file of subtitles, whose times come so much later. */
export function openSubtitles(
  { inputPath, demuxer }: Pick<SubtitleFile, 'inputPath' | 'demuxer'>,
  limits: ReadingLimits | undefined,
  laterUs = 0,
): string[] {
  return [
    ...(laterUs > 0 ? ['-itsoffset', seconds(laterUs)] : []),
    ...inputOptions(demuxer, limits),
    ...['-i', fileUrl(inputPath)],
  ]
}

/**
 * What holds ffmpeg to one input file of a known kind, and the file: for behind every other option of the input, so that none
 * comes after it. `decodesVideo`: it is bounded in pixels.
 */
export function openInput(
  input: {
    inputPath: string
    probe: Pick<Probe, 'container'>
    limits?: (ReadingLimits & { maxPixels?: number | null }) | undefined
  },
  decodesVideo: boolean,
): string[] {
  const maxPixels = decodesVideo ? input.limits?.maxPixels : null
  return [
    ...(maxPixels ? ['-max_pixels', `${maxPixels}`] : []),
    ...inputOptions(input.probe.container, input.limits),
    ...['-i', fileUrl(input.inputPath)],
  ]
}
