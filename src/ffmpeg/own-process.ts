import type { Enclosure } from './enclosure.js'
import { killFirstWithoutMemory } from './oom-score.js'

/** ffmpeg itself, in what was spawned for it. */
export class OwnProcess {
  readonly #spawned: number
  readonly #enclosure: Enclosure
  #pid: number | null = null

  /** To be made right after the spawn. */
  constructor(spawned: number, enclosure: Enclosure) {
    this.#spawned = spawned
    this.#enclosure = enclosure
    // What it starts inherits that.
    killFirstWithoutMemory(spawned)
  }

  /** Null until what encloses it has started it. */
  get pid(): number | null {
    if (this.#pid !== null) return this.#pid
    this.#pid = this.#enclosure.find(this.#spawned)
    if (this.#pid !== null && this.#pid !== this.#spawned) killFirstWithoutMemory(this.#pid)
    return this.#pid
  }
}
