import type { LogLine } from '../contract/log-line.js'
import { withoutAddress } from './log-lines.js'

const MAX_KINDS = 100

/** Distinct lines with how often each came; lines that differ only in numbers are of one kind. */
class Kinds {
  readonly #kinds = new Map<string, { first: string; count: number }>()
  #others = 0

  push(text: string): void {
    if (text === '') return
    const first = withoutAddress(text)
    const key = first.replaceAll(/\d+/g, '0')
    const kind = this.#kinds.get(key)
    if (kind) kind.count += 1
    else if (this.#kinds.size < MAX_KINDS) this.#kinds.set(key, { first, count: 1 })
    else this.#others += 1
  }

  list(): string[] {
    const lines = [...this.#kinds.values()].map(({ first, count }) => (count > 1 ? `${first} (×${count})` : first))
    return this.#others > 0 ? [...lines, `… and ${this.#others} more`] : lines
  }
}

/**
 * What is kept of a log in memory: the last lines as they were written, and each kind of warning and error once, in the
 * order they first came. Bounded, however much ffmpeg says: a damaged file easily brings a warning per packet.
 */
export class LogDigest {
  readonly #warnings = new Kinds()
  readonly #errors = new Kinds()
  readonly #tail: string[] = []
  readonly #tailLines: number
  #next = 0

  constructor(tailLines: number) {
    this.#tailLines = tailLines
  }

  push(raw: string, line: LogLine): void {
    if (line.level === 'warning') this.#warnings.push(line.text)
    else if (line.level === 'error' || line.level === 'fatal' || line.level === 'panic') this.#errors.push(line.text)
    this.#tail[this.#next] = raw
    this.#next = (this.#next + 1) % this.#tailLines
  }

  get warnings(): string[] {
    return this.#warnings.list()
  }

  get errors(): string[] {
    return this.#errors.list()
  }

  /** Oldest first. */
  get tail(): string[] {
    return this.#tail.length < this.#tailLines
      ? [...this.#tail]
      : [...this.#tail.slice(this.#next), ...this.#tail.slice(0, this.#next)]
  }
}
