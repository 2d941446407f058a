/** Reading what was published: the bytes of an output, as the API hands them out, and whether they still are that output. */
import type { Stats } from 'node:fs'
import { type FileHandle, lstat, readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { FfleetError } from '../contract/index.js'
import { compareIdentity, type FileIdentity, identityOf } from './identity.js'
import { inputFile, type OpenInput } from './inputs.js'
import { readManifest } from './manifest.js'
import { isInside, leavesRoot, systemCode } from './names.js'
import { OutsideRootError, openInside } from './open-inside.js'
import type { PublishedAs, PublishedFile } from './output-store.js'

/** Answers whether a path still holds what has the hash; kept by what the path looked like, as reading it all takes long. */
export type ContentCheck = (path: string, seen: FileIdentity, sha256: string) => Promise<boolean>

const KEPT_CHECKS = 1_000

export function createContentCheck(): ContentCheck {
  const known = new Map<string, Promise<boolean>>()
  return (path, seen, sha256) => {
    const key = [path, seen.bytes, seen.modifiedMs, seen.inode, sha256].join('\n')
    const before = known.get(key)
    if (before) return before
    const answer = readManifest(path, { sync: false }).then((manifest) => manifest.sha256 === sha256)
    known.set(key, answer)
    answer.catch(() => known.delete(key))
    if (known.size > KEPT_CHECKS) known.delete(known.keys().next().value!)
    return answer
  }
}

/**
 * Opens a published file. `path` is relative to the output root, as in the job resource; for a file of a folder output
 * it is the folder's path, `/` and the file's, and `as` is null: `requireSame` asks for the folder.
 *
 * @throws FfleetError NOT_FOUND for whatever is not a readable regular file inside the root; OUTPUT_REPLACED when it is
 * not what was published.
 */
export async function openPublished(
  outputRoot: string,
  path: string,
  as: PublishedAs | null,
  holds = createContentCheck(),
): Promise<PublishedFile> {
  const { file, stats } = await openSame(outputRoot, path, as, holds)
  return {
    bytes: stats.size,
    modifiedAt: stats.mtime,
    etag: etagOf([stats.size, Math.round(stats.mtimeMs * 1_000), stats.ino], as?.sha256),
    read: (range) => file.createReadStream(range && { start: range.first, end: range.last }),
    close: () => file.close(),
  }
}

async function openSame(
  outputRoot: string,
  path: string,
  as: PublishedAs | null,
  holds: ContentCheck,
): Promise<{ file: FileHandle; stats: Stats }> {
  const real = await locate(outputRoot, path)
  const root = await realpath(outputRoot).catch(notFound)
  const file = await openInside(root, real, requireFile).catch(notFound)
  try {
    const stats = await file.stat()
    const seen = identityOf(stats)
    if (as && !(await isSame(real, seen, as, holds))) throw replaced()
    return { file, stats }
  } catch (error) {
    await file.close()
    throw error
  }
}

/**
 * Opens a published file as the input of another job, and holds it open.
 *
 * @throws FfleetError as `openPublished`.
 */
export async function holdPublished(
  outputRoot: string,
  path: string,
  as: PublishedAs,
  holds = createContentCheck(),
): Promise<OpenInput> {
  const { file, stats } = await openSame(outputRoot, path, as, holds)
  try {
    return { ...inputFile(stats, await locate(outputRoot, path)), descriptor: file.fd, close: () => file.close() }
  } catch (error) {
    await file.close()
    throw error
  }
}

function requireFile(stats: Stats): void {
  if (!stats.isFile()) throw notThere()
}

function etagOf(marks: number[], sha256?: string): string {
  return `"${[...(sha256 === undefined ? [] : [sha256.slice(0, 32)]), ...marks.map((mark) => mark.toString(36))].join('-')}"`
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
 * Makes sure that what was published still is at its path, file or folder.
 *
 * @throws FfleetError NOT_FOUND when nothing is there, OUTPUT_REPLACED when something else is.
 */
export async function requireSame(
  outputRoot: string,
  path: string,
  as: PublishedAs,
  holds = createContentCheck(),
): Promise<void> {
  const real = await locate(outputRoot, path)
  const stats = await lstat(real).catch(notFound)
  // A folder that was put there in one step keeps its number; to add up its files takes long where there are many.
  if (stats.isDirectory() && stats.ino === as.identity?.inode && stats.mtimeMs <= as.identity.modifiedMs + 1) return
  const seen = identityOf(stats, stats.isDirectory() ? await bytesIn(outputRoot, path) : stats.size)
  if (!(await isSame(real, seen, as, holds))) throw replaced()
}

async function isSame(
  path: string,
  seen: FileIdentity,
  { sha256, identity }: PublishedAs,
  holds: ContentCheck,
): Promise<boolean> {
  const likeness = identity === null ? 'unsure' : compareIdentity(identity, seen)
  return likeness === 'unsure' ? holds(path, seen, sha256) : likeness === 'same'
}

/** How a file or folder at a place looks now. */
export async function lookAtPublished(outputRoot: string, path: string): Promise<FileIdentity> {
  const stats = await lstat(await locate(outputRoot, path)).catch(notFound)
  return identityOf(stats, stats.isDirectory() ? await bytesIn(outputRoot, path) : stats.size)
}

async function bytesIn(outputRoot: string, folder: string): Promise<number> {
  return (await listPublished(outputRoot, folder)).reduce((sum, file) => sum + file.bytes, 0)
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

function replaced(): FfleetError {
  return new FfleetError('OUTPUT_REPLACED', 'Something else is at the path of the output since.')
}

function notFound(error: unknown): never {
  if (error instanceof OutsideRootError) throw notThere(error)
  const gone = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EACCES', 'EPERM', 'EISDIR'].includes(
    systemCode(error) ?? '',
  )
  throw gone ? notThere(error) : error
}
