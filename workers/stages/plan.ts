import { mkdir } from 'node:fs/promises'
import { join, posix } from 'node:path'
import {
  type FoundQuality,
  inputName,
  inputsOf,
  isSequence,
  type NormalizedInput,
  type NormalizedOutput,
  type OutputWarning,
  type Probe,
  watermarkOf,
} from '../../src/contract/index.js'
import {
  type Clip,
  type PassGroup,
  type PlanArguments,
  type PlanInput,
  planArguments,
  planEncode,
  type ReadFile,
  type Said,
  type UsableEncoder,
} from '../../src/plan/index.js'
import { tagOf } from '../../src/probe/tags.js'
import type { AttemptContext, JobContext } from '../context.js'
import type { ProbedInput } from './probe.js'

/** An input by its facts, whether it is here or not. */
type KnownInput = Omit<ProbedInput, 'held'>

/** What turned out not to go as it was planned first. */
export type Concessions = {
  /** Streams, by index, that hold nothing that can be decoded. */
  undecodable: ReadonlySet<number>
  /** Outputs, by name, whose hardware encoder failed, and which. */
  fellBack: ReadonlyMap<string, string>
  /** What outputs, by name, are made with that were too large by what was found for them first. */
  settled: ReadonlyMap<string, FoundQuality>
  /** Outputs, by name, whose parts did not become a whole. */
  whole: ReadonlySet<string>
}

export const NO_CONCESSIONS: Concessions = {
  undecodable: new Set(),
  fellBack: new Map(),
  settled: new Map(),
  whole: new Set(),
}

/** From recipes, or arguments, and the facts about the inputs to what ffmpeg is told. */
export function planJob(
  context: JobContext,
  inputs: readonly KnownInput[],
  outputs: NormalizedOutput[],
  hardware: readonly UsableEncoder[],
  { undecodable, fellBack, settled, whole }: Concessions = NO_CONCESSIONS,
): PassGroup[] {
  const { input, command } = context.request
  const { startMs, endMs, expectedDurationMs } = input
  const { capabilities, config: limits } = context
  const read = inputs.map(({ link, probe }) => ({ inputPath: link, probe }))
  const file = (uri: string) => read[inputs.findIndex((each) => each.uri === uri)]!
  if (command) {
    const made = outputs as PlanArguments['outputs']
    return planArguments({ inputs: read, command, outputs: made, expectedDurationMs, capabilities, limits })
  }
  const made = (outputs as PlanInput['outputs']).map((output) => {
    const { split, ...inOnePiece } = fellBack.has(output.name) ? inSoftware(output) : output
    return split === undefined || whole.has(output.name) ? inOnePiece : { ...inOnePiece, split }
  })
  const groups = planEncode({
    ...read[0]!,
    ...(isSequence(context.request) && { clips: inputsOf(context.request).map((clip) => clipOf(clip, file)) }),
    ...(inputs[0]?.frames !== undefined && { frames: inputs[0].frames }),
    ...(inputs[0]?.beside && { beside: inputs[0].beside }),
    outputs: made,
    startMs,
    endMs,
    expectedDurationMs,
    capabilities,
    undecodable,
    settled,
    hardware,
    limits,
    images: new Map(outputs.flatMap((output) => imageOf(output, inputs))),
    said: saidOf(context, inputs[0]!.probe),
  })
  for (const output of groups.flatMap((group) => group.outputs)) {
    const failed = fellBack.get(output.name)
    if (failed !== undefined) output.warnings.push(fellBackFrom(failed))
    if (whole.has(output.name)) output.warnings.push(NOT_JOINED)
  }
  return groups
}

/** The output without a device that it can do without. */
export function inSoftware<O extends NormalizedOutput>(output: O): O {
  const { recipe } = output
  if (recipe.kind === 'arguments' || recipe.video?.encoder !== 'auto') return output
  return { ...output, recipe: { ...recipe, video: { ...recipe.video, encoder: 'software' } } }
}

const NOT_JOINED: OutputWarning = {
  code: 'NOT_SPLIT',
  detail: 'The output is encoded in one piece, because its parts did not become the same as a whole.',
}

function fellBackFrom(encoder: string): OutputWarning {
  return {
    code: 'HARDWARE_FELL_BACK',
    detail: `The hardware encoder ${encoder} failed; the output was made in software.`,
  }
}

/** The facts of its watermark. */
function imageOf(output: NormalizedOutput, inputs: readonly KnownInput[]): [string, Probe][] {
  const uri = watermarkOf(output)
  return uri === null ? [] : [[uri, inputs.find((each) => each.uri === uri)!.probe]]
}

/** What texts may tell of the job; the day is that of UTC. */
function saidOf({ request, jobId }: JobContext, { tags }: Probe): Said {
  const title = tagOf(tags, 'title') ?? ''
  const { name: file } = posix.parse(inputName(request.input))
  return { title, file, job: jobId ?? '', date: new Date().toISOString().slice(0, 10) }
}

/** An input as it is played, with its files on this machine. */
function clipOf(
  { uri, name, soundtrack, subtitles: _, ...played }: NormalizedInput,
  file: (uri: string) => ReadFile,
): Clip {
  const { name: title } = posix.parse(name ?? uri)
  return { ...played, ...file(uri), title, ...(soundtrack !== undefined && { soundtrack: file(soundtrack) }) }
}

/** The folders among the outputs. */
export async function makeFolders(context: AttemptContext, groups: readonly PassGroup[]): Promise<void> {
  for (const { isFolder, relativePath } of groups.flatMap((group) => group.outputs)) {
    if (isFolder) await mkdir(join(context.folder, relativePath), { recursive: true })
  }
}

/** Looks at where the outputs will go. */
export async function checkPlaces(context: JobContext, groups: readonly PassGroup[]): Promise<void> {
  for (const { name, isFolder } of groups.flatMap((group) => group.outputs)) {
    const { path, onExists } = context.request.outputs.find((output) => output.name === name)!
    // The job's own folder will lie beside the one of the attempt.
    if (path) await context.storage.outputs.check(path, { folder: isFolder, keepExisting: onExists === 'fail' })
  }
}
