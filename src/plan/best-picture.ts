import { isPicture } from '../probe/formats.js'
import type { PlanContext } from './context.js'
import { metadataIn, tokenFor } from './measure.js'
import { openInput } from './open-input.js'
import { isSoughtByKeyFrame, rangeOptions, seconds } from './range.js'
import type { Selected } from './select-streams.js'
import type { BetterSpots } from './types.js'
import { progressive } from './video.js'

/** Beside the usual one, as shares of the range. */
const SHARES = [0.25, 0.4, 0.6, 0.8]
/** Shorter ones are looked at in one place. */
const LEAST_US = 1_000_000
/** Wide enough to tell pictures apart. */
const LOOK_WIDTH = 160
const ENTROPY = 'lavfi.entropy.normalized_entropy.normal.Y'
const TIME = 'pts_time'

/** A tenth into the range: past a black beginning, before anything is given away. */
export function posterTimeUs(context: Pick<PlanContext, 'selection' | 'expectedUs'>): number {
  const durationUs = context.expectedUs([context.selection.video])
  return durationUs === null ? 0 : Math.floor(durationUs / 10)
}

/**
 * The best is the one whose light is spread most: black, a fade or a title on a plain ground have little of that. At the usual spot the
 * very next picture is looked at, elsewhere the next key frame, which costs no more than the seek. Null where nothing can be chosen: what
 * is short, of unknown length or can't be sought in, and an ffmpeg without the filter.
 */
export function betterSpots(video: Selected, path: string, context: PlanContext): BetterSpots | null {
  const { input, range, source } = context
  const { container } = input.probe
  const durationUs = context.expectedUs([video])
  const lacks = !input.capabilities.filters.has('entropy') || !input.capabilities.filters.has('metadata')
  if (source.path === null || isPicture(container) || durationUs === null || durationUs < LEAST_US || lacks) return null
  if (!isSoughtByKeyFrame(container) || video.stream.clockJumps) return null
  const endUs = range.startUs + durationUs
  const usual = range.startUs + posterTimeUs(context)
  const spots = [usual, ...SHARES.map((share) => range.startUs + Math.floor(durationUs * share))]
  const files = spots.map((_, i) => `${path}.spot-${i}.txt`)
  const look = [...progressive(video.stream), `scale=${LOOK_WIDTH}:-2`, 'format=yuv420p', 'entropy'].join(',')
  const argsFrom = (first: number) => {
    const places = [first, ...spots.slice(1)]
    const stream = video.specifier.slice(video.specifier.indexOf(':'))
    return [
      ...places.flatMap((startUs, i) => [
        ...(i === 0 ? [] : ['-skip_frame', 'nokey']),
        ...['-threads', '1', ...rangeOptions({ startUs, limitUs: endUs - startUs }), ...openInput(input, true)],
      ]),
      ...places.flatMap((_, i) => [
        ...['-map', `${i}${stream}`, '-an', '-vf', `${look},metadata=mode=print:key=${ENTROPY}:file=${files[i]}`],
        ...['-frames:v', '1', '-f', 'null', '-'],
      ]),
    ]
  }
  return {
    args: argsFrom(usual),
    argsIfEmpty: argsFrom(range.startUs),
    best: {
      token: tokenFor('time of the best picture', path),
      files,
      value: (texts) => seconds(bestOf(texts, spots) ?? usual),
    },
  }
}

/** In µs of the input; null where nothing was seen. */
function bestOf(texts: readonly string[], spots: readonly number[]): number | null {
  const seen = texts.flatMap((text, i) => {
    const [score] = metadataIn(text, ENTROPY)
    if (score === undefined || Number.isNaN(score)) return []
    const into = Number(new RegExp(`${TIME}:(\\d+(?:\\.\\d+)?)`).exec(text)?.[1] ?? 0)
    return [{ score, atUs: spots[i]! + into * 1e6 }]
  })
  const best = seen.reduce<(typeof seen)[number] | null>(
    (top, one) => (top === null || one.score > top.score ? one : top),
    null,
  )
  return best?.atUs ?? null
}
