/**
 * Parts of films that were encoded and proved, each under a name that follows from all that its bytes rest on: in
 * `<scratch root>/.ffleet/parts`, beside the attempts, where no ffmpeg of theirs sees them.
 */
import { open, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolders } from './folders.js'
import { SCRATCH_FOLDER, safeJobId, systemCode } from './names.js'
import { writeError } from './write-error.js'

export type PartStore = {
  /** Where the part of that name is; null: it is not kept. It stays for another hour at least. */
  find(name: string): Promise<string | null>
  /** Moves a file there, lasting, and gives its place. @throws FfleetError DISK_FULL, OUTPUT_NOT_WRITABLE. */
  keep(name: string, path: string): Promise<string>
  /** Removes those that nobody asked for in so many ms, and, where they take more bytes than that, the oldest of the others. */
  sweep(limits: { keepMs: number; maxBytes: number }): Promise<void>
}

/** What a running job may need is asked for more often. */
const NEEDED_MS = 60 * 60 * 1000

/** In the folder `.ffleet` of a root; see `scratchRootOf`. */
export function openParts(root: string): PartStore {
  const folder = join(root, SCRATCH_FOLDER, 'parts')
  const placeOf = (name: string) => join(folder, `${safeJobId(name)}.mp4`)

  async function kept(): Promise<{ path: string; bytes: number; ageMs: number }[]> {
    const names = await readdir(folder).catch(unlessMissing<string[]>([]))
    const found = await Promise.all(
      names.map(async (name) => {
        const path = join(folder, name)
        const facts = await stat(path).catch(unlessMissing(null))
        return facts === null ? [] : [{ path, bytes: facts.size, ageMs: Date.now() - facts.mtimeMs }]
      }),
    )
    return found.flat().sort((a, b) => b.ageMs - a.ageMs)
  }

  return {
    async find(name) {
      const path = placeOf(name)
      const now = new Date()
      const isThere = await utimes(path, now, now).then(() => true, unlessMissing(false))
      return isThere ? path : null
    },
    async keep(name, path) {
      const place = placeOf(name)
      try {
        await makeFolders(folder, 0o700)
        const file = await open(path, 'r+')
        await file.sync().finally(() => file.close())
        await rename(path, place)
        return place
      } catch (error) {
        throw writeError(error, 'A part of the output cannot be kept')
      }
    },
    async sweep({ keepMs, maxBytes }) {
      const parts = await kept()
      let bytes = parts.reduce((sum, part) => sum + part.bytes, 0)
      for (const part of parts) {
        if (part.ageMs <= keepMs && (bytes <= maxBytes || part.ageMs <= NEEDED_MS)) continue
        await rm(part.path, { force: true })
        bytes -= part.bytes
      }
    },
  }
}

/** What there is in the place of a file that is not there. */
const unlessMissing =
  <T>(otherwise: T) =>
  (error: unknown): T => {
    if (systemCode(error) === 'ENOENT') return otherwise
    throw error
  }
