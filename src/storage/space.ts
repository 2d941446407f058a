import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from './names.js'

/** What `stat` counts blocks in, and the least that an entry takes: its inode is not counted by the kernel. */
const [BLOCK_BYTES, LEAST_BYTES] = [512, 4_096]

/**
 * What a folder takes of the disk with everything in it, in bytes. Looks no further once that is more than `enough`, so that it
 * ends whatever stands there. Links are not followed; what goes meanwhile does not count.
 */
export async function spaceOf(folder: string, enough: number): Promise<number> {
  let bytes = 0
  const folders = [folder]
  for (let next = folders.pop(); next !== undefined && bytes <= enough; next = folders.pop()) {
    try {
      for await (const entry of await opendir(next)) {
        const path = join(next, entry.name)
        if (entry.isDirectory()) folders.push(path)
        const { blocks } = await lstat(path)
        bytes += Math.max(LEAST_BYTES, blocks * BLOCK_BYTES)
        if (bytes > enough) break
      }
    } catch (error) {
      if (!['ENOENT', 'ENAMETOOLONG'].includes(systemCode(error) ?? '')) throw error
    }
  }
  return bytes
}
