/** The last step of a file: its output, verified by the job, takes the place of the original, or goes. */
import { createHash } from 'node:crypto'
import { chmod, chown, link, lstat, open, rename, rm, stat, utimes } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { syncFolder } from '../../storage/folders.js'
import { readManifest } from '../../storage/manifest.js'
import { formatBytes } from '../render/figures.js'
import { type End, failed, type Made } from './journal.js'
import { isSame, type Mark, markFrom, markOf } from './originals.js'

/** Whether originals are replaced, and which. */
export type Replacing = 'never' | 'always' | 'if-smaller'

/** Where the output will stand that replaces an original: its name, with the extension of what it is. */
export function placeInstead(original: string, extension: string): string {
  const own = extname(original)
  if (own.slice(1).toLowerCase() === extension) return original
  return join(dirname(original), `${basename(original, own)}.${extension}`)
}

/** Where the output waits until it is known to be whole: hidden, beside the original, always the same. */
export function waitingPlace(original: string, extension: string): string {
  const id = createHash('sha256').update(original).digest('hex').slice(0, 12)
  return join(dirname(original), `.${basename(original, extname(original)).slice(0, 100)}.ffleet-${id}.${extension}`)
}

/**
 * May be called again after a crash at any point. The original is there, whole, until its successor is; where the original
 * is not what the job read, both stay.
 */
export async function settle(
  { path, original }: { path: string; original: Mark },
  made: Made,
  replacing: Exclude<Replacing, 'never'>,
): Promise<End> {
  const target = placeInstead(path, extname(made.path).slice(1))
  const there = await lstat(path).catch(() => null)
  if ((await markOf(made.path)) === null) {
    if (!(await holds(target, made))) return failed('The output is gone; run the batch again.')
    return finish(path, original, target, made)
  }
  if (there === null) return failed(`The original is gone; the output is ${made.path}.`)
  if (!isSame(markFrom(there), original)) {
    await rm(made.path)
    return failed('The original changed while its job ran; run the batch again.')
  }
  if (there.nlink > 1) return keep(made, `it has ${there.nlink} names by now (hard links)`)
  if (replacing === 'if-smaller' && made.bytes >= original.bytes) {
    return keep(made, `the output is not smaller: ${formatBytes(made.bytes)}`)
  }
  await takeAfter(made.path, path)
  if (target === path) await rename(made.path, target)
  else {
    try {
      await link(made.path, target)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (!['EEXIST', 'EPERM', 'ENOTSUP'].includes(code ?? '')) throw error
      if (await isAnother(target, made.path)) return keep(made, `${basename(target)} is there already`)
      // A file system on which files have one name.
      if (code !== 'EEXIST') await rename(made.path, target)
    }
    await rm(made.path, { force: true })
  }
  return finish(path, original, target, made)
}

/** Whether something stands there that is not this very file, linked before a crash. */
async function isAnother(target: string, file: string): Promise<boolean> {
  const [there, own] = await Promise.all([lstat(target).catch(() => null), lstat(file)])
  return there !== null && (there.ino !== own.ino || there.dev !== own.dev)
}

/** The successor stands at its place; the original, if it is another file, goes. */
async function finish(path: string, original: Mark, target: string, made: Made): Promise<End> {
  await syncFolder(dirname(target))
  if (target !== path && isSame(await markOf(path), original)) await rm(path)
  return { outcome: 'replaced', why: null, bytes: made.bytes, place: target, mark: await markOf(target) }
}

async function keep(made: Made, why: string): Promise<End> {
  await rm(made.path)
  return { outcome: 'kept', why, bytes: made.bytes, place: null, mark: null }
}

/** Times, permissions and, where this user may, the owner. */
async function takeAfter(output: string, original: string): Promise<void> {
  const { mode, uid, gid, atime, mtime } = await stat(original)
  // A change of the owner takes some permissions away.
  await chown(output, uid, gid).catch(() => {})
  await chmod(output, mode & 0o7777)
  await utimes(output, atime, mtime)
  await sync(output)
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Whether this very output stands there. */
export async function holds(path: string, { bytes, sha256 }: Omit<Made, 'path'>): Promise<boolean> {
  if ((await markOf(path))?.bytes !== bytes) return false
  return (await readManifest(path, { sync: false })).sha256 === sha256
}
