import { burnsSubtitles } from '../contract/index.js'
import { MP4_DEMUXER } from '../probe/formats.js'
import { posterTimeUs } from './best-picture.js'
import { checkLength } from './check-length.js'
import type { PlanContext } from './context.js'
import { isExtracted } from './extracted.js'
import { chooseHardware } from './hardware/index.js'
import { openInput } from './open-input.js'
import { planOutput } from './outputs.js'
import { searchCost } from './quality/index.js'
import { overlap, WHOLE, withinRange } from './range.js'
import type { Selected } from './select-streams.js'
import { sequenceSource } from './sequence/index.js'
import { fileSource, processOptions, type Source } from './source.js'
import { splitPasses } from './split/index.js'
import { inOneGraph } from './tracks/burn.js'
import type { GroupOutput, Measure, Pass, PassGroup, PlanInput, PlannedOutput, QualitySearch } from './types.js'

export { type PlanArguments, planArguments } from './arguments/index.js'
export { imageArguments } from './drawn/image.js'
export { notAPicture } from './drawn/index.js'
export { KNOWN_ENCODERS } from './encoders.js'
export { expectedBytes } from './expected-bytes.js'
export { fromPipe, tellsTheSame } from './from-pipe.js'
export { encodingOf, type HardwareEncoding, mayTakeTenBits, type UsableEncoder } from './hardware/index.js'
export { isNeedless, readFigures, readFiles } from './read-figures.js'
export { partFile } from './split/index.js'
export { needsEveryStream } from './tracks/index.js'
export type {
  Clip,
  Drawn,
  ExpectedOutput,
  GroupOutput,
  Pass,
  PassGroup,
  PlanInput,
  PresetOutput,
  ReadFile,
  Said,
  SubtitleFile,
} from './types.js'

/** Share of time of the first of two passes of an output. */
const ANALYSE_SHARE = 0.35
/** Share of taking subtitles out of a file that is read once more. */
const PREPARE_SHARE = 0.02
/** Share of putting thumbnails together. */
const SHEETS_SHARE = 0.02
/** Share of the picture beside an output. */
const POSTER_SHARE = 0.02
/** Containers, by ffmpeg's names, whose packets it finds by an index. */
const READ_BY_INDEX = new Set([MP4_DEMUXER, 'avi', 'mxf', 'gxf', 'wtv'])

/**
 * Turns the recipes of a job and the facts about its input into ffmpeg's arguments: one group for all outputs that need
 * one pass, which decodes once for all of them, one group for each output that needs more, and one for each picture, which
 * takes a few frames from the middle of the input. Pictures come first: they cost next to nothing. The weights of all passes
 * sum to 1. Paths are relative to the attempt folder, where the caller makes the folders among the outputs.
 *
 * Throws `NO_VIDEO_STREAM`, `NO_AUDIO_STREAM`, `CODEC_NOT_ALLOWED`, `ENCODER_NOT_AVAILABLE`, `HARDWARE_FAILED`, `DURATION_TOO_LONG`, and
 * `OUTPUT_INVALID` for a range in which there is nothing.
 */
export function planEncode(input: PlanInput): PassGroup[] {
  const source = input.clips ? sequenceSource(input.clips, input) : fileSource(input)
  const context: Shared = {
    range: source.range,
    selection: source.selection,
    source,
    input: { ...input, probe: source.probe },
    expectedUs: (streams: readonly (Selected | null)[]) => expectedUs(source, streams),
    hardware: chooseHardware(input.hardware ?? []),
  }
  checkLength('The input', withinRange(source.range, source.probe.durationUs), input.limits)
  const planned = input.outputs.map((output, index) =>
    withWarnings(source, planOutput(output, index, context), burnsSubtitles(output.recipe)),
  )
  const isPoster = ({ kind }: PlannedOutput) => kind === 'picture'
  const isSplit = ({ split }: PlannedOutput) => split !== undefined
  const isTwoPass = ({ analyseArgs }: PlannedOutput) => analyseArgs !== null
  const isSought = ({ search }: PlannedOutput) => search !== undefined
  const shared = planned
    .filter((output) => ![isPoster, isExtracted, isTwoPass, isSought, isSplit].some((is) => is(output)))
    .sort((a, b) => order(a) - order(b))
  const groups = [
    ...planned.filter(isPoster).map((output) => pictureGroup(output, context)),
    ...planned.filter(isExtracted).map((output) => extractedGroup(output, context)),
    ...(shared.length > 0 ? [sharedGroup(shared, context)] : []),
    ...planned.filter(isTwoPass).map((output) => twoPassGroup(output, context)),
    ...planned.filter(isSought).map((output) => soughtGroup(output, output.search!, context)),
    ...planned.filter(isSplit).map((output) => splitGroup(output, context)),
  ]
  const { texts } = source
  const prepared = groups.map((group) => preparedFirst(measuredFirst(group, planned, context), planned, context))
  return withWeights(texts.length === 0 ? prepared : prepared.map((group) => ({ ...group, texts })), planned)
}

/** What comes of a sequence comes of no stream of one file. */
function withWarnings({ path, warnings, undrawn }: Source, output: PlannedOutput, burns: boolean): PlannedOutput {
  const from = path === null ? { video: null, audio: [], subtitles: [] } : output.from
  return {
    ...output,
    from,
    warnings: [...warnings, ...(burns ? [] : undrawn), ...output.warnings],
    ...(burns && { burnsSubtitles: true }),
  }
}

/** What is drawn into pictures of a group is taken out of its file in passes in front of all others. */
function preparedFirst(group: PassGroup, planned: readonly PlannedOutput[], { input }: Shared): PassGroup {
  const outputs = planned.filter(({ name }) => group.outputs.some((output) => output.name === name))
  const prepared = outputs.flatMap(({ prepares }) => prepares ?? [])
  const distinct = [...new Map(prepared.map((each) => [each.measured.token, each])).values()]
  if (distinct.length === 0) return group
  const expected = { expectedUs: input.probe.durationUs, expectedFrames: null }
  const left = 1 - distinct.length * PREPARE_SHARE
  return {
    ...group,
    passes: [
      ...distinct.map(({ args }) => pass('extract', args, expected, PREPARE_SHARE, null)),
      ...group.passes.map(({ plan, ...rest }) => ({
        ...rest,
        plan: { ...plan, weight: plan.weight * left },
        measured: [...(rest.measured ?? []), ...distinct.map(({ measured }) => measured)],
      })),
    ],
  }
}

/** What outputs of a group want to know is measured in a pass in front, all of it in one reading, equal things once. */
function measuredFirst(group: PassGroup, planned: readonly PlannedOutput[], context: Shared): PassGroup {
  const outputs = planned.filter(({ name }) => group.outputs.some((output) => output.name === name))
  const measures = distinctMeasures(outputs)
  if (measures.length === 0) return group
  const measured = outputs.flatMap((output) => output.measured)
  const share = costOf(measures) / (costOf(measures) + costOf(outputs))
  const looked = measures.map(({ reads }) => context.selection[reads])
  const expected = { expectedUs: progressUs(context, context.expectedUs(looked)), expectedFrames: null }
  const args = context.source.command(
    context.range,
    measures.map((measure) => measure.args),
  )
  return {
    ...group,
    passes: [
      pass('measure', args, expected, share, wholeInput(context, expected)),
      ...group.passes.map(({ plan, ...rest }) => ({
        ...rest,
        plan: { ...plan, weight: plan.weight * (1 - share) },
        measured: [...(rest.measured ?? []), ...measured],
      })),
    ],
  }
}

function distinctMeasures(outputs: readonly PlannedOutput[]): Measure[] {
  const measures = outputs.flatMap((output) => output.measures)
  return [...new Map(measures.map((measure) => [measure.args.join('\0'), measure])).values()]
}

function costOf(works: readonly { cost: number }[]): number {
  return works.reduce((sum, { cost }) => sum + cost, 0)
}

/** `frame` counts the first video output and `total_size` the first file: what takes longest comes first. */
function order({ kind }: PlannedOutput): number {
  return ['av', 'ladder', 'archive', 'remux', 'animation', 'frames', 'sprites', 'sheet', 'audio', 'waveform'].indexOf(
    kind,
  )
}

function pictureGroup(output: PlannedOutput, context: Shared): PassGroup {
  return { label: output.name, outputs: [groupOutput(output)], passes: picturePasses(output, 1, context) }
}

function picturePasses(
  { args: ownArgs, frames, spots }: NonNullable<PlannedOutput['poster']>,
  share: number,
  context: Shared,
): Pass[] {
  const intoUs = posterTimeUs(context)
  const argsFrom = (startUs: number) => context.source.command({ startUs, limitUs: null }, [ownArgs])
  const expected = { expectedUs: null, expectedFrames: frames }
  const usual = argsFrom(context.range.startUs + intoUs)
  const args = spots ? ['-ss', spots.best.token, ...context.source.command(WHOLE, [ownArgs])] : usual
  const picture = {
    ...pass('picture', args, expected, spots ? share / 2 : share, null),
    ...(spots && { measured: [spots.best] }),
    // A clip of one frame has none further in.
    ...(intoUs > 0 ? { argsIfEmpty: argsFrom(context.range.startUs) } : {}),
  }
  const unknown = { expectedUs: null, expectedFrames: null }
  const look = spots && {
    ...pass('measure', [...processOptions(context.input.capabilities), ...spots.args], unknown, share / 2, null),
    argsIfEmpty: [...processOptions(context.input.capabilities), ...spots.argsIfEmpty],
  }
  return look ? [look, picture] : [picture]
}

/** Read by itself, and whole. */
function extractedGroup(output: PlannedOutput, context: Shared): PassGroup {
  const { input } = context
  const isText = output.kind === 'subtitles'
  const expected = { expectedUs: isText ? input.probe.durationUs : null, expectedFrames: null }
  const args = [
    ...processOptions(input.capabilities),
    ...(output.inputArgs ?? []),
    ...(output.opens ?? openInput(input, false)),
    ...output.args,
  ]
  const whole = isText && !output.opens ? input.inputPath : null
  return { label: output.name, outputs: [groupOutput(output)], passes: [pass('extract', args, expected, 1, whole)] }
}

function sharedGroup(outputs: readonly PlannedOutput[], context: Shared): PassGroup {
  const args = commandFor(context, outputs)
  const expected = { expectedUs: progressUs(context, longestUs(outputs, context)), expectedFrames: outputs[0]!.frames }
  const { behind, share } = passesBehind(outputs, context)
  return {
    label: 'encode',
    outputs: outputs.map(groupOutput),
    passes: [pass('encode', args, expected, share, wholeInput(context, expected)), ...behind],
  }
}

/** What follows on the encode itself, and the share of time that is left for that. */
function passesBehind(outputs: readonly PlannedOutput[], context: Shared): { behind: Pass[]; share: number } {
  const unknown = { expectedUs: null, expectedFrames: null }
  const behind = outputs.flatMap(({ sheetArgs, poster }) => [
    ...(sheetArgs === null
      ? []
      : [pass('sheets', [...processOptions(context.input.capabilities), ...sheetArgs], unknown, SHEETS_SHARE, null)]),
    ...(poster ? picturePasses(poster, POSTER_SHARE, context) : []),
  ])
  return { behind, share: 1 - behind.reduce((sum, { plan }) => sum + plan.weight, 0) }
}

/** Of what is drawn there is no length of its own: as long as it is read. */
function longestUs(outputs: readonly PlannedOutput[], { expectedUs, selection }: Shared): number | null {
  if (outputs.every(({ isTrimmed }) => isTrimmed)) return null
  const durations = outputs.map(({ expected }) => expected.durationUs ?? 0)
  const read = outputs.every(({ kind }) => kind === 'waveform') ? selection.audio : selection.video
  return Math.max(...durations) || expectedUs([read])
}

function twoPassGroup(output: PlannedOutput, context: Shared): PassGroup {
  const expected = {
    expectedUs: progressUs(context, output.expected.durationUs),
    expectedFrames: output.frames,
  }
  const input = wholeInput(context, expected)
  return {
    label: output.name,
    outputs: [groupOutput(output)],
    passes: [
      pass('analyse', context.source.command(context.range, [output.analyseArgs!]), expected, ANALYSE_SHARE, input),
      pass('encode', commandFor(context, [output]), expected, 1 - ANALYSE_SHARE, input),
    ],
  }
}

/** Decoded by itself, as its parts are cut where nobody else's are. */
function splitGroup(output: PlannedOutput, context: Shared): PassGroup {
  const { behind, share } = passesBehind([output], context)
  const { passes, joins } = splitPasses(output, context, share)
  return { label: output.name, outputs: [groupOutput(output)], passes: [...passes, ...behind], joins }
}

/** Samples and tries, and then the one encode. */
function soughtGroup(output: PlannedOutput, search: QualitySearch, context: Shared): PassGroup {
  const { label, outputs, passes } = sharedGroup([output], context)
  const total = searchCost(search) + 1
  const shared = ({ plan, ...rest }: Pass) => ({ ...rest, plan: { ...plan, weight: plan.weight / total } })
  const encoding = passes.map((each) => ({ ...each, measured: search.measured }))
  return { label, outputs, passes: [...search.passes, ...encoding].map(shared) }
}

/** What outputs of a job have alike. */
type Shared = Omit<PlanContext, 'outputName'>

type Expected = { expectedUs: number | null; expectedFrames: number | null }

/** `share` of its group's time; the weight in the attempt comes last. */
function pass(label: string, args: string[], expected: Expected, share: number, wholeInput: string | null): Pass {
  return { label, args, wholeInput, plan: { label, ...expected, weight: share } }
}

/**
 * The input, where the place in it means something: not in a part of it. Where an index says what lies where, streams may
 * lie one behind the other and some are passed over, so the place can't tell an expectation wrong; without one it is
 * better than nothing.
 */
function wholeInput({ source, range }: Shared, { expectedUs, expectedFrames }: Expected): string | null {
  if (range.startUs > 0 || range.limitUs !== null) return null
  const expectsNothing = expectedUs === null && expectedFrames === null
  return expectsNothing || !READ_BY_INDEX.has(source.probe.container) ? source.path : null
}

function groupOutput(output: PlannedOutput): GroupOutput {
  const { name, relativePath, isFolder, expected, from, warnings, sprites } = output
  const { waveform, ladder, extracted, hardware, drawn } = output
  const more = {
    ...(waveform && { waveform }),
    ...(ladder && { ladder }),
    ...(extracted && { extracted }),
    ...(hardware && { hardware }),
    ...(drawn && { drawn }),
    ...(output.burnsSubtitles && { burnsSubtitles: true as const }),
    ...(output.sought && { sought: output.sought }),
  }
  return { name, relativePath, isFolder, expected, from, warnings, sprites, ...more }
}

function commandFor({ source, range }: Shared, outputs: readonly PlannedOutput[]): string[] {
  const copies = outputs.some(({ kind }) => kind === 'remux')
  return source.command(range, inOneGraph(outputs.flatMap(({ args, further = [] }) => [args, ...further])), { copies })
}

/** From the first begin to the last end of the streams that are used, within the range. */
function expectedUs({ probe, range }: Source, streams: readonly (Selected | null)[]): number | null {
  const used = streams.filter((selected) => selected !== null).map(({ stream }) => overlap(range, stream))
  const known = used.filter((part) => part !== null)
  if (known.length < used.length || used.length === 0) return withinRange(range, probe.durationUs) || null
  return Math.max(...known.map(({ toUs }) => toUs)) - Math.min(...known.map(({ fromUs }) => fromUs)) || null
}

/** For progress the sender's word counts more than the header's. */
function progressUs({ source, range }: Shared, fromProbe: number | null): number | null {
  if (source.expectedDurationMs === null) return fromProbe
  return withinRange(range, source.expectedDurationMs * 1_000) || null
}

function withWeights(groups: readonly PassGroup[], planned: readonly PlannedOutput[]): PassGroup[] {
  const costs = groups.map(({ outputs }) => {
    const made = planned.filter(({ name }) => outputs.some((output) => output.name === name))
    return costOf(made) + costOf(distinctMeasures(made))
  })
  const total = costs.reduce((sum, cost) => sum + cost, 0)
  return groups.map((group, i) => {
    const share = costs[i]! / total
    const passes = group.passes.map(({ plan, ...rest }) => ({
      ...rest,
      plan: { ...plan, weight: share * plan.weight },
    }))
    return { ...group, passes }
  })
}
