import {
  type BigIntStats,
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs'
import type { InputPlace } from '../progress/index.js'

/** Reports at which the input is looked for. ffmpeg has opened it before its first. */
const LOOKS = 3
/** Of a script that runs ffmpeg, so many of its children and their children are looked at. */
const MOST_PROCESSES = 8

/** Reads `pos` from the text of `/proc/<pid>/fdinfo/<fd>`; null: there is none. */
export function parsePosition(fdinfo: string): number | null {
  const position = /^pos:\s*(\d+)$/m.exec(fdinfo)
  return position ? Number(position[1]) : null
}

// An fdinfo has some 50 bytes, more only with locks, which come last.
const buffer = Buffer.allocUnsafeSlow(256)

/**
 * Tells where an ffmpeg is in its input, from the descriptor that it has open on the file. The descriptor is looked for at
 * the first reports, at 0.1 to 0.2 ms each; its fdinfo stays open, and a read costs some 10 µs. Knows nothing where
 * there is no /proc, where that is closed to us, and of what is no regular file. `close` must be called.
 */
export class InputPlaceMeter {
  readonly #pid: number
  readonly #input: string | number
  #looksLeft: number
  #found: { fdinfo: number; sizeBytes: number } | null = null

  /** `input`: its absolute path, or our descriptor of it; `pid` of ffmpeg or of a script that runs it. */
  constructor(pid: number | undefined, input: string | number | null) {
    this.#pid = pid ?? 0
    this.#input = input ?? ''
    this.#looksLeft = pid === undefined || input === null || process.platform !== 'linux' ? 0 : LOOKS
  }

  /** Null: not known. */
  read(): InputPlace | null {
    try {
      if (this.#found === null) this.#look()
      if (this.#found === null) return null
      const { fdinfo, sizeBytes } = this.#found
      const bytes = parsePosition(buffer.toString('latin1', 0, readSync(fdinfo, buffer, 0, buffer.length, 0)))
      return bytes === null ? null : { bytes, sizeBytes }
    } catch {
      return null // it has just ended, or is not ours to look at
    }
  }

  /** The process has ended, or there is none. */
  close(): void {
    this.#looksLeft = 0
    if (this.#found !== null) closeSync(this.#found.fdinfo)
    this.#found = null
  }

  #look(): void {
    if (this.#looksLeft === 0) return
    this.#looksLeft -= 1
    const input = this.#input
    const file = typeof input === 'string' ? statSync(input, { bigint: true }) : fstatSync(input, { bigint: true })
    if (!file.isFile()) return
    for (const pid of family(this.#pid)) {
      const descriptor = descriptorOf(pid, file)
      if (descriptor === null) continue
      this.#found = { fdinfo: openSync(`/proc/${pid}/fdinfo/${descriptor}`, 'r'), sizeBytes: Number(file.size) }
      return
    }
  }
}

/** By the file itself: it may be reached through links, and have other names in a namespace. */
function descriptorOf(pid: number, file: BigIntStats): string | null {
  const isFile = (descriptor: string) => {
    const open = statSync(`/proc/${pid}/fd/${descriptor}`, { bigint: true, throwIfNoEntry: false })
    return open?.ino === file.ino && open.dev === file.dev
  }
  return readdirSync(`/proc/${pid}/fd`).find(isFile) ?? null
}

/** The process, then what it has started. */
function family(pid: number): number[] {
  const pids = [pid]
  for (let i = 0; i < pids.length && pids.length < MOST_PROCESSES; i++) pids.push(...childrenOf(pids[i]!))
  return pids.slice(0, MOST_PROCESSES)
}

/** None where the kernel does not list them. */
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}
