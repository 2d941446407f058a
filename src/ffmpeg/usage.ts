import { closeSync, openSync, readSync } from 'node:fs'

/** What an ffmpeg used up: CPU time and the most memory it ever held. Null where the system does not tell. */
export type Usage = { cpuUserMs: number | null; cpuSystemMs: number | null; maxRssBytes: number | null }

// /proc counts CPU time in USER_HZ, which is 100 on every architecture Node runs on.
const MS_PER_TICK = 10

/** Reads one of the `bench:` lines that `-benchmark` prints at the end (`kB` up to 5.1, `KiB` later); null for any other line. */
export function parseBenchLine(text: string): Partial<Usage> | null {
  const time = /^bench: utime=(\d+(?:\.\d+)?)s stime=(\d+(?:\.\d+)?)s/.exec(text)
  if (time) return { cpuUserMs: Math.round(Number(time[1]) * 1_000), cpuSystemMs: Math.round(Number(time[2]) * 1_000) }
  const memory = /^bench: maxrss=(\d+)(?:kB|KiB)/.exec(text)
  return memory ? { maxRssBytes: Number(memory[1]) * 1_024 } : null
}

/** Reads `/proc/<pid>/stat` and `/proc/<pid>/status`. */
export function parseProc(stat: string, status: string): Usage {
  // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = (index: number) => (/^\d+$/.test(fields[index] ?? '') ? Number(fields[index]) * MS_PER_TICK : null)
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(status)
  return { cpuUserMs: ticks(11), cpuSystemMs: ticks(12), maxRssBytes: peak ? Number(peak[1]) * 1_024 : null }
}

// What /proc tells of one process: 350 bytes of `stat`, 1,500 of `status`.
const buffer = Buffer.allocUnsafeSlow(4_096)

/**
 * Gathers the usage of one ffmpeg: sampled from /proc at each report, because a failed or killed ffmpeg prints no
 * `bench:` lines, and from those lines where they came. Every figure only grows, so the largest seen is the truest.
 *
 * The files of /proc stay open in between, which halves what a sample costs; opened while the process lives, they never
 * speak of another one that is given its pid. `close` must be called.
 */
export class UsageMeter {
  readonly #inheritedBytes: number
  #find: () => number | null
  #files: { stat: number; status: number } | null
  #usage: Usage = { cpuUserMs: null, cpuSystemMs: null, maxRssBytes: null }

  /** To be made right after the spawn. `find` gives ffmpeg's pid, null as long as there is none; asked until there is. */
  constructor(find: () => number | null, inheritedBytes = process.resourceUsage().maxRSS * 1_024) {
    this.#inheritedBytes = inheritedBytes
    this.#find = process.platform === 'linux' ? find : nobody
    this.#files = this.#open()
  }

  get usage(): Usage {
    return this.#usage
  }

  /** Takes a sample, where there is a /proc; some 30 µs. */
  sample(): void {
    this.#files ??= this.#open()
    if (this.#files === null) return
    try {
      this.#add(parseProc(readAnew(this.#files.stat), readAnew(this.#files.status)))
    } catch {} // it has just ended
  }

  /** Looks for a `bench:` line. */
  read(text: string): void {
    if (!text.startsWith('bench: ')) return
    const seen = parseBenchLine(text)
    // A process inherits the peak of the one that spawned it (getrusage keeps it over exec), so that a small ffmpeg
    // under a large worker reports the worker's: only a figure beyond that is ffmpeg's own.
    if (seen?.maxRssBytes !== undefined && seen.maxRssBytes! <= this.#inheritedBytes) return
    if (seen) this.#add(seen)
  }

  /** The process has ended, or there is none. */
  close(): void {
    this.#find = nobody
    if (this.#files === null) return
    closeSync(this.#files.stat)
    closeSync(this.#files.status)
    this.#files = null
  }

  #open(): { stat: number; status: number } | null {
    const pid = this.#find()
    return pid === null ? null : openProc(pid)
  }

  #add(seen: Partial<Usage>): void {
    this.#usage = {
      cpuUserMs: larger(this.#usage.cpuUserMs, seen.cpuUserMs),
      cpuSystemMs: larger(this.#usage.cpuSystemMs, seen.cpuSystemMs),
      maxRssBytes: larger(this.#usage.maxRssBytes, seen.maxRssBytes),
    }
  }
}

const nobody = () => null

function openProc(pid: number): { stat: number; status: number } | null {
  const opened: number[] = []
  try {
    for (const name of ['stat', 'status']) opened.push(openSync(`/proc/${pid}/${name}`, 'r'))
    return { stat: opened[0]!, status: opened[1]! }
  } catch {
    for (const file of opened) closeSync(file)
    return null
  }
}

/** The kernel makes the text anew at each read from the beginning. */
function readAnew(file: number): string {
  return buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0))
}

function larger(a: number | null, b: number | null | undefined): number | null {
  return a === null ? (b ?? null) : Math.max(a, b ?? a)
}
