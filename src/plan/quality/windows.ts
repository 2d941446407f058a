/** Which parts of a film stand for all of it. */
import type { Range } from '../range.js'
import { clamp } from './search.js'

/** A film that is no longer stands for itself. */
const SHORT_US = 10_000_000
/** Of a longer one so much is looked at, a tenth of it between these. */
const LEAST_US = 6_000_000
const MOST_US = 15_000_000
const SHARE = 0.1
const MOST_WINDOWS = 5
/** One is this long at the least. */
const LEAST_WINDOW_US = 2_000_000
/** What pictures come to before they are packed without loss, which halves them: that much room is taken in the attempt's folder. */
const MOST_BYTES = 4e9

/**
 * Parts of a film, in its order, and evenly spread: each in the middle of as long a part of the whole. `part`: what of the input there is of it;
 * a length of null is not known, and the beginning has to do. `bytesPerSecond`: of the pictures as they are.
 */
export function windowsOf(part: { fromUs: number; lengthUs: number | null }, bytesPerSecond: number): Range[] {
  const { fromUs, lengthUs } = part
  const roomUs = (MOST_BYTES / bytesPerSecond) * 1e6
  if (lengthUs === null) return [{ startUs: fromUs, limitUs: Math.round(Math.min(SHORT_US, roomUs)) }]
  if (lengthUs <= Math.min(SHORT_US, roomUs)) return [{ startUs: fromUs, limitUs: lengthUs }]
  const sampledUs = Math.min(clamp(lengthUs * SHARE, LEAST_US, MOST_US), roomUs, lengthUs)
  const count = clamp(Math.floor(sampledUs / LEAST_WINDOW_US), 1, MOST_WINDOWS)
  const [stepUs, windowUs] = [lengthUs / count, Math.round(sampledUs / count)]
  return Array.from({ length: count }, (_, k) => ({
    startUs: Math.round(fromUs + stepUs * k + (stepUs - windowUs) / 2),
    limitUs: windowUs,
  }))
}

/** How much of the film they are. */
export function lengthOf(windows: readonly Range[]): number {
  return windows.reduce((sum, { limitUs }) => sum + limitUs!, 0)
}
