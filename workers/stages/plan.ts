import { mkdir, symlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { NormalizedOutput, Probe } from '../../src/contract/index.js'
import { type PassGroup, planEncode } from '../../src/plan/index.js'
import type { InputFile } from '../../src/storage/index.js'
import type { AttemptContext, JobContext } from '../context.js'

/** ffmpeg reads the input through a link beside its outputs, so that its log and its command name no folder of the host. */
const INPUT_FOLDER = 'input'

/** From the recipes and the facts about the input to what ffmpeg is told. */
export function planJob(
  context: JobContext,
  input: InputFile,
  probe: Probe,
  outputs: NormalizedOutput[],
  undecodable: ReadonlySet<number> = new Set(),
): PassGroup[] {
  const { startMs, endMs, expectedDurationMs } = context.request.input
  return planEncode({
    inputPath: join(INPUT_FOLDER, basename(input.path)),
    probe,
    outputs,
    startMs,
    endMs,
    expectedDurationMs,
    capabilities: context.capabilities,
    undecodable,
    limits: context.config,
  })
}

/** The attempt's folder, with the link to the input. */
export async function prepareFolder(context: AttemptContext, input: InputFile): Promise<void> {
  const folder = await context.storage.scratch.create(context.jobId, context.attempt.number)
  await mkdir(join(folder, INPUT_FOLDER))
  await symlink(input.path, join(folder, INPUT_FOLDER, basename(input.path)))
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
