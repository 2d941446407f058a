import type { ProbeStream } from '../../contract/index.js'
import type { FrameList } from '../../probe/frame-list.js'
import type { RungEncoding } from '../encoders.js'
import { outputRate, type Rates } from '../frame-rate.js'

/** Where frames last differently, none is made a key frame for its number. */
const ANY = 100_000
/** There, a frame may be so much early and still be due. */
const EARLY_US = 1_000

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
    return { frames: ANY, keyFrames: `expr:if(isnan(prev_forced_t),1,gte(t,prev_forced_t+${dueS}-${EARLY_US / 1e6}))` }
  }
  const frames = framesIn(segmentMs, rate)
  return { frames, keyFrames: `expr:if(isnan(prev_forced_n),1,gte(n,prev_forced_n+${frames}))` }
}

const framesIn = (segmentMs: number, rate: number) => Math.max(1, Math.round((segmentMs / 1_000) * rate))

/** The same where frames last equally long, as a share of one. */
const EARLY_SHARE = 0.25

/**
 * Which pictures of the input become those key frames, by their places in the list. An encoder that begins with one of them comes to the
 * same ones from there on.
 */
export function keyFramesIn(
  { times }: Pick<FrameList, 'times'>,
  stream: ProbeStream,
  rates: Rates,
  segmentMs: number,
): number[] {
  const rate = outputRate(stream, rates)
  const everyUs = rate === null ? segmentMs * 1_000 : (framesIn(segmentMs, rate) / rate) * 1e6
  const earlyUs = rate === null ? EARLY_US : (EARLY_SHARE / rate) * 1e6
  const places: number[] = []
  let dueUs = Number.NEGATIVE_INFINITY
  for (const [i, us] of times.entries()) {
    if (us < dueUs - earlyUs) continue
    places.push(i)
    dueUs = (rate === null || places.length === 1 ? us : dueUs) + everyUs
  }
  return places
}
