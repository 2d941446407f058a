/** Opening what lies in a root, and nothing else, whatever becomes of the names on the way meanwhile. */
import { constants, type Stats } from 'node:fs'
import { type FileHandle, lstat, open, readlink } from 'node:fs/promises'
import { isInside } from './names.js'

/** What was opened lies outside of the root: a folder on the way had become a link since the path was resolved. */
export class OutsideRootError extends Error {
  override readonly name = 'OutsideRootError'
}

/**
 * Opens a file or folder to read it; `root` and `path` are absolute and were without links. `check` throws for what must not
 * even be opened, and sees what is there before and after it was opened.
 *
 * @throws OutsideRootError, what `check` throws, and system errors.
 */
export async function openInside(root: string, path: string, check: (stats: Stats) => void): Promise<FileHandle> {
  // Opening a device can already do something, so look before.
  check(await lstat(path))
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    check(await file.stat())
    if (!isInside(root, await placeOf(file, path))) throw new OutsideRootError()
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Where an open file really is. The kernel knows it; elsewhere than on Linux the path has to be believed. */
function placeOf(file: FileHandle, path: string): Promise<string> {
  return readlink(descriptorPath(file.fd)).catch(() => path)
}

/** Opens a folder that may be written and not read, too. Linux has it, Node does not name it. */
const O_PATH = 0o10000000

/**
 * Gives a path of a folder that leads to this very folder until `use` ends, whatever becomes of its names meanwhile; where the
 * kernel has no such path, the one that it was given.
 *
 * @throws OutsideRootError, what `use` throws, and system errors.
 */
export async function throughFolder<T>(root: string, folder: string, use: (path: string) => Promise<T>): Promise<T> {
  if (process.platform !== 'linux') return await use(folder)
  const handle = await open(folder, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    const path = descriptorPath(handle.fd)
    const place = await readlink(path).catch(() => null)
    if (place !== null && !isInside(root, place)) throw new OutsideRootError()
    return await use(place === null ? folder : path)
  } finally {
    await handle.close()
  }
}

/** The path that leads this process to its open file or folder. Linux only. */
function descriptorPath(descriptor: number): string {
  return `/proc/self/fd/${descriptor}`
}
