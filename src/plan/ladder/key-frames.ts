import type { ProbeStream } from '../../contract/index.js'
import type { RungEncoding } from '../encoders.js'
import { outputRate, type Rates } from '../frame-rate.js'

/** Where frames last differently, none is made a key frame for its number. */
const ANY = 100_000

/**
 * Key frames for segments of about that length. Where frames last equally long, each has the same number of them; elsewhere
 * the first frame that is due. All rungs see the same frames, and so come to the same ones.
 */
export function keyFramesOf(
  stream: ProbeStream,
  rates: Rates,
  segmentMs: number,
): Pick<RungEncoding, 'frames' | 'keyFrames'> {
  const rate = outputRate(stream, rates)
  if (rate === null) {
    const dueS = segmentMs / 1_000
    return { frames: ANY, keyFrames: `expr:if(isnan(prev_forced_t),1,gte(t,prev_forced_t+${dueS}-0.001))` }
  }
  const frames = Math.max(1, Math.round((segmentMs / 1_000) * rate))
  return { frames, keyFrames: `expr:if(isnan(prev_forced_n),1,gte(n,prev_forced_n+${frames}))` }
}
