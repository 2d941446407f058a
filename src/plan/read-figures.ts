import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { withMeasured } from './measure.js'
import type { Pass } from './types.js'

/** Of a longer file of figures, this much of its beginning and of its end is read. */
const PART_BYTES = 512 * 1024

/** A pass as ffmpeg gets it: what passes before it wrote into the attempt folder has taken the places of the tokens. */
export async function readFigures<P extends Pick<Pass, 'args' | 'argsIfEmpty' | 'measured'>>(
  pass: P,
  folder: string,
): Promise<P> {
  const { measured = [], args, argsIfEmpty } = pass
  if (measured.length === 0) return pass
  const fill = (of: readonly string[]) => withMeasured(of, measured, (file) => readEnds(join(folder, file)))
  return { ...pass, args: await fill(args), ...(argsIfEmpty && { argsIfEmpty: await fill(argsIfEmpty) }) }
}

/** Whether passes before it made it superfluous. */
export async function isNeedless({ needless }: Pick<Pass, 'needless'>, folder: string): Promise<boolean> {
  return needless?.isSo(await readFiles(needless.files, folder)) ?? false
}

/** The texts of files of figures; empty for one that is not there. */
export function readFiles(files: readonly string[], folder: string): Promise<string[]> {
  return Promise.all(files.map((file) => readEnds(join(folder, file))))
}

/** Whole lines. Empty where there is no such file: then there was nothing to be measured. */
async function readEnds(path: string): Promise<string> {
  const file = await openFigures(path)
  if (file === null) return ''
  try {
    const { size } = await file.stat()
    if (size <= 2 * PART_BYTES) return await file.readFile('utf8')
    const head = await readPart(file, 0)
    const tail = await readPart(file, size - PART_BYTES)
    return head.slice(0, head.lastIndexOf('\n') + 1) + tail.slice(tail.indexOf('\n') + 1)
  } finally {
    await file.close()
  }
}

/** What is no plain file was put there by something else than ffmpeg's filters: it is neither followed nor waited for. */
async function openFigures(path: string): Promise<FileHandle | null> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ELOOP') return null
    throw error
  })
  if (file === null || (await file.stat()).isFile()) return file
  await file.close()
  return null
}

async function readPart(file: FileHandle, position: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(PART_BYTES), 0, PART_BYTES, position)
  return buffer.subarray(0, bytesRead).toString('utf8')
}
