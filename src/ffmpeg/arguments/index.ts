import { FfleetError, type NormalizedOutput } from '../../contract/index.js'
import { fileUrl, inputOptions, isPicture } from '../formats.js'
import { type PlanContext, planOutput, posterTimeUs } from './outputs.js'
import { inputRange, type Range, rangeOptions, withinRange } from './range.js'
import { type Selected, selectStreams } from './select-streams.js'
import type { GroupOutput, Pass, PassGroup, PlanInput, PlannedOutput } from './types.js'

export { KNOWN_ENCODERS } from './encoders.js'
export type { SpriteLayout } from './sprites.js'
export type { ExpectedOutput, GroupOutput, Pass, PassGroup, PlanInput } from './types.js'

/** Shares of time of the two passes of an output. */
const ANALYSE_SHARE = 0.35

/**
 * Turns the recipes of a job and the facts about its input into ffmpeg's arguments: one group for all outputs that need
 * one pass, which decodes once for all of them, and one group for each output that needs two. The weights of all passes
 * sum to 1. Paths are relative to the attempt folder, where the caller makes the folders among the outputs.
 *
 * Throws `NO_VIDEO_STREAM`, `NO_AUDIO_STREAM`, `CODEC_NOT_ALLOWED`, `ENCODER_NOT_AVAILABLE`, `DURATION_TOO_LONG`, and
 * `OUTPUT_INVALID` for a range in which there is nothing.
 */
export function planEncode(input: PlanInput): PassGroup[] {
  const still = isPicture(input.probe.container)
  const range = still ? { startUs: 0, limitUs: null } : inputRange(input.probe, input)
  const context = {
    input,
    range,
    selection: selectStreams(input.probe, range.startUs),
    expectedUs: (streams: readonly (Selected | null)[]) => expectedUs(input, range, streams),
  }
  checkDuration(input, range)
  const isTwoPass = ({ recipe }: NormalizedOutput) => recipe.video?.passes === 2
  const alone = input.outputs.filter((output) => !isTwoPass(output)).length === 1
  const planned = input.outputs.map((output, index) => planOutput(output, index, { ...context, alone }))
  const shared = planned.filter(({ analyseArgs }) => analyseArgs === null).sort((a, b) => order(a) - order(b))
  const groups = [
    ...(shared.length > 0 ? [sharedGroup(shared, { ...context, alone })] : []),
    ...planned.filter(({ analyseArgs }) => analyseArgs !== null).map((output) => twoPassGroup(output, context)),
  ]
  return withWeights(groups, planned)
}

/** `frame` counts the first video output and `total_size` the first file: what takes longest comes first. */
function order({ kind }: PlannedOutput): number {
  return ['av', 'remux', 'sprites', 'picture', 'audio'].indexOf(kind)
}

type GroupContext = Omit<PlanContext, 'alone'>

function sharedGroup(outputs: readonly PlannedOutput[], context: PlanContext): PassGroup {
  const [first] = outputs
  const isPoster = context.alone && first!.kind === 'picture'
  const range = isPoster ? { startUs: context.range.startUs + posterTimeUs(context), limitUs: null } : context.range
  const args = [...inputArgs(context, range, outputs), ...outputs.flatMap((output) => output.args)]
  const durations = outputs.map(({ expected }) => expected.durationUs ?? 0)
  const expected = { expectedUs: progressUs(context, Math.max(...durations) || null), expectedFrames: first!.frames }
  return {
    label: 'encode',
    outputs: outputs.map(groupOutput),
    passes: [pass('encode', args, isPoster ? { ...expected, expectedUs: null } : expected)],
  }
}

function twoPassGroup(output: PlannedOutput, context: GroupContext): PassGroup {
  const expected = {
    expectedUs: progressUs(context, output.expected.durationUs),
    expectedFrames: output.frames,
  }
  const input = inputArgs(context, context.range, [output])
  return {
    label: output.name,
    outputs: [groupOutput(output)],
    passes: [
      pass('analyse', [...input, ...output.analyseArgs!], expected),
      pass('encode', [...input, ...output.args], expected),
    ],
  }
}

function pass(
  label: string,
  args: string[],
  expected: { expectedUs: number | null; expectedFrames: number | null },
): Pass {
  return { label, args, plan: { label, ...expected, weight: 0 } }
}

function groupOutput({ name, relativePath, isFolder, expected, sprites }: PlannedOutput): GroupOutput {
  return { name, relativePath, isFolder, expected, sprites }
}

function inputArgs({ input, selection }: GroupContext, range: Range, outputs: readonly PlannedOutput[]): string[] {
  const maxPixels = selection.video === null ? null : input.limits?.maxPixels
  return [
    // Before 5.1 the option is of the whole process.
    ...(input.capabilities.fpsMode ? [] : ['-vsync', 'vfr']),
    ...rangeOptions(range),
    // Packets without times, as in AVI, can't be copied into an MP4.
    ...(outputs.some(({ kind }) => kind === 'remux') ? ['-fflags', '+genpts'] : []),
    ...(maxPixels ? ['-max_pixels', `${maxPixels}`] : []),
    ...inputOptions(input.probe.container),
    ...['-i', fileUrl(input.inputPath)],
  ]
}

/** The longest of the streams that are used, within the range. */
function expectedUs(input: PlanInput, range: Range, streams: readonly (Selected | null)[]): number | null {
  const used = streams.filter((selected) => selected !== null).map(({ stream }) => stream.durationUs)
  const whole = used.includes(null) || used.length === 0 ? input.probe.durationUs : Math.max(...(used as number[]))
  return withinRange(range, whole) || null
}

/** For progress the sender's word counts more than the header's. */
function progressUs({ input, range }: GroupContext, fromProbe: number | null): number | null {
  if (input.expectedDurationMs === null) return fromProbe
  return withinRange(range, input.expectedDurationMs * 1_000) || null
}

function checkDuration({ probe, limits }: PlanInput, range: Range): void {
  const durationUs = withinRange(range, probe.durationUs)
  if (!limits?.maxDurationMs || durationUs === null || durationUs <= limits.maxDurationMs * 1_000) return
  throw new FfleetError(
    'DURATION_TOO_LONG',
    `The input runs for ${Math.round(durationUs / 1_000)} ms; at most ${limits.maxDurationMs} are accepted.`,
  )
}

function withWeights(groups: readonly PassGroup[], planned: readonly PlannedOutput[]): PassGroup[] {
  const costs = new Map(planned.map(({ name, cost }) => [name, cost]))
  const total = planned.reduce((sum, { cost }) => sum + cost, 0)
  return groups.map((group) => {
    const share = group.outputs.reduce((sum, { name }) => sum + costs.get(name)!, 0) / total
    const shares = group.passes.length === 2 ? [ANALYSE_SHARE, 1 - ANALYSE_SHARE] : [1]
    const passes = group.passes.map(({ plan, ...rest }, i) => ({
      ...rest,
      plan: { ...plan, weight: share * shares[i]! },
    }))
    return { ...group, passes }
  })
}
