import { constants } from 'node:fs'
import { lstat, mkdir, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemCode } from './names.js'

/**
 * Creates a folder and those above it that are missing; gives the created ones, topmost first. (Node's own recursive
 * mkdir says ENOENT where the disk is full or read-only.)
 *
 * `tries`: how often it begins again when somebody removes a folder above in between.
 *
 * @throws the system error of what could not be created; ENOTDIR when something else is in the way.
 */
export async function makeFolders(folder: string, mode = 0o777, tries = 3): Promise<string[]> {
  try {
    await mkdir(folder, { mode })
    return [folder]
  } catch (error) {
    const code = systemCode(error)
    const stands = code === 'EEXIST' ? await stat(folder).catch(() => lstat(folder).catch(() => null)) : null
    if (stands?.isDirectory()) return []
    if (stands) throw Object.assign(new Error('something else is in the way'), { code: 'ENOTDIR' })
    // Something above is missing, or what stood there has just gone. Some places say so whatever is above, as /proc does.
    if ((code !== 'ENOENT' && code !== 'EEXIST') || tries === 0 || dirname(folder) === folder) throw error
  }
  const above = await makeFolders(dirname(folder), mode)
  return [...above, ...(await makeFolders(folder, mode, tries - 1))]
}

/**
 * Makes what was created, renamed or removed in a folder last through a power cut. Folders that may be written but not
 * read, and file systems that can't do it (some network ones), are let pass: the files are safe, only their names might
 * not be.
 */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY)
    await handle.sync().finally(() => handle.close())
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP'].includes(systemCode(error) ?? '')) throw error
  }
}
