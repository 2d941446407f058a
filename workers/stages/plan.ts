import { mkdir, symlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { NormalizedOutput } from '../../src/contract/index.js'
import { type PassGroup, type PlanArguments, type PlanInput, planArguments, planEncode } from '../../src/plan/index.js'
import type { InputFile } from '../../src/storage/index.js'
import type { AttemptContext, JobContext } from '../context.js'
import type { ProbedInput } from './probe.js'

/** ffmpeg reads an input through a link beside its outputs, so that its log and its command name no folder of the host. */
function inputPath({ path }: InputFile, number: number): string {
  return join(number === 0 ? 'input' : `input-${number}`, basename(path))
}

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
  const read = inputs.map(({ file, probe }, number) => ({ inputPath: inputPath(file, number), probe }))
  if (command) {
    const made = outputs as PlanArguments['outputs']
    return planArguments({ inputs: read, command, outputs: made, expectedDurationMs, capabilities, limits })
  }
  const made = outputs as PlanInput['outputs']
  return planEncode({
    ...read[0]!,
    outputs: made,
    startMs,
    endMs,
    expectedDurationMs,
    capabilities,
    undecodable,
    limits,
  })
}

/** The attempt's folder, with links to the inputs. */
export async function prepareFolder(context: AttemptContext, inputs: readonly InputFile[]): Promise<void> {
  const folder = await context.storage.scratch.create(context.jobId, context.attempt.number)
  for (const [number, file] of inputs.entries()) {
    const link = join(folder, inputPath(file, number))
    await mkdir(dirname(link))
    await symlink(file.path, link)
  }
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
