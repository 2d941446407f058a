/** What is drawn on outputs, brought into the attempt folder before anything is encoded. */
import { constants, copyFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FfleetError } from '../../src/contract/index.js'
import { runFfmpeg } from '../../src/ffmpeg/index.js'
import { type Drawn, imageArguments, notAPicture, type PassGroup } from '../../src/plan/index.js'
import type { AttemptContext, WorkerContext } from '../context.js'
import type { ProbedInput } from './probe.js'

/** A picture that takes longer than this to be decoded is none that somebody would want. */
const IMAGE_LIMIT_MS = 60_000

type Drawing = { output: string; drawn: Drawn }

/** Throws `LETTERS_NOT_IN_FONT` for texts whose fields say what the font can't draw. */
export function checkLetters({ font }: Pick<WorkerContext, 'font'>, groups: readonly PassGroup[]): void {
  for (const { output, drawn } of drawingsOf(groups)) {
    const lacking = drawn.text ? font.lacks(drawn.text.letters) : []
    if (lacking.length === 0) continue
    const letters = lacking.slice(0, 20).join(' ')
    const detail = `The font of this worker lacks letters of the text of the output \`${output}\` (\`video.text.template\`), with its fields filled in: ${letters}`
    throw new FfleetError('LETTERS_NOT_IN_FONT', detail)
  }
}

/**
 * Texts and font come first, while no ffmpeg of the attempt has run that could have put links in their place; those of a plan before are
 * taken away. Throws `WATERMARK_NOT_A_PICTURE` for one that can't be decoded.
 */
export async function prepareDrawings(
  context: AttemptContext,
  inputs: readonly ProbedInput[],
  groups: readonly PassGroup[],
): Promise<void> {
  const drawings = drawingsOf(groups)
  const texts = drawings.flatMap(({ drawn }) => drawn.text ?? [])
  for (const { file, text } of texts) {
    const path = await freePlace(context, file)
    await writeFile(path, text, { flag: 'wx' })
  }
  if (texts[0]) await copyFile(context.font.path, await freePlace(context, texts[0].font), constants.COPYFILE_EXCL)
  for (const { output, drawn } of drawings) {
    if (drawn.image) await makeImage(context, inputs, output, drawn.image)
  }
}

function drawingsOf(groups: readonly PassGroup[]): Drawing[] {
  return groups
    .flatMap((group) => group.outputs)
    .flatMap(({ name, drawn }) => (drawn === undefined ? [] : [{ output: name, drawn }]))
}

async function freePlace({ folder }: AttemptContext, file: string): Promise<string> {
  const path = join(folder, file)
  await rm(path, { force: true })
  return path
}

/** By the ffmpeg of the job, held to the file as every input is. */
async function makeImage(
  context: AttemptContext,
  inputs: readonly ProbedInput[],
  output: string,
  { uri, file }: NonNullable<Drawn['image']>,
): Promise<void> {
  const { capabilities, folder, config: limits, signal } = context
  const { link, probe, held } = inputs.find((input) => input.uri === uri)!
  const run = runFfmpeg(imageArguments({ inputPath: link, probe }, limits, file), {
    ffmpeg: capabilities.ffmpeg,
    cwd: folder,
    ...(capabilities.enclosure && { enclosure: capabilities.enclosure }),
    ...(capabilities.statsPeriod ? {} : { statsPeriodMs: null }),
    view: { held: [held], writes: [folder] },
  })
  const timer = setTimeout(() => run.kill(), IMAGE_LIMIT_MS)
  const kill = () => run.kill()
  signal.addEventListener('abort', kill, { once: true })
  const result = await run.result.finally(() => {
    clearTimeout(timer)
    signal.removeEventListener('abort', kill)
  })
  signal.throwIfAborted()
  context.spend(result.usage)
  if (!result.ok || result.lastBlock?.frame !== 1) throw notAPicture(output, 'can not be decoded')
}
