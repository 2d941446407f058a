/** What ffmpeg is told where the outputs are made by arguments: one process for all of them, in one pass. */
import { type Command, lastOf, type Option, readCommand, writeGraph, writeOption } from '../../arguments/index.js'
import {
  type ArgumentsRecipe,
  FfleetError,
  type NormalizedCommand,
  type NormalizedOutput,
  type Probe,
} from '../../contract/index.js'
import { isPicture, REPEATED_PICTURE } from '../../probe/formats.js'
import { checkLength } from '../check-length.js'
import { openInput } from '../open-input.js'
import type { GroupOutput, PassGroup, PlanInput } from '../types.js'
import { type ExpectedOfOutput, expectedOf } from './expected.js'

export type PlanArguments = {
  /** In the order of their numbers. `inputPath` as ffmpeg sees it. */
  inputs: readonly { inputPath: string; probe: Probe }[]
  command: NormalizedCommand
  outputs: readonly (NormalizedOutput & { recipe: ArgumentsRecipe })[]
  /** What the sender says of the first input. Taken for progress, never for verification. */
  expectedDurationMs: number | null
  capabilities: Pick<PlanInput['capabilities'], 'major' | 'minor'>
  limits?: PlanInput['limits']
}

/**
 * One group of one pass. What was looked at when the job came is looked at again: this is what ffmpeg gets, every graph
 * written anew.
 *
 * Throws `ARGUMENT_NOT_ALLOWED`, `UNSUPPORTED_CONTAINER`, `DURATION_TOO_LONG`.
 */
export function planArguments(plan: PlanArguments): PassGroup[] {
  const command = commandOf(plan)
  for (const [i, { probe }] of plan.inputs.entries()) checkInput(i, probe, command.inputs[i]!, plan.limits)
  const sources = plan.inputs.map(({ probe }, i) => ({ probe, options: command.inputs[i]!, expectedUs: null }))
  const expected = command.outputs.map((output, i) => expectedOf(output, { command, sources, isFirst: i === 0 }))
  // What the headers say instead, where the packets end before that.
  const promising = sources.map((source) => ({ ...source, expectedUs: source.probe.promisedUs }))
  const outputs = plan.outputs.map((output, i) => {
    const promised = expectedOf(command.outputs[i]!, { command, sources: promising, isFirst: i === 0 })
    return groupOutput(output, i, expected[i]!, promised)
  })
  const told = plan.expectedDurationMs === null ? null : plan.expectedDurationMs * 1_000
  const wished = sources.map((source, i) => ({ ...source, expectedUs: i === 0 ? told : null }))
  const forProgress = command.outputs.map((each, i) => expectedOf(each, { command, sources: wished, isFirst: i === 0 }))
  const durations = forProgress.map(({ durationUs }) => durationUs)
  const counts = forProgress.map(({ frames }) => frames)
  const unknown = durations.some((us, i) => us === null && counts[i] === null)
  const expectedUs = unknown ? null : Math.max(0, ...durations.filter((us) => us !== null)) || null
  const expectedFrames = expectedUs === null ? (counts[0] ?? null) : null
  const args = [...inputArgs(plan, command), ...graphArgs(command), ...outputArgs(command, outputs)]
  const wholeInput = expectedUs === null && expectedFrames === null ? onlyInput(plan, command) : null
  const pass = { label: 'encode', args, wholeInput, plan: { label: 'encode', expectedUs, expectedFrames, weight: 1 } }
  return [{ label: 'encode', outputs, passes: [pass] }]
}

function commandOf({ command: { input, inputs, filter }, outputs }: PlanArguments): Command {
  const { command, faults } = readCommand({
    inputs: [input, ...inputs.map((each) => each.arguments)],
    filter,
    outputs: outputs.map(({ recipe }) => ({
      options: ['-f', recipe.container, ...recipe.arguments],
      path: `o.${recipe.extension}`,
    })),
  })
  if (faults.length > 0) throw new FfleetError('ARGUMENT_NOT_ALLOWED', `This worker refuses it: ${faults[0]!.detail}.`)
  return command
}

/** What `-f` says has to be what is there; nothing else is opened. */
function checkInput(number: number, probe: Probe, options: readonly Option[], limits: PlanInput['limits']): void {
  const claimed = lastOf(options, 'f')?.value
  const names = isPicture(probe.container) ? ['image2', 'image2pipe', probe.container] : probe.container.split(',')
  if (claimed !== undefined && claimed !== null && !names.includes(claimed)) {
    const detail = `Input ${number} is ${names[0]}, not ${claimed} as its \`-f\` says.`
    throw new FfleetError('UNSUPPORTED_CONTAINER', detail, {
      hint: 'Leave `-f` out: the container is known from the file.',
    })
  }
  checkLength(`Input ${number}`, probe.durationUs, limits)
}

function inputArgs({ inputs, limits }: PlanArguments, command: Command): string[] {
  return inputs.flatMap(({ inputPath, probe }, i) => {
    const options = command.inputs[i]!.filter(({ name }) => name !== 'f')
    const isRepeated = isPicture(probe.container) && lastOf(options, 'loop') !== undefined
    const container = isRepeated ? REPEATED_PICTURE : probe.container
    return [...options.flatMap(writeOption), ...openInput({ inputPath, probe: { container }, limits }, true)]
  })
}

function graphArgs({ filter }: Command): string[] {
  return filter === null ? [] : ['-filter_complex', writeGraph(filter)]
}

/** Process-wide options stand with the output that they came with; ffmpeg takes them anywhere. */
function outputArgs({ outputs }: Command, planned: readonly GroupOutput[]): string[] {
  return outputs.flatMap(({ options, container }, i) => [
    ...options.flatMap(writeOption),
    ...['-f', container, planned[i]!.relativePath],
  ])
}

function groupOutput(
  { name, recipe }: PlanArguments['outputs'][number],
  i: number,
  { durationUs, isSure, streams }: ExpectedOfOutput,
  promised: ExpectedOfOutput,
): GroupOutput {
  return {
    name,
    relativePath: `out-${i}.${recipe.extension}`,
    isFolder: false,
    expected: { durationUs: isSure ? durationUs : null, promisedUs: promised.durationUs, streams },
    from: { video: null, audio: [], subtitles: [] },
    warnings: [],
    sprites: null,
  }
}

/** Where there is one input and all of it is read, its place there tells how far ffmpeg is. */
function onlyInput({ inputs }: PlanArguments, command: Command): string | null {
  const isWhole = [...command.inputs, ...command.outputs.map(({ options }) => options)].every(
    (options) => !lastOf(options, 'ss', 'sseof', 't', 'to', 'loop', 'stream_loop', 'frames', 'vframes', 'fs'),
  )
  return inputs.length === 1 && isWhole ? inputs[0]!.inputPath : null
}
