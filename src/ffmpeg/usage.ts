import { readFileSync } from 'node:fs'

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

/**
 * Gathers the usage of one ffmpeg: sampled from /proc at each report, because a failed or killed ffmpeg prints no
 * `bench:` lines, and from those lines where they came. Every figure only grows, so the largest seen is the truest.
 */
export class UsageMeter {
  readonly #pid: number | undefined
  readonly #inheritedBytes: number
  #usage: Usage = { cpuUserMs: null, cpuSystemMs: null, maxRssBytes: null }
  #closed = false

  /** To be made right after the spawn. */
  constructor(pid: number | undefined, inheritedBytes = process.resourceUsage().maxRSS * 1_024) {
    this.#pid = pid
    this.#inheritedBytes = inheritedBytes
  }

  get usage(): Usage {
    return this.#usage
  }

  /** Takes a sample, where there is a /proc; some 30 µs. */
  sample(): void {
    if (this.#pid === undefined || this.#closed || process.platform !== 'linux') return
    try {
      const [stat, status] = ['stat', 'status'].map((name) => readFileSync(`/proc/${this.#pid}/${name}`, 'utf8'))
      this.#add(parseProc(stat!, status!))
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

  /** From here on the pid may belong to somebody else. */
  close(): void {
    this.#closed = true
  }

  #add(seen: Partial<Usage>): void {
    this.#usage = {
      cpuUserMs: larger(this.#usage.cpuUserMs, seen.cpuUserMs),
      cpuSystemMs: larger(this.#usage.cpuSystemMs, seen.cpuSystemMs),
      maxRssBytes: larger(this.#usage.maxRssBytes, seen.maxRssBytes),
    }
  }
}

function larger(a: number | null, b: number | null | undefined): number | null {
  return a === null ? (b ?? null) : Math.max(a, b ?? a)
}
