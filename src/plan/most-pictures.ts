import { FfleetError } from '../contract/index.js'
import type { PlanContext } from './context.js'
import { outputRate, type Rates } from './frame-rate.js'
import { withinRange } from './range.js'
import type { Selected } from './select-streams.js'
import type { ExpectedOutput } from './types.js'

/** `what` begins a sentence, such as `An animated GIF`; `why` goes on behind "pictures". */
type Bound = { what: string; most: number; why?: string }

/**
 * Holds an output to so many pictures. Throws `TOO_MANY_PICTURES` where there would be more; where that shows in the making alone, it
 * ends with one too many, which verification refuses.
 */
export function boundedPictures(
  context: PlanContext,
  video: Selected,
  rates: Rates,
  { what, most, why }: Bound,
): { options: string[]; expected: Pick<ExpectedOutput, 'mostPictures'> } {
  const count = countAtMost(context, video, rates)
  const kind = why === undefined ? '' : ` ${why}`
  if (count !== null && count > most)
    throw tooMany(`${what} has at most ${most} pictures${kind}; this one would have ${count}.`)
  return {
    options: ['-frames:v', `${most + 1}`],
    expected: { mostPictures: { most, detail: `${what} has at most ${most} pictures${kind}; this one has more.` } },
  }
}

export function tooMany(detail: string): FfleetError {
  return new FfleetError('TOO_MANY_PICTURES', detail)
}

/** Not more than these will come out; null: nothing tells. */
function countAtMost({ range }: PlanContext, { stream }: Selected, rates: Rates): number | null {
  const durationUs = withinRange(range, stream.durationUs)
  const rate = outputRate(stream, rates) ?? rates.maxFrameRate ?? null
  const byRate = rate === null || durationUs === null ? null : Math.ceil((durationUs / 1e6) * rate)
  // Of a part, nobody knows how many of them it has.
  const own = range.startUs === 0 && range.limitUs === null ? stream.frames : null
  if (rates.frameRate !== undefined || own === null) return byRate
  return byRate === null ? own : Math.min(byRate, own)
}
