import type { TimelineRow } from '../contract/index.js'
import type { LogLine } from '../contract/log-line.js'
import type { Estimate, PassPlan, ProgressEstimator, ReportBlock } from '../progress/index.js'
import type { Enclosure, HeldFile, View } from './enclosure.js'
import type { LogFileResult } from './log-file.js'
import type { Usage } from './usage.js'

export type RunOptions = {
  /** Program to run: a path, or a name that is looked up in PATH. Default `ffmpeg`. */
  ffmpeg?: string
  /** Working folder; default that of this process. */
  cwd?: string
  /** Added to the environment of this process; undefined takes a variable out. */
  env?: Record<string, string | undefined>
  /** Milliseconds between reports, default 500. Null leaves `-stats_period` out, which ffmpeg before 4.4 does not know. */
  statsPeriodMs?: number | null
  /** What the output is expected to be, for percent and ETA; unknown without it. Not together with `pass`. */
  plan?: Partial<Pick<PassPlan, 'label' | 'expectedUs' | 'expectedFrames'>>
  /**
   * This run is pass `index` (from 0) of several that share an estimator, which `runFfmpeg` tells that the pass starts.
   * Its clock is `performance.now()`.
   */
  pass?: { estimator: ProgressEstimator; index: number }
  /**
   * Path of the input, or the open file, where this run reads one file, all of it, from front to back. Its place there tells how far it is
   * where `plan` does not know or is wrong. Linux only; it changes nothing elsewhere.
   */
  wholeInput?: string | HeldFile
  /**
   * Read by ffmpeg as `pipe:0`, and no faster than it does. Should it fail before its end, ffmpeg is killed, which would take that for the end of its
   * input. Default: nothing.
   */
  stdin?: AsyncIterable<Uint8Array>
  /** Aborting it is `stop()`. Aborted already: nothing is spawned, and the run ends as `stopped`. */
  signal?: AbortSignal
  /** Time between SIGTERM and SIGKILL. Default one report period and 5,000 ms. */
  graceMs?: number
  /** The whole log is appended to this file; its folder must be there. */
  logFile?: string
  /** Bytes of the log file, default 64 MiB; then one line says that the rest was not kept. */
  maxLogBytes?: number
  /** Lines of `logTail`, default 200. */
  logTailLines?: number
  /** How ffmpeg is enclosed. Default: the kernel kills it when this process dies, where `setpriv` can do it. */
  enclosure?: Enclosure
  /** Files that it reads, folders that it writes to: what it sees in an enclosure that shows nothing else. */
  view?: Omit<View, 'cwd'>
  /** Called with the pid of what was spawned, which leads a process group of its own: ffmpeg, or what encloses it. */
  onSpawn?(pid: number): void
  /** Called with every block of the report. */
  onBlock?(block: ReportBlock): void
  /** Called with every line of the log. */
  onLog?(line: LogLine): void
  /** Called when ffmpeg begins to move an MP4's index to the front (`+faststart`): no report comes until that is done. */
  onFinishing?(): void
  /** Called with the report's bytes as they came. */
  onBytes?(chunk: Uint8Array): void
}

export type FfmpegResult = {
  /**
   * Exit code 0, a last block `end` and no word of a failed write. Necessary for success, not sufficient: the output has
   * yet to be verified.
   */
  ok: boolean
  /** By itself or by somebody else's signal; by our SIGTERM; by our SIGKILL; never began. */
  ended: 'exited' | 'stopped' | 'killed' | 'spawn-failed'
  /** Null when a signal ended it, or when it never began. */
  exitCode: number | null
  /** The signal that ended it. */
  signal: string | null
  /** Whether the last block of the report was `progress=end`. */
  sawEnd: boolean
  /** How many blocks the report had. */
  blocks: number
  /** Null when there was no report. */
  lastBlock: ReportBlock | null
  /** ffmpeg's arguments as they were passed, its name not among them. Nothing is redacted. */
  argv: string[]
  /** Each kind of warning or error line once, with its count: `[h264] missing picture (×12)`. At most 101 of each. */
  warnings: string[]
  errors: string[]
  /** The last lines of the log, as ffmpeg wrote them. */
  logTail: string[]
  /** Bytes of the whole log. */
  logBytes: number
  /** What came of `logFile`; null without one. */
  logFile: LogFileResult | null
  /** CPU time and memory. */
  usage: Usage
  /** Processes the kernel killed for want of memory in our control group meanwhile; read only when ffmpeg died by a SIGKILL that was not ours, else null. */
  oomKills: number | null
  /** Memory limit of our control group, read in the same case. */
  memoryLimitBytes: number | null
  /** From spawn to exit. */
  wallMs: number
  /** Columns as in `TIMELINE_COLUMNS`. */
  timeline: TimelineRow[]
  /** Why it could not be spawned; names host paths. */
  error: string | null
  /** What the first callback that threw said. It had no other effect. */
  listenerError: string | null
}

/**
 * One running ffmpeg. Iterating gives the newest estimate of its progress, at every report and while reports fail to
 * come: a slow reader skips some and never holds ffmpeg up, and leaving the loop does not stop it.
 */
export interface FfmpegRun extends AsyncIterable<Estimate> {
  /** Of what was spawned, which leads a process group of its own: ffmpeg, or what encloses it. Undefined when nothing was. */
  readonly pid: number | undefined
  /** ffmpeg's arguments as they are passed. */
  readonly argv: string[]
  /** Never rejects. Resolves once ffmpeg has exited, its pipes are read to their ends and the log file is written. */
  readonly result: Promise<FfmpegResult>
  /** One SIGTERM, so that ffmpeg finishes its file; after the grace SIGKILL. */
  stop(): void
  /** SIGKILL for the whole process group, at once. */
  kill(): void
}
