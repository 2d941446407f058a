/** From the output path of a request to a place that may be written. */
import type { Stats } from 'node:fs'
import { access, constants, lstat, realpath } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { FfleetError } from '../contract/index.js'
import type { InputFile } from './inputs.js'
import { isInside, leavesRoot, NAME_BYTES, ROOT_FILE, SCRATCH_FOLDER, systemCode } from './names.js'
import { writeError } from './write-error.js'

/** Where an output will stand. */
export type OutputPlace = {
  /** Relative to the output root, normalized, `/` as separator: what the job resource shows. */
  relative: string
  /** Absolute, links resolved as far as it exists. Never shown. */
  path: string
  /** Whether something stands there. */
  taken: boolean
}

export type PlaceOptions = {
  /** The output is a folder. Default: a file. */
  folder?: boolean
  /** Those of the job, which no output may replace. */
  inputs?: readonly InputFile[]
  /** Folders that hold ffleet's own data: nothing is written into them when they lie in the output root. */
  keepOut?: readonly string[]
}

/** Deepest path below the root; what Linux takes in one call, less room for a root. */
const PATH_BYTES = 3_072

const invalid = (detail: string, cause?: unknown) => new FfleetError('INVALID_REQUEST', detail, { cause })

/**
 * Finds the place an output path names. What stands there may be replaced on publishing, if it is of the same kind.
 *
 * @throws FfleetError INVALID_REQUEST, PATH_OUTSIDE_ROOT, OUTPUT_NOT_WRITABLE.
 */
export async function resolveOutput(
  outputRoot: string,
  path: string,
  options: PlaceOptions = {},
): Promise<OutputPlace> {
  const relative = normalizeOutput(path, options.folder ?? false)
  try {
    const [root, ...kept] = await Promise.all([
      realpath(outputRoot),
      ...(options.keepOut ?? []).map((folder) => realpath(folder).catch(() => folder)),
    ])
    const { path: resolved, stats } = await follow(root, relative.split('/'))
    if (kept.some((folder) => isInside(root, folder) && isInside(folder, resolved)))
      throw invalid("The output path lies in ffleet's own folder.")
    if (stats) requireReplaceable(stats, options)
    return { relative, path: resolved, taken: stats !== null }
  } catch (error) {
    throw error instanceof FfleetError ? error : translate(error)
  }
}

/** A path that was good when the job came, but no longer: not the request is at fault now. */
export function refuse(error: unknown): never {
  if (!(error instanceof FfleetError)) throw error
  if (!['INVALID_REQUEST', 'PATH_OUTSIDE_ROOT'].includes(error.code)) throw error
  throw new FfleetError('OUTPUT_NOT_WRITABLE', error.message, { cause: error })
}

/**
 * Asks whether something could be put at a resolved place as things are now, which it is better to know before hours of
 * encoding than after them: may the folder that it will stand in be written, or the one that folders will be made in?
 *
 * @throws FfleetError OUTPUT_NOT_WRITABLE.
 */
export async function requireWritable(path: string): Promise<void> {
  const folder = dirname(path)
  try {
    await access(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    if (systemCode(error) === 'ENOENT' && folder !== path) return requireWritable(folder)
    throw writeError(error, 'The folder of the output cannot be written to')
  }
}

/**
 * The path without `.` and empty segments; looks at no file.
 *
 * @throws FfleetError INVALID_REQUEST, PATH_OUTSIDE_ROOT.
 */
export function normalizeOutput(path: string, folder: boolean): string {
  if (/[\u0000-\u001f\u007f]/.test(path)) throw invalid('The output path holds a control character.')
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(path)) {
    throw invalid('The output path looks like a URL; it must be relative to the output root.')
  }
  if (leavesRoot(path)) {
    throw new FfleetError('PATH_OUTSIDE_ROOT', 'The output path must be relative to the output root, without `..`.')
  }
  if (path.endsWith('/') && !folder) throw invalid('The output path names a folder, but the output is a file.')
  const relative = posix.normalize(path).replace(/\/+$/, '')
  if (relative === '' || relative === '.') throw invalid('The output path is empty.')
  const names = relative.split('/')
  if (names.some((name) => Buffer.byteLength(name) > NAME_BYTES) || Buffer.byteLength(relative) > PATH_BYTES) {
    throw invalid('The output path is longer than a file system takes.')
  }
  for (const own of [SCRATCH_FOLDER, ROOT_FILE]) {
    if (names[0]!.toLowerCase() === own) throw invalid(`\`${own}\` is reserved by ffleet.`)
  }
  return relative
}

/**
 * Walks down the names: links are followed as long as they stay in the root, what does not exist yet is appended. `stats`
 * is of what stands at the end, null when there is nothing.
 */
async function follow(root: string, names: string[]): Promise<{ path: string; stats: Stats | null }> {
  let at = root
  let stats: Stats | null = null
  for (const [i, name] of names.entries()) {
    const next = join(at, name)
    stats = await lstat(next).catch((error) => {
      if (systemCode(error) === 'ENOENT') return null
      throw error
    })
    if (stats === null) return { path: join(at, ...names.slice(i)), stats }
    at = stats.isSymbolicLink() ? await followLink(root, next) : next
    if (stats.isSymbolicLink()) stats = await lstat(at)
    if (i < names.length - 1 && !stats.isDirectory()) throw invalid('A folder of the output path is a file.')
  }
  return { path: at, stats }
}

async function followLink(root: string, link: string): Promise<string> {
  const target = await realpath(link).catch((error) => {
    throw invalid('The output path leads over a link that leads nowhere.', error)
  })
  if (isInside(root, target) && !isInside(join(root, SCRATCH_FOLDER), target)) return target
  throw new FfleetError('PATH_OUTSIDE_ROOT', 'The output path leads over a link out of the output root.')
}

function requireReplaceable(stats: Stats, { folder = false, inputs = [] }: PlaceOptions): void {
  if (inputs.some(({ device, inode }) => stats.dev === device && stats.ino === inode)) {
    throw invalid('The output path is the input itself.')
  }
  if (folder ? stats.isDirectory() : stats.isFile()) return
  if (stats.isDirectory()) throw invalid('A folder stands at the output path.')
  throw invalid(
    stats.isFile() ? 'A file stands at the path of a folder.' : 'Something that is no file stands at the output path.',
  )
}

function translate(error: unknown): FfleetError {
  const code = systemCode(error)
  if (code === 'ENAMETOOLONG') return invalid('The output path is longer than the file system takes.', error)
  if (code === 'ENOTDIR') return invalid('A folder of the output path is a file.', error)
  return new FfleetError('OUTPUT_NOT_WRITABLE', `The output path cannot be reached (${code ?? 'unknown'}).`, {
    cause: error,
  })
}
