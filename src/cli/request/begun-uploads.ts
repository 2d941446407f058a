/** Uploads that commands of this user have begun: who sends the same file again, because a command was killed or its job refused, goes on with it. */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { userFolder } from '../../config/user-folder.js'
import { isRunning, markOf, type ProcessMark } from '../../process-mark.js'

/** What is noted of one; nobody can send or read anything by it. */
type Note = { uploadId: string; process: ProcessMark }

export type BegunUpload = {
  /** What was begun by a command that runs no more; null where there is none. */
  former: string | null
  /** This command has begun it. What cannot be noted is sent anew by the next. */
  note(uploadId: string): void
  /** A job has it, or it was removed. */
  forget(): Promise<void>
}

/** No server keeps one for longer, unless it is told to. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1000

/** The upload of a file, as it is now, to a server. */
export async function begunUpload(baseUrl: string, path: string): Promise<BegunUpload> {
  const folder = join(userFolder(), 'uploads')
  const { size, mtimeMs } = await stat(path)
  const file = createHash('sha256')
    .update(JSON.stringify([baseUrl, resolve(path), size, mtimeMs]))
    .digest('hex')
  const own = join(folder, `${file}.${process.pid}`)
  const write = async (note: Note) => {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(own, JSON.stringify(note), { mode: 0o600 })
  }
  let noted: Promise<unknown> = Promise.resolve()
  return {
    former: await takeFormer(folder, file, own),
    note(uploadId) {
      noted = write({ uploadId, process: markOf(process.pid) }).catch(() => {})
    },
    async forget() {
      await noted
      await rm(own, { force: true })
    },
  }
}

/** Exactly one takes over what a process left that is gone. */
async function takeFormer(folder: string, file: string, own: string): Promise<string | null> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name)
    try {
      if (Date.now() - (await stat(path)).mtimeMs > KEPT_MS) await rm(path)
      else if (name.startsWith(file)) {
        const { uploadId, process } = JSON.parse(await readFile(path, 'utf8')) as Note
        if (isRunning(process)) continue
        await rename(path, own)
        return uploadId
      }
    } catch {
      // Another one was faster, or it was cut off as it was written.
    }
  }
  return null
}
