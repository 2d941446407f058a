import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FfleetError } from '../contract/index.js'
import { tooMany } from '../plan/most-pictures.js'
import { FRAME_NAME, SHEET_NAME } from '../plan/sprites.js'
import type { ExpectedOutput } from '../plan/types.js'

/** `first`: the picture to be looked at more closely. `partly`: that some are missing, in words; null: none are. */
export type PictureFolder = { first: string; bytes: number; partly: string | null }

/** Frames that a decoder may leave out at the ends, and share of them that may be missing with a warning. */
const MISSING_FRAMES = 2
const MISSING_SHARE = 0.02

/**
 * Looks at the files of a folder: every one counts, none is empty, and single frames are numbered without a gap, end as pictures
 * do, and are as many as were expected. Throws `OUTPUT_INVALID`, and `TOO_MANY_PICTURES`.
 */
export async function lookIntoFolder(path: string, { pictures }: ExpectedOutput): Promise<PictureFolder> {
  const names = (await readdir(path).catch(() => [])).sort(byNumber)
  const found = names.filter((name) => (pictures ? FRAME_NAME : SHEET_NAME).test(name))
  const first = found[0]
  if (first === undefined) throw invalid(pictures ? 'ffmpeg wrote no frames.' : 'ffmpeg wrote no thumbnails.')
  let bytes = 0
  for (const name of names) bytes += await sizeOf(join(path, name), pictures !== undefined)
  return { first, bytes, partly: pictures ? countFault(found, pictures) : null }
}

/** Beyond a million, names have a figure more. */
function byNumber(one: string, other: string): number {
  return one.length - other.length || (one < other ? -1 : 1)
}

function countFault(
  found: readonly string[],
  { count, isBounded }: NonNullable<ExpectedOutput['pictures']>,
): string | null {
  if (found.length > isBounded.most) throw tooMany(isBounded.detail)
  const gap = found.findIndex((name, i) => Number(FRAME_NAME.exec(name)![1]) !== i + 1)
  if (gap >= 0) throw invalid(`Frame ${gap + 1} is missing.`)
  if (count === null || found.length >= count * (1 - MISSING_SHARE) - MISSING_FRAMES) return null
  const loss = `${found.length} of ${count} pictures are there`
  if (found.length < count / 2) throw invalid(`Most of it could not be decoded: ${loss}.`)
  return `Some of the input could not be decoded: ${loss}.`
}

/** What JPEG and PNG end with. */
const ENDS = { jpg: Buffer.from([0xff, 0xd9]), png: Buffer.from('IEND\xae\x42\x60\x82', 'latin1') }

async function sizeOf(path: string, isFrame: boolean): Promise<number> {
  const file = await open(path).catch(() => null)
  if (file === null) throw invalid('ffmpeg wrote no output.')
  try {
    const { size } = await file.stat()
    if (size === 0) throw invalid('ffmpeg wrote no output.')
    if (!isFrame) return size
    const end = path.endsWith('.png') ? ENDS.png : ENDS.jpg
    const { buffer } = await file.read(Buffer.alloc(end.length), 0, end.length, Math.max(0, size - end.length))
    if (!buffer.equals(end)) throw invalid('A frame is cut off.')
    return size
  } finally {
    await file.close()
  }
}

function invalid(detail: string): FfleetError {
  return new FfleetError('OUTPUT_INVALID', detail)
}
