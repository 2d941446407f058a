import { FfleetError, type Preset, type ProbeStream } from '../contract/index.js'
import type { Colour } from './colour.js'
import type { Area } from './crop.js'
import { type Framing, framingOf, shownSize, storedSize } from './framing.js'
import { measureFile, metadataIn, tokenFor } from './measure.js'
import type { Selected } from './select-streams.js'
import type { Measuring, PlanInput } from './types.js'
import { frameFilters } from './video.js'

/** Frames that are looked at: two a second; of a short clip a hundred in all. */
const STEP_S = 0.5
const LEAST_LOOKS = 100
/** Reading and decoding without an encoder. */
const COST = 0.2
/** A picture that is smaller than this between its bars is none, but a few letters in the dark. */
const LEAST_SHARE = 0.1

type Detection = {
  recipe: NonNullable<Preset['video']>
  /** As it is where there are no bars. */
  framing: Framing
  colour: Colour
  /** Of the output: it makes its tokens its own. */
  path: string
  /** Filters in front of all others. */
  before: readonly string[]
  durationUs: number | null
  capabilities: PlanInput['capabilities']
}

/**
 * A framing without the black bars of a video, which a measuring pass finds: it looks at frames of all of the range, and what is
 * not black in any of them is kept. Without bars, or of a film that is black, all is kept. Throws `FILTER_NOT_AVAILABLE`.
 */
export function betweenBars({ stream, specifier }: Selected, detection: Detection): Measuring & { framing: Framing } {
  const { recipe, framing, colour, path, before, durationUs, capabilities } = detection
  if (!capabilities.filters.has('cropdetect')) {
    const lack = 'To find black bars, ffmpeg on this worker would need the filter cropdetect.'
    throw new FfleetError('FILTER_NOT_AVAILABLE', lack)
  }
  const stepS = durationUs === null ? STEP_S : Math.min(STEP_S, durationUs / 1e6 / LEAST_LOOKS)
  const looks = [...before, `select='isnan(prev_selected_t)+gte(t-prev_selected_t,${stepS.toFixed(3)})'`]
  const file = measureFile('bars', specifier, ...looks)
  const found = ([text]: readonly string[]) => framingOf(stream, recipe, detectedArea(text ?? '', stream))
  const tokens = { crop: tokenFor('crop', path), frame: tokenFor('scale', path) }
  const chain = [...looks, detector(capabilities), `metadata=mode=print:file=${file}`].join(',')
  return {
    framing: { ...framing, detected: { ...tokens, files: [file], found } },
    measures: [{ args: ['-map', specifier, '-an', '-vf', chain, '-f', 'null', '-'], reads: 'video', cost: COST }],
    measured: [
      { token: tokens.crop, files: [file], value: (texts) => found(texts).crop.join(',') || 'null' },
      { token: tokens.frame, files: [file], value: (texts) => frameFilters(found(texts), colour).join(',') },
    ],
  }
}

/** What it has found once it keeps, so that its last word holds for all frames. Before 5 it may have to pass over the first two. */
function detector({ major }: PlanInput['capabilities']): string {
  return `cropdetect=round=2:reset=0${major >= 5 ? ':skip=0' : ''}`
}

/** In pixels of the picture as it is shown; undefined: no bars, or nothing but black. */
function detectedArea(text: string, stream: ProbeStream): Area | undefined {
  const last = (name: string) => metadataIn(text, `lavfi.cropdetect.${name}`).at(-1) ?? Number.NaN
  const [x, y, width, height] = [last('x'), last('y'), last('w'), last('h')]
  const [shown, stored] = [shownSize(stream), storedSize(stream)]
  const isPart = width > 0 && height > 0 && width * height >= stored.width * stored.height * LEAST_SHARE
  if (!isPart || x + width > stored.width || y + height > stored.height) return undefined
  const [across, down] = [shown.width / stored.width, shown.height / stored.height]
  return { x: x * across, y: y * down, width: width * across, height: height * down }
}
