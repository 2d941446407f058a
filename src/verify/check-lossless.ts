import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { FfleetError, type LosslessReport } from '../contract/index.js'
import type { Capabilities } from '../ffmpeg/capabilities.js'
import type { ExpectedOutput, LosslessProof } from '../plan/types.js'
import { fileUrl, inputOptions } from '../probe/formats.js'
import { requirePlainFiles } from './plain-files.js'
import { readThrough } from './read-through.js'

type LosslessRequest = {
  /** Absolute path of the output, which lies where the hashes of its input were left. */
  path: string
  expected: Pick<ExpectedOutput, 'lossless'>
  capabilities: Pick<Capabilities, 'ffmpeg' | 'statsPeriod' | 'enclosure' | 'fpsMode'>
  signal?: AbortSignal | undefined
}

/**
 * Decodes an output, all of it, and holds the hash of every picture and every sound against that of the input. Throws `OUTPUT_INVALID` at
 * the first that differs. `container` as the probe of the output names it.
 */
export async function checkLossless(
  container: string,
  request: LosslessRequest,
): Promise<{ lossless?: LosslessReport }> {
  const { path, expected, capabilities, signal } = request
  if (expected.lossless === undefined) return {}
  const made = expected.lossless
  const again = againOf(made)
  const folder = dirname(path)
  const inFolder = (file: string) => join(folder, basename(file))
  const args = [
    // Every picture counts, also two at one time.
    ...(capabilities.fpsMode ? [] : ['-vsync', 'passthrough']),
    ...[...inputOptions(container), '-i', fileUrl(path)],
    ...['-map', '0:V:0', ...(capabilities.fpsMode ? ['-fps_mode', 'passthrough'] : [])],
    ...(again.hashedAs === null ? [] : ['-pix_fmt', again.hashedAs]),
    ...['-c:v', 'rawvideo', '-f', 'framemd5', inFolder(again.pictures)],
    ...again.sounds.flatMap(({ track, codec, file }) => [
      '-map',
      `0:a:${track}`,
      '-c:a',
      codec,
      '-f',
      'md5',
      inFolder(file),
    ]),
  ]
  const { ok } = await readThrough(args, { capabilities, signal }, { view: { writes: [folder] } })
  if (!ok) throw invalid('The output can not be decoded.')
  const pictures = await compared(inFolder(made.pictures), inFolder(again.pictures))
  for (const [i, { track, file }] of made.sounds.entries()) {
    const [before, after] = [await hashIn(inFolder(file)), await hashIn(inFolder(again.sounds[i]!.file))]
    if (before !== after) throw invalid(`Audio ${track} of the output is not, sample by sample, that of the input.`)
  }
  return { lossless: pictures }
}

/** Where the hashes of the output go: beside those of its input. */
function againOf({ pictures, hashedAs, sounds }: LosslessProof): LosslessProof {
  const named = (file: string) => `${file}.again`
  return { pictures: named(pictures), hashedAs, sounds: sounds.map((sound) => ({ ...sound, file: named(sound.file) })) }
}

/** Picture by picture, as ffmpeg's framemd5 lists them. */
async function compared(madeOf: string, madeAgain: string): Promise<LosslessReport> {
  const [before, after] = [hashesIn(madeOf), hashesIn(madeAgain)]
  const all = createHash('md5')
  for (let frames = 0; ; frames++) {
    const [{ value: one }, { value: other }] = [await before.next(), await after.next()]
    if (one === undefined && other === undefined) {
      if (frames === 0) throw invalid('There is no picture in it.')
      return { frames, md5: all.digest('hex') }
    }
    if (one === undefined || other === undefined) {
      throw invalid(
        `The output has ${one === undefined ? 'more' : 'fewer'} pictures than the input: ${frames} are alike.`,
      )
    }
    if (one !== other) throw invalid(`Picture ${frames + 1} of the output is not, pixel by pixel, that of the input.`)
    all.update(`${one}\n`)
  }
}

/** The last column; `#` begins what is no picture. */
async function* hashesIn(path: string): AsyncGenerator<string, undefined> {
  await requirePlainFiles(path)
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (!line.startsWith('#') && line.includes(',')) yield line.slice(line.lastIndexOf(',') + 1).trim()
  }
  return undefined
}

async function hashIn(path: string): Promise<string> {
  await requirePlainFiles(path)
  return (await readFile(path, 'utf8')).trim()
}

function invalid(detail: string): FfleetError {
  return new FfleetError('OUTPUT_INVALID', detail)
}
