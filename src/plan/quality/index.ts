/** The crf of a film that is found by encoding samples of it: the passes in front of its own, and what follows from them. */
import { FfleetError, type Preset } from '../../contract/index.js'
import { type RatedCodec, VIDEO_RULES } from '../../presets/codecs.js'
import { ownTimes, type PlanContext } from '../context.js'
import { fractionOf, outputRate } from '../frame-rate.js'
import { tokenFor } from '../measure.js'
import { overlap, type Range, readRange, seconds, WHOLE } from '../range.js'
import type { Selected } from '../select-streams.js'
import type { Size } from '../size.js'
import { processOptions, type Source } from '../source.js'
import type { Measured, Pass, QualitySearch, SoughtQuality } from '../types.js'
import { likeness } from './likeness.js'
import { MOST_TRIES, nextPlace, type Tried, takenOf } from './search.js'
import { size, soundBytes, unreachable } from './size.js'
import type { Encoding, Target } from './target.js'
import { lengthOf, windowsOf } from './windows.js'

/** Decoding, filters, and writing down without loss. */
const SAMPLE_COST = 0.4

/** A film whose quality is sought. */
export type Film = {
  recipe: Preset & { video: NonNullable<Preset['video']> }
  /** Of the output, in the attempt folder. */
  path: string
  video: Selected
  audios: readonly Selected[]
  frame: Size
  tenBits: boolean
  /** `-map` and filters of a part of it; `behind` them come others. */
  shown(part: Pick<PlanContext, 'range' | 'source'>, behind?: readonly string[]): string[]
  /** Options of the encoder. */
  options(crf: string): string[]
}

type Try = Tried & { figure: number }

/**
 * Samples are decoded once, through the filters of the output, and kept without loss. Then one setting after another is tried on them;
 * each try rests on the figures of those before it, and is passed over when the search has come to its end. Throws
 * `FILTER_NOT_AVAILABLE` and `SIZE_NOT_REACHABLE`.
 */
export function seekQuality(film: Film, context: PlanContext): QualitySearch | null {
  const { quality } = film.recipe
  if (quality === undefined) return null
  const { input } = context
  const part = partOf(film.video, context)
  const windows = windowsOf(part, bytesPerSecond(film))
  const sampledUs = lengthOf(windows)
  const samples = samplesOf(film, windows, context)
  const rate = fractionOf(rateOf(film))
  const encoding: Encoding = {
    codec: film.recipe.video.codec,
    crf: film.recipe.video.crf!,
    maxCrf: VIDEO_RULES[film.recipe.video.codec as RatedCodec].maxCrf,
    inputs: [...processOptions(input.capabilities), ...samples.flatMap(({ file }) => ['-r', rate, '-i', file])],
    files: samples.length,
    rate,
    options: film.options,
  }
  const target = targetOf(film, encoding, sampledUs, context)
  const settled = input.settled?.get(context.outputName)
  if (settled !== undefined) {
    const sought = soughtBy(target, [], () => ({ quality: settled, warnings: [] }))
    return { crf: `${settled.crf}`, measured: [], passes: [], sought }
  }
  const files = Array.from({ length: MOST_TRIES }, (_, n) => `${film.path}.try-${n + 1}.txt`)
  const triesIn = (texts: readonly string[]) => readTries(target, texts)
  const crf = tokenFor(`crf for ${target.words}`, film.path)
  const filmUs = part.lengthUs ?? sampledUs * 10
  const costOf = (us: number, each: number) => (us / filmUs) * each
  const sampling = samples.map(({ args, argsIfEmpty, us }) =>
    aPass('sample', args, us, costOf(us ?? filmUs, SAMPLE_COST), argsIfEmpty && { argsIfEmpty }),
  )
  const trying = files.flatMap((figures, n) => {
    const former = files.slice(0, n)
    const next = (texts: readonly string[]) => nextPlace(triesIn(texts), target.sought)
    const token = tokenFor(`crf ${n + 1}`, film.path)
    const measured: Measured[] = [{ token, files: former, value: (texts) => `${target.crfAt(next(texts)!)}` }]
    const name = `${film.path}.try-${n + 1}`
    return target.passes(token, { figures, name }).map(({ args, cost }) =>
      aPass('try', args, sampledUs, costOf(sampledUs, cost), {
        measured,
        needless: { files: former, isSo: (texts) => next(texts) === null },
      }),
    )
  })
  const found: SoughtQuality['found'] = (texts) => {
    const tries = triesIn(texts)
    const { at, figure } = takenOf(tries)
    const taken = target.crfAt(at)
    const told = { crf: taken, ...target.found(figure), tries: tries.length }
    return { quality: told, warnings: target.warningsOf(taken, figure) }
  }
  const value = (texts: readonly string[]) => `${found(texts).quality.crf}`
  return {
    crf,
    measured: [{ token: crf, files, value }],
    passes: [...sampling, ...trying],
    sought: soughtBy(target, files, found),
  }
}

/** In units of the one encode. */
export function searchCost(search: QualitySearch | null | undefined): number {
  return search?.passes.reduce((sum, { plan }) => sum + plan.weight, 0) ?? 0
}

function soughtBy({ maxBytes, crfFor }: Target, files: string[], found: SoughtQuality['found']): SoughtQuality {
  return { files, found, maxBytes, crfFor }
}

/** The tries that were made, out of what they left: which crf each of them had, follows from those before it. */
function readTries({ sought, figureIn, excessOf }: Target, texts: readonly string[]): Try[] {
  const tries: Try[] = []
  for (const text of texts) {
    const at = nextPlace(tries, sought)
    if (at === null || text === '') break
    const figure = figureIn(text)
    tries.push({ at, figure, excess: excessOf(figure) })
  }
  return tries
}

/** Throws where this worker can not look, or what is asked for can not be. */
function targetOf(film: Film, encoding: Encoding, sampledUs: number, context: PlanContext): Target {
  const { ssim, maxBytes } = film.recipe.quality!.target
  if (maxBytes === undefined) {
    if (!context.input.capabilities.filters.has('ssim')) {
      const lack = 'To find a quality, ffmpeg on this worker would need the filter ssim.'
      throw new FfleetError('FILTER_NOT_AVAILABLE', lack)
    }
    return likeness(ssim!, encoding)
  }
  const { lengthUs } = partOf(film.video, context)
  if (lengthUs === null) {
    throw unreachable('How long the input is, is not known: what samples come to says nothing of the whole.')
  }
  const wholeUs = context.expectedUs([film.video, ...film.audios]) ?? lengthUs
  const otherBytes = soundBytes(film.recipe.audio, film.audios, wholeUs / 1e6)
  return size(maxBytes, { share: sampledUs / lengthUs, otherBytes }, encoding)
}

/** What of the input its picture is. */
function partOf({ stream }: Selected, { range, source }: PlanContext): { fromUs: number; lengthUs: number | null } {
  const part = overlap(range, stream)
  if (part !== null) return { fromUs: part.fromUs, lengthUs: part.toUs - part.fromUs || null }
  const saidUs = source.expectedDurationMs === null ? null : source.expectedDurationMs * 1_000 - range.startUs
  return { fromUs: range.startUs, lengthUs: saidUs !== null && saidUs > 0 ? saidUs : range.limitUs }
}

/** Whether all frames last equally long or not, samples are read at one rate: then no frame is lost between two runs. */
function rateOf({ recipe, video: { stream } }: Film): number {
  const { maxFrameRate } = recipe.video
  return outputRate(stream, recipe.video) ?? Math.min(stream.frameRate ?? 25, maxFrameRate ?? Number.POSITIVE_INFINITY)
}

function bytesPerSecond(film: Film): number {
  const { width, height } = film.frame
  return width * height * 1.5 * (film.tenBits ? 2 : 1) * rateOf(film)
}

/** `us`: how much of the film passes; null: all of it. */
type Sample = { file: string; args: string[]; argsIfEmpty?: string[]; us: number | null }

/** Windows of one file are sought and read; what is put together of several is gone through once. */
function samplesOf(film: Film, windows: readonly Range[], context: PlanContext): Sample[] {
  const { source } = context
  const keep = (shown: string[], file: string) => [
    ...shown,
    ...['-an', '-sn', ...ownTimes(context, film.video, film.recipe.video)],
    ...['-c:v', 'ffv1', '-level', '3', '-g', '1', file],
  ]
  if (source.path === null) {
    const file = `${film.path}.sample.mkv`
    const spans = windows.map(({ startUs, limitUs }) => `between(t,${seconds(startUs)},${seconds(startUs + limitUs!)})`)
    const args = source.command(WHOLE, [keep(film.shown(context, [`select='${spans.join('+')}'`]), file)])
    return [{ file, args, us: null }]
  }
  const read = (window: Range, file: string) =>
    source.command(window, [keep(film.shown({ range: window, source: within(source, window) }), file)])
  return windows.map((window, k) => {
    const file = `${film.path}.sample-${k + 1}.mkv`
    const first = { ...windows[0]!, startUs: context.range.startUs }
    // Where nothing is shown for a while, the beginning stands for it.
    return { file, args: read(window, file), argsIfEmpty: read(first, file), us: window.limitUs }
  })
}

/** What is drawn into the picture is due at its time. */
function within(source: Source, window: Range): Source {
  if (source.titles === null) return source
  const { startUs } = readRange(source.probe.container, window).input
  return { ...source, titles: { ...source.titles, startUs, besideStartUs: startUs - window.startUs } }
}

function aPass(
  label: string,
  args: string[],
  expectedUs: number | null,
  weight: number,
  more: Partial<Pass> | undefined,
): Pass {
  const plan = { label, expectedUs, expectedFrames: null, weight }
  return { label, args, wholeInput: null, phase: 'searching', plan, ...more }
}
