import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FfleetError } from '../contract/index.js'

/**
 * Refuses an output that is, or holds, a link, a pipe or a device: whoever reads or writes it from here on, outside of the
 * sandbox, must not be led elsewhere. What is not there is for others to tell.
 *
 * @throws FfleetError OUTPUT_INVALID
 */
export async function requirePlainFiles(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => null)
  if (stats === null || stats.isFile()) return
  if (!stats.isDirectory()) {
    throw new FfleetError('OUTPUT_INVALID', 'The output is, or holds, something that is neither a file nor a folder.')
  }
  for (const name of await readdir(path)) await requirePlainFiles(join(path, name))
}
