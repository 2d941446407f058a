import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { inputsOf, isSequence, type NormalizedInput, type NormalizedOutput } from '../../src/contract/index.js'
import {
  type Clip,
  type PassGroup,
  type PlanArguments,
  type PlanInput,
  planArguments,
  planEncode,
  type ReadFile,
} from '../../src/plan/index.js'
import type { AttemptContext, JobContext } from '../context.js'
import type { ProbedInput } from './probe.js'

/** From recipes, or arguments, and the facts about the inputs to what ffmpeg is told. */
export function planJob(
  context: JobContext,
  inputs: readonly ProbedInput[],
  outputs: NormalizedOutput[],
  undecodable: ReadonlySet<number> = new Set(),
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
  const made = outputs as PlanInput['outputs']
  return planEncode({
    ...read[0]!,
    ...(isSequence(context.request) && { clips: inputsOf(context.request).map((clip) => clipOf(clip, file)) }),
    outputs: made,
    startMs,
    endMs,
    expectedDurationMs,
    capabilities,
    undecodable,
    limits,
  })
}

/** An input as it is played, with its files on this machine. */
function clipOf({ uri, soundtrack, ...played }: NormalizedInput, file: (uri: string) => ReadFile): Clip {
  return { ...played, ...file(uri), ...(soundtrack !== undefined && { soundtrack: file(soundtrack) }) }
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
