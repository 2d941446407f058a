import type { ReadingLimits } from '../../probe/formats.js'
import { openInput } from '../open-input.js'
import type { ReadFile } from '../types.js'

/**
 * Makes a PNG of a watermark, as `movie` reads it: turned as the file says, with the colours that it tells, and no more than its first
 * picture. A file that can't be decoded shows here, and not as a film without its watermark.
 */
export function imageArguments(
  { inputPath, probe }: ReadFile,
  limits: ReadingLimits & { maxPixels?: number | null },
  to: string,
): string[] {
  return [
    '-xerror',
    ...openInput({ inputPath, probe, limits }, true),
    ...['-map', '0:v:0', '-vf', 'format=rgba', '-frames:v', '1', '-c:v', 'png', '-f', 'image2', '-update', '1', to],
  ]
}
