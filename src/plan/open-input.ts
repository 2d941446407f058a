import type { Probe } from '../contract/index.js'
import { fileUrl, inputOptions, type ReadingLimits } from '../probe/formats.js'

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
