/** Reading what was published: the bytes of an output, as the API hands them out. */
import { constants } from 'node:fs'
import { type FileHandle, lstat, open, readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { FfleetError } from '../contract/index.js'
import { isInside, leavesRoot, systemCode } from './names.js'

/** A file that stands open; whoever opened it closes `handle`. */
export type PublishedFile = {
  handle: FileHandle
  bytes: number
  modifiedAt: Date
  /** Strong, with its quotes: another one whenever other bytes stand at the path, whoever put them there. */
  etag: string
}

/**
 * Opens a published file. `path` is relative to the output root, as in the job resource; for a file of a folder output
 * it is the folder's path, `/` and the file's. `sha256` is what the job knows of the file, where it does.
 *
 * @throws FfleetError NOT_FOUND for whatever is not a readable regular file inside the root.
 */
export async function openPublished(outputRoot: string, path: string, sha256: string | null): Promise<PublishedFile> {
  const real = await locate(outputRoot, path)
  const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(notFound)
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw notThere()
    const identity = [stats.size, Math.round(stats.mtimeMs * 1_000), stats.ino]
      .map((part) => part.toString(36))
      .join('-')
    const etag = `"${sha256 === null ? '' : `${sha256.slice(0, 32)}-`}${identity}"`
    return { handle: file, bytes: stats.size, modifiedAt: stats.mtime, etag }
  } catch (error) {
    await file.close()
    throw error
  }
}

/**
 * The files of a published folder with their sizes, sorted by path (`/` as separator).
 *
 * @throws FfleetError NOT_FOUND when there is no such folder.
 */
export async function listPublished(outputRoot: string, path: string): Promise<{ path: string; bytes: number }[]> {
  const folder = await locate(outputRoot, path)
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(notFound)
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const listed = await Promise.all(
    files.map(async (file) => ({ path: file.slice(folder.length + 1), bytes: (await lstat(file)).size })),
  ).catch(notFound)
  return listed.sort((a, b) => (a.path < b.path ? -1 : 1))
}

/**
 * Whether an output still stands as it was published, going by its size.
 * `bytes` of a folder is the sum of its files.
 */
export async function isPublished(outputRoot: string, path: string, bytes: number): Promise<boolean> {
  try {
    const stats = await lstat(await locate(outputRoot, path))
    if (stats.isFile()) return stats.size === bytes
    const files = await listPublished(outputRoot, path)
    return files.reduce((sum, file) => sum + file.bytes, 0) === bytes
  } catch (error) {
    if (error instanceof FfleetError && error.code === 'NOT_FOUND') return false
    throw error
  }
}

async function locate(outputRoot: string, path: string): Promise<string> {
  if (leavesRoot(path) || path.includes('\0')) throw notThere()
  const root = await realpath(outputRoot).catch(notFound)
  const real = await realpath(join(root, path)).catch(notFound)
  if (!isInside(root, real)) throw notThere()
  // Devices and pipes are not even opened.
  const stats = await lstat(real).catch(notFound)
  if (!stats.isFile() && !stats.isDirectory()) throw notThere()
  return real
}

function notThere(cause?: unknown): FfleetError {
  return new FfleetError('NOT_FOUND', 'The output is no longer at its path.', { cause })
}

function notFound(error: unknown): never {
  const gone = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EACCES', 'EPERM', 'EISDIR'].includes(
    systemCode(error) ?? '',
  )
  throw gone ? notThere(error) : error
}
