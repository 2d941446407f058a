/**
 * Parts of films that were encoded and proved, each under a name that follows from all that its bytes rest on: in
 * `<scratch root>/.ffleet/parts`, beside the attempts, where no ffmpeg of theirs sees them. Where the hosts of a fleet have no folder in
 * common, a shelf has those that one of them made for the others.
 */
import { randomUUID } from 'node:crypto'
import { open, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolders } from './folders.js'
import { SCRATCH_FOLDER, safeJobId, systemCode } from './names.js'
import type { PublishedFile } from './output-store.js'
import { openPublished } from './published.js'
import { writeError } from './write-error.js'

/** Those go that nobody asked for in so many ms, and, where they take more bytes than that, the oldest of the others. */
export type PartLimits = { keepMs: number; maxBytes: number }

export type PartStore = {
  /**
   * Where the part of that name is; null: it is kept nowhere. It stays for another hour at least.
   *
   * @throws FfleetError when the shelf does not answer; for a minute from then on, only this host is looked at.
   */
  find(name: string, signal?: AbortSignal): Promise<string | null>
  /** Moves a file there, lasting, and gives its place. @throws FfleetError DISK_FULL, OUTPUT_NOT_WRITABLE. */
  keep(name: string, path: string): Promise<string>
  /** Has what is kept here found by other hosts. @throws FfleetError of the bucket or the API. */
  share(name: string, signal?: AbortSignal): Promise<void>
  /** What is kept here. @throws FfleetError NOT_FOUND. */
  open(name: string): Promise<PublishedFile>
  /** Of what is kept here. */
  sweep(limits: PartLimits): Promise<void>
  /** Of what all hosts find, by when it was put there. */
  sweepShared(limits: PartLimits): Promise<void>
}

/** Where the hosts of a fleet find what others made. */
export type PartShelf = {
  /** Writes it to a file that is not there yet; false: there is none, or not what was sent. */
  fetch(name: string, path: string, signal?: AbortSignal): Promise<boolean>
  send(name: string, path: string, signal?: AbortSignal): Promise<void>
  sweep(limits: PartLimits): Promise<void>
}

/** What a running job may need is asked for more often. */
const NEEDED_MS = 60 * 60 * 1000
/** Without the shelf it takes longer, and comes to the same. */
const AWAY_MS = 60 * 1000

/** In the folder `.ffleet` of a root, see `scratchRootOf`; `shelf` null: all hosts see that folder. */
export function openParts(root: string, shelf: PartShelf | null = null): PartStore {
  const folder = join(root, SCRATCH_FOLDER, 'parts')
  const fileOf = (name: string) => `${safeJobId(name)}.mp4`
  const placeOf = (name: string) => join(folder, fileOf(name))
  let awayUntilMs = 0

  async function kept(): Promise<KeptPart[]> {
    const names = await readdir(folder).catch(unlessMissing<string[]>([]))
    const found = await Promise.all(
      names.map(async (name) => {
        const facts = await stat(join(folder, name)).catch(unlessMissing(null))
        return facts === null ? [] : [{ name, bytes: facts.size, modifiedMs: facts.mtimeMs }]
      }),
    )
    return found.flat()
  }

  async function fetched(from: PartShelf, name: string, signal?: AbortSignal): Promise<string | null> {
    // Swept with the parts, should this be the end of it.
    const path = join(folder, `${randomUUID()}.part`)
    try {
      await makeFolders(folder, 0o700)
      if (!(await from.fetch(name, path, signal))) return null
      await rename(path, placeOf(name))
      return placeOf(name)
    } catch (error) {
      signal?.throwIfAborted()
      awayUntilMs = performance.now() + AWAY_MS
      throw writeError(error, 'A part of the output cannot be fetched')
    } finally {
      await rm(path, { force: true })
    }
  }

  return {
    async find(name, signal) {
      const path = placeOf(name)
      const now = new Date()
      const isHere = await utimes(path, now, now).then(() => true, unlessMissing(false))
      if (isHere) return path
      return shelf === null || performance.now() < awayUntilMs ? null : fetched(shelf, name, signal)
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
    share: async (name, signal) => shelf?.send(name, placeOf(name), signal),
    open: (name) => openPublished(folder, fileOf(name), null),
    async sweep(limits) {
      for (const { name } of overLimits(await kept(), limits)) await rm(join(folder, name), { force: true })
    },
    sweepShared: async (limits) => shelf?.sweep(limits),
  }
}

export type KeptPart = { name: string; bytes: number; modifiedMs: number }

/** Those of all that are to go. */
export function overLimits(parts: readonly KeptPart[], { keepMs, maxBytes }: PartLimits): KeptPart[] {
  const nowMs = Date.now()
  let bytes = parts.reduce((sum, part) => sum + part.bytes, 0)
  return parts
    .toSorted((a, b) => a.modifiedMs - b.modifiedMs)
    .filter((part) => {
      const ageMs = nowMs - part.modifiedMs
      if (ageMs <= keepMs && (bytes <= maxBytes || ageMs <= NEEDED_MS)) return false
      bytes -= part.bytes
      return true
    })
}

/** What there is in the place of a file that is not there. */
const unlessMissing =
  <T>(otherwise: T) =>
  (error: unknown): T => {
    if (systemCode(error) === 'ENOENT') return otherwise
    throw error
  }
