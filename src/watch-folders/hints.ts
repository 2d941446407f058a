/**
 * What the system tells of changes in folders. It only hurries: a hint that does not come is made up for by the next walk, so what
 * a system does not tell, as of folders on the network, is no fault.
 */
import { type FSWatcher, watch } from 'node:fs'
import { join, posix } from 'node:path'

/** Each takes memory of the kernel; folders beyond are walked alone. */
const MOST_FOLDERS = 1_000
/** More than this at once are left to a walk. */
const MOST_PATHS = 2_000

export class Hints {
  readonly #mediaRoot: string
  readonly #onHint: () => void
  readonly #watchers = new Map<string, FSWatcher>()
  #paths = new Set<string>()
  #isWalkNeeded = false

  constructor(mediaRoot: string, onHint: () => void) {
    this.#mediaRoot = mediaRoot
    this.#onHint = onHint
  }

  /** Listens to a folder from now on. */
  listen(folder: string): void {
    if (this.#watchers.has(folder) || this.#watchers.size >= MOST_FOLDERS) return
    try {
      const watcher = watch(join(this.#mediaRoot, folder), { persistent: false }, (_event, name) => {
        this.#add(name === null ? null : posix.join(folder, name))
      })
      watcher.on('error', () => this.#forget(folder))
      this.#watchers.set(folder, watcher)
    } catch {
      // It went away, or the system has no more watches to give.
    }
  }

  /** What may have changed since the last call; `walk`: that is not known one by one. */
  take(): { paths: string[]; walk: boolean } {
    const taken = { paths: [...this.#paths], walk: this.#isWalkNeeded }
    this.#paths = new Set()
    this.#isWalkNeeded = false
    return taken
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  #add(path: string | null): void {
    if (path === null || this.#paths.size >= MOST_PATHS) this.#isWalkNeeded = true
    else this.#paths.add(path)
    this.#onHint()
  }

  #forget(folder: string): void {
    this.#watchers.get(folder)?.close()
    this.#watchers.delete(folder)
  }
}
