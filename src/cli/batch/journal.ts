/** What a batch knows from one run to the next: a line for each step of each file, so that a kill costs one step at most. */

import { type FileHandle, mkdir, open, readFile, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FolderInUseError, type FolderLock, lockFolder } from '../../queue/embedded/folder-lock.js'
import { CommandError } from '../exit.js'
import type { Mark } from './originals.js'

const JOURNAL = 'journal.ndjson'

/** An output that is verified and lies on this machine, but not yet where it belongs. */
export type Made = { path: string; bytes: number; sha256: string }

export type Outcome =
  /** The output stands beside the original, or where it was asked for. */
  | 'made'
  /** The output stands in the place of the original. */
  | 'replaced'
  /** The original stays as it is. */
  | 'kept'
  | 'failed'

export type End = {
  outcome: Outcome
  /** Why the original stays, or what failed. */
  why: string | null
  /** Of the output; null where there is none. */
  bytes: number | null
  /** Where the output stands; a path of the server where it is there. */
  place: string | null
  /** What stands in the place of an original that was replaced. */
  mark: Mark | null
}

export const failed = (why: string): End => ({ outcome: 'failed', why, bytes: null, place: null, mark: null })

/** Where one file is: sent, then made, then at its end. */
export type Entry = {
  /** Of the original, absolute. */
  path: string
  original: Mark
  jobId: string | null
  made: Made | null
  end: End | null
}

export class Journal {
  readonly #folder: string
  readonly #entries: Map<string, Entry>
  readonly #file: FileHandle
  readonly #lock: FolderLock

  private constructor(folder: string, entries: Map<string, Entry>, file: FileHandle, lock: FolderLock) {
    this.#folder = folder
    this.#entries = entries
    this.#file = file
    this.#lock = lock
  }

  /**
   * Opens that of the batch, or begins it; it is this process's until it is closed.
   *
   * @throws CommandError when another process runs the batch.
   */
  static async open(batchesFolder: string, name: string): Promise<Journal> {
    const folder = join(batchesFolder, name)
    await mkdir(folder, { recursive: true })
    const lock = await lockFolder(folder, '').catch((error) => {
      if (!(error instanceof FolderInUseError)) throw error
      throw new CommandError(`The batch ${name} is running already; --name begins another one.`, { cause: error })
    })
    const path = join(folder, JOURNAL)
    const text = await readFile(path, 'utf8').catch(() => '')
    const file = await open(path, 'a')
    // A line that was cut off must not spoil the next.
    if (text !== '' && !text.endsWith('\n')) await file.appendFile('\n')
    return new Journal(folder, read(text), file, lock)
  }

  get(path: string): Entry | undefined {
    return this.#entries.get(path)
  }

  entries(): Entry[] {
    return [...this.#entries.values()]
  }

  async note(entry: Entry): Promise<void> {
    this.#entries.set(entry.path, entry)
    await this.#file.appendFile(`${JSON.stringify(entry)}\n`)
    // After it files are moved.
    if (entry.made !== null) await this.#file.datasync()
  }

  async close(): Promise<void> {
    await this.#file.close()
    // Nothing came of it.
    if (this.#entries.size === 0) await rm(join(this.#folder, JOURNAL), { force: true })
    await this.#lock.release()
    await rmdir(this.#folder).catch(() => {})
  }
}

function read(text: string): Map<string, Entry> {
  const entries = new Map<string, Entry>()
  for (const line of text.split('\n')) {
    try {
      const entry = JSON.parse(line) as Entry
      entries.set(entry.path, entry)
    } catch {
      // Empty, or cut off as its writer was killed.
    }
  }
  return entries
}
