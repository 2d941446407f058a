/** The files that words on a command line mean: files as they are, folders with the media in them. */
import { open, readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, relative, resolve } from 'node:path'
import { remoteScheme, shownUri } from '../../contract/index.js'
import { sniff } from '../../probe/formats.js'
import { isInside } from '../../storage/names.js'
import { CommandError } from '../exit.js'

export type InputFile = {
  /** As the person would type it. */
  shown: string
  /** Absolute, without links. */
  path: string
  /** Where an output beside it goes: the folder that it was found in, without links. */
  beside: string
  /** The folder that was named, without links, where that is how it was found and it lies in it; else its own. */
  root: string
  /** Its folder below the one that was named; empty for a file that was named itself. */
  below: string
}
export type Skipped = { input: string; reason: string }
type Found = { inputs: InputFile[]; skipped: Skipped[] }

/** What media is called in folders; a file that is named itself may be called anything. */
const MEDIA_EXTENSIONS = new Set(
  [
    'mp4 m4v mov qt 3gp 3g2 mkv webm avi divx flv f4v wmv asf mpg mpeg m2v vob ts m2ts mts m2t mxf gxf wtv nut dv ivf nsv ogv',
    'mp3 m4a m4b aac ac3 eac3 dts wav w64 aif aiff au caf flac ogg oga opus amr wma ape mka mpc tak tta wv',
    'h264 264 h265 265 hevc obu y4m',
  ].flatMap((line) => line.split(' ')),
)
/** ffleet's own: reports, a queue, outputs. */
const OWN_FOLDER = 'ffleet-data'
const HEAD_BYTES = 1_024

/**
 * Each file once. With one word, a file that holds no media is left for the job to fail with; among several it is
 * skipped, as people type `*`.
 *
 * `within`: the folder that the words are relative to; default the working folder.
 *
 * @throws CommandError that names every word that is nothing, or may not be read.
 */
export async function findInputs(words: readonly string[], within = process.cwd()): Promise<Found> {
  const found: Found = { inputs: [], skipped: [] }
  const missing: string[] = []
  for (const word of words) {
    const path = resolve(within, word)
    const facts = await stat(path).catch((error: NodeJS.ErrnoException) => error.code ?? '')
    if (typeof facts === 'string') {
      missing.push(facts === 'EACCES' ? `The input ${word} may not be read.` : `There is no input ${word}.`)
    } else if (facts.isDirectory()) {
      const root = await realpath(path)
      await walk(path, (file) => join(word, relative(path, file)), root, '', found)
    } else if (!facts.isFile()) missing.push(`The input ${word} is neither a file nor a folder.`)
    else {
      const head = await headOf(path)
      const reason = head === null ? null : notMedia(head)
      if (head === null) missing.push(`The input ${word} may not be read.`)
      else if (reason !== null && words.length > 1) found.skipped.push({ input: word, reason })
      else found.inputs.push(await fileOf(path, word, null, ''))
    }
  }
  if (missing.length > 0) throw new CommandError(missing.join('\n'), { code: 'INPUT_NOT_FOUND' })
  const byPath = new Map(found.inputs.map((input) => [input.path, input]))
  return { ...found, inputs: [...byPath.values()] }
}

async function fileOf(path: string, shown: string, root: string | null, below: string): Promise<InputFile> {
  const real = await realpath(path)
  const own = dirname(real)
  return {
    shown,
    path: real,
    beside: await realpath(dirname(path)),
    root: root !== null && isInside(root, own) ? root : own,
    below,
  }
}

async function walk(
  folder: string,
  shownAs: (path: string) => string,
  root: string,
  below: string,
  found: Found,
): Promise<void> {
  const skip = (path: string, reason: string) => void found.skipped.push({ input: shownAs(path), reason })
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => null)
  if (entries === null) return skip(folder, 'the folder may not be read')
  const byName = new Intl.Collator('en', { numeric: true }).compare
  for (const entry of entries.sort((a, b) => byName(a.name, b.name))) {
    const path = join(folder, entry.name)
    if (entry.name.startsWith('.') || entry.name === OWN_FOLDER) continue
    if (entry.isDirectory()) {
      await walk(path, shownAs, root, join(below, entry.name), found)
      continue
    }
    const facts = await stat(path).catch(() => null)
    if (facts === null) skip(path, 'it may not be read')
    else if (facts.isDirectory()) skip(path, 'a link to a folder')
    else if (facts.isFile()) {
      const reason = await noInput(path)
      if (reason !== null) skip(path, reason)
      else found.inputs.push(await fileOf(path, shownAs(path), root, below))
    }
  }
}

/** Why a file that lies in a folder is no input; null for one that is. */
async function noInput(path: string): Promise<string | null> {
  if (!MEDIA_EXTENSIONS.has(extname(path).slice(1).toLowerCase())) return 'no media'
  const head = await headOf(path)
  return head === null ? 'it may not be read' : notMedia(head)
}

async function headOf(path: string): Promise<Buffer | null> {
  const file = await open(path).catch(() => null)
  if (file === null) return null
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** What a file is instead of media, by its first bytes; null where it may be some. */
function notMedia(head: Buffer): string | null {
  if (head.length === 0) return 'it is empty'
  const sniffed = sniff(head)
  if (sniffed.kind === 'document') return sniffed.name
  if (sniffed.kind === 'playlist') return `a ${sniffed.name}`
  return isText(head) ? 'text, no media' : null
}

/** UTF-8 without control characters but those of lines; its last character may be cut off. */
function isText(head: Buffer): boolean {
  const text = new TextDecoder().decode(head.subarray(0, Math.max(1, head.length - 4)))
  return !/[\u0000-\u0008\u000e-\u001a\u001c-\u001f\ufffd]/.test(text)
}

/** The name without its extension. */
export function stemOf(path: string): string {
  return basename(path, extname(path))
}

/** Whether a word on the command line is an address; `http:a.mp4` may be a file. */
export function isUrl(word: string): boolean {
  return remoteScheme(word) !== null && word.includes('://')
}

/** What an input is called where it comes from: the last step of its path, also of that of a URL. */
export function nameOf(input: string): string {
  if (remoteScheme(input) === null) return basename(input)
  const last = basename(shownUri(input).replace(/^[a-z0-9]+:\/*[^/]*/i, ''))
  return last === '' ? 'input' : last
}

/** A path in a media root as a request names it: with a colon in it a bare name could be read as a URL. */
export function uriOf(path: string): string {
  return path.includes(':') ? `./${path}` : path
}
