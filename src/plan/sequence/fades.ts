import { FfleetError } from '../../contract/index.js'
import { seconds } from '../range.js'
import type { Piece } from './clips.js'

/**
 * Into and out of black, or silence, by the filter of that name. Throws `INVALID_REQUEST` where nobody knows when the end comes,
 * or it comes before the fade does.
 */
export function fades(filter: 'fade' | 'afade', { name, clip, lengthUs }: Piece): string[] {
  const { fadeInMs = 0, fadeOutMs = 0 } = clip
  const [inUs, outUs] = [fadeInMs * 1_000, fadeOutMs * 1_000]
  if (outUs > 0 && lengthUs === null) {
    throw new FfleetError('INVALID_REQUEST', `${name} does not tell how long it is, so fadeOutMs has no place.`, {
      hint: 'Leave fadeOutMs out, or copy the file first, which counts it.',
    })
  }
  if (lengthUs !== null && inUs + outUs > lengthUs) {
    const fade = inUs > 0 && outUs > 0 ? 'its fades last' : 'its fade lasts'
    const longer = `${Math.round(lengthUs / 1_000)} ms long, and ${fade} ${fadeInMs + fadeOutMs} ms.`
    throw new FfleetError('INVALID_REQUEST', `${name} is ${longer}`, { hint: 'Make fadeInMs and fadeOutMs shorter.' })
  }
  return [
    ...(inUs > 0 ? [`${filter}=t=in:st=0:d=${seconds(inUs)}`] : []),
    ...(outUs > 0 ? [`${filter}=t=out:st=${seconds(lengthUs! - outUs)}:d=${seconds(outUs)}`] : []),
  ]
}
