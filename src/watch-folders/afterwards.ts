/** What becomes of an input once its job has completed. */
import { link, lstat, mkdir, open, rename, unlink } from 'node:fs/promises'
import { join, posix } from 'node:path'
import type { WatchRule } from '../contract/index.js'
import type { FileRecord } from '../queue/index.js'
import { systemCode } from '../storage/names.js'
import { folderOf } from './claims.js'

/** There are no more names to try behind this one. */
const LAST_NUMBER = 1_000

/**
 * Moves or deletes the input, if it still is the file that the job was made of; may be repeated after a crash. Gives a sentence about
 * it; null where there is nothing to say.
 */
export async function putAway(
  mediaRoot: string,
  rule: WatchRule | undefined,
  path: string,
  record: Pick<FileRecord, 'bytes' | 'modifiedMs'>,
): Promise<string | null> {
  const { afterwards = 'keep', moveTo = '' } = rule ?? {}
  if (afterwards === 'keep') return null
  const from = join(mediaRoot, path)
  const word = afterwards === 'move' ? 'moved' : 'deleted'
  try {
    const facts = await lstat(from).catch((error) => {
      if (systemCode(error) === 'ENOENT') return null
      throw error
    })
    if (facts === null) return `It is not there any more: it was ${word}, or somebody took it away.`
    if (!facts.isFile() || facts.size !== record.bytes || Math.floor(facts.mtimeMs) !== record.modifiedMs) {
      return `It was not ${word}, because it has changed since its job was made.`
    }
    if (afterwards === 'delete') {
      await unlink(from)
      return 'It was deleted.'
    }
    const below = posix.relative(folderOf(rule!.folder) || '.', path)
    return `It was moved to ${await move(mediaRoot, path, posix.join(folderOf(moveTo), below))}.`
  } catch (error) {
    return `It could not be ${word} (${systemCode(error) ?? 'unknown'}).`
  }
}

/** To that path, or a free one near it; what stands there is never replaced. */
async function move(mediaRoot: string, path: string, target: string): Promise<string> {
  const { dir, name, ext } = posix.parse(target)
  await mkdir(join(mediaRoot, dir), { recursive: true })
  for (let n = 1; n < LAST_NUMBER; n++) {
    const place = n === 1 ? target : posix.join(dir, `${name}-${n}${ext}`)
    if (await moved(join(mediaRoot, path), join(mediaRoot, place))) return place
  }
  throw Object.assign(new Error('no free name'), { code: 'EEXIST' })
}

async function moved(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
  } catch (error) {
    const code = systemCode(error)
    if (code === 'EEXIST') {
      // A second name of it, where the former try ended in between.
      const [a, b] = await Promise.all([lstat(from), lstat(to)])
      if (a.ino !== b.ino || a.dev !== b.dev) return false
    } else if (code === 'EPERM' || code === 'ENOTSUP' || code === 'ENOSYS' || code === 'EMLINK') {
      return renamed(from, to)
    } else throw error
  }
  await unlink(from)
  return true
}

/** Where files can not have two names: the name is taken first, so that nothing of another one's is replaced. */
async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await (await open(to, 'wx')).close()
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  }
  await rename(from, to).catch(async (error) => {
    await unlink(to).catch(() => {})
    throw error
  })
  return true
}
