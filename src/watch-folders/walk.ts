/** The files that rules look at, a folder at a time. */
import { lstat, opendir } from 'node:fs/promises'
import { join, posix } from 'node:path'
import type { WatchRule } from '../contract/index.js'
import { systemCode } from '../storage/names.js'
import { folderOf, isBelow, looksInto } from './claims.js'
import type { SeenFile } from './settle.js'

export type FoundFile = SeenFile & { path: string; device: number }
type Visit = {
  /** Some files of a folder, at most `BATCH`. */
  onFiles(files: FoundFile[]): Promise<void>
  /** Before a folder is read. */
  onFolder?(folder: string): void
  /** It could not be read; those around it go on. */
  onFault?(folder: string, code: string): void
  signal?: AbortSignal
}

const BATCH = 200
const TEMPORARY = new Set(['ENOENT', 'ENOTDIR'])

/** Null for what is no file, such as a pipe, or not there. */
export async function lookAt(mediaRoot: string, path: string): Promise<FoundFile | null> {
  const facts = await lstat(join(mediaRoot, path)).catch(() => null)
  if (facts === null || !(facts.isFile() || facts.isSymbolicLink())) return null
  return {
    path,
    bytes: facts.size,
    modifiedMs: Math.floor(facts.mtimeMs),
    inode: facts.ino,
    device: facts.dev,
    isLink: facts.isSymbolicLink(),
  }
}

export async function isFolder(mediaRoot: string, path: string): Promise<boolean> {
  const facts = await lstat(join(mediaRoot, path)).catch(() => null)
  return facts?.isDirectory() ?? false
}

/** The folders to begin at: those of the rules, but for the ones that are reached from another. */
export function beginnings(rules: readonly WatchRule[]): string[] {
  const folders = [...new Set(rules.map(({ folder }) => folderOf(folder)))]
  const isReached = (folder: string) =>
    rules.some((rule) => rule.recursive && folderOf(rule.folder) !== folder && looksInto(rule, folder))
  return folders.filter((folder) => !isReached(folder))
}

/** Walks a folder, and those inside it that a rule looks into; links are not followed. */
export async function walk(mediaRoot: string, rules: readonly WatchRule[], start: string, visit: Visit): Promise<void> {
  const folders = [start]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    visit.signal?.throwIfAborted()
    visit.onFolder?.(folder)
    try {
      for await (const { files, inside } of read(mediaRoot, folder)) {
        visit.signal?.throwIfAborted()
        const leads = (path: string) =>
          rules.some((rule) => rule.recursive && isBelow(folderOf(rule.folder), path) && looksInto(rule, path))
        folders.push(...inside.filter(leads))
        await visit.onFiles(files)
      }
    } catch (error) {
      const code = systemCode(error)
      if (code === null || (error as NodeJS.ErrnoException).syscall === undefined) throw error
      // One inside may go away at any time; that of a rule may not.
      if (folder === start || !TEMPORARY.has(code)) visit.onFault?.(folder, code)
    }
  }
}

async function* read(mediaRoot: string, folder: string): AsyncGenerator<{ files: FoundFile[]; inside: string[] }> {
  let [names, inside]: [string[], string[]] = [[], []]
  const looked = async () => {
    const found = await Promise.all(names.map((name) => lookAt(mediaRoot, posix.join(folder, name))))
    return { files: found.filter((file) => file !== null), inside }
  }
  for await (const entry of await opendir(join(mediaRoot, folder))) {
    if (entry.isDirectory()) {
      if (!entry.name.startsWith('.')) inside.push(posix.join(folder, entry.name))
    } else names.push(entry.name)
    if (names.length + inside.length < BATCH) continue
    yield await looked()
    ;[names, inside] = [[], []]
  }
  yield await looked()
}
