/** Files that people send, whole or not yet, under `<data folder>/uploads/<id>`. */
import { open, readdir, realpath, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { FfleetError } from '../contract/index.js'
import type { DirectUploads } from './bucket/direct-uploads.js'
import { holdCopy } from './bucket/held.js'
import { makeFolders } from './folders.js'
import { inputFile, type OpenInput } from './inputs.js'
import { readManifest } from './manifest.js'
import { systemCode } from './names.js'
import { openInside } from './open-inside.js'

const ID = /^[0-9A-HJKMNP-TV-Z]{26}$/

export type UploadStore = {
  readonly folder: string
  /** Files that go straight to the bucket of the outputs; null where those lie in none. */
  readonly direct: DirectUploads | null
  /** The folder, there by then. */
  prepare(): Promise<void>
  /** Holds a whole file open, wherever it was sent to. @throws FfleetError INPUT_NOT_FOUND */
  open(id: string): Promise<OpenInput>
  /** Makes a whole file last. Gives its SHA-256, in hex, where that is asked for. */
  seal(id: string, options: { hash: boolean }): Promise<string | null>
  /** Nothing happens where there is none. */
  remove(id: string): Promise<void>
  ids(): Promise<string[]>
  /** What has come of it; null: nothing is there. */
  bytes(id: string): Promise<number | null>
  /** What the disk still takes; more than there can be where that is not known. */
  freeBytes(): Promise<number>
}

/** `direct`: of the bucket; what it gives is copied into `scratchRoot` while it is held. */
export function openUploads(
  dataDir: string,
  { direct, scratchRoot }: { direct: DirectUploads | null; scratchRoot: string },
): UploadStore {
  const folder = join(dataDir, 'uploads')
  const place = (id: string) => {
    if (!ID.test(id)) throw missing(id)
    return join(folder, id)
  }
  return {
    folder,
    direct,
    async prepare() {
      await makeFolders(folder, 0o700)
    },
    async open(id) {
      try {
        const root = await realpath(folder)
        const path = join(root, id)
        place(id)
        const file = await openInside(root, path, (stats) => {
          if (!stats.isFile()) throw missing(id)
        })
        return { ...inputFile(await file.stat(), path), descriptor: file.fd, close: () => file.close() }
      } catch (error) {
        if (systemCode(error) !== 'ENOENT') throw error
        const sent = await direct?.open(id)
        if (!sent) throw missing(id)
        return holdCopy(scratchRoot, sent, '')
      }
    },
    async seal(id, { hash }) {
      if (hash) return (await readManifest(place(id), { sync: true })).sha256
      const file = await open(place(id), 'r+')
      await file.sync().finally(() => file.close())
      return null
    },
    remove: (id) => rm(place(id), { force: true }),
    async ids() {
      const names = await readdir(folder).catch(() => [])
      return names.filter((name) => ID.test(name))
    },
    async bytes(id) {
      return (await stat(place(id)).catch(() => null))?.size ?? null
    },
    async freeBytes() {
      const stats = await statfs(folder).catch(() => null)
      return stats === null ? Number.MAX_SAFE_INTEGER : stats.bavail * stats.bsize
    },
  }
}

function missing(id: string): FfleetError {
  return new FfleetError('INPUT_NOT_FOUND', `Upload ${id.slice(0, 26)} is not there any more.`)
}
