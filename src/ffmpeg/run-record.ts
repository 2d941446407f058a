import { resolve } from 'node:path'
import { parseLogLine } from '../contract/log-line.js'
import {
  type Estimate,
  ProgressEstimator,
  type ReportBlock,
  ReportParser,
  Timeline,
  timelineRow,
} from '../progress/index.js'
import { InputPlaceMeter } from './input-place.js'
import { Listeners } from './listeners.js'
import { LogDigest } from './log-digest.js'
import { LogFile } from './log-file.js'
import { LogSplitter } from './log-lines.js'
import { Newest } from './newest.js'
import type { OwnProcess } from './own-process.js'
import type { FfmpegResult, RunOptions } from './run-types.js'
import { UsageMeter } from './usage.js'

const LOG_TAIL_LINES = 200
const MIN_SAMPLE_MS = 50

/** ffmpeg has written the media and now moves the index to the front, about which it reports nothing until the end. */
const MOVES_INDEX = 'Starting second pass: moving the moov atom'

// Up to 5.1 ffmpeg can end with exit code 0 and a last block `end` though the disk filled up under the trailer.
const WRITE_ERROR = /(?:Error writing trailer|Error closing file|av_interleaved_write_frame\(\))/

/** The part of the result that is read from the pipes. */
export type Recorded = Pick<
  FfmpegResult,
  | 'sawEnd'
  | 'blocks'
  | 'lastBlock'
  | 'warnings'
  | 'errors'
  | 'logTail'
  | 'logBytes'
  | 'logFile'
  | 'usage'
  | 'timeline'
  | 'listenerError'
>

/** What is read from one run: its report on stdout, its log on stderr. Everything here is quick, bounded and never throws. */
export class RunRecord {
  readonly estimates = new Newest<Estimate>()
  readonly listeners = new Listeners()
  readonly startedMs = performance.now()
  /** ffmpeg said that it could not write something. */
  sawWriteError = false
  readonly #options: RunOptions
  readonly #estimator: ProgressEstimator
  readonly #usage: UsageMeter
  readonly #inputPlace: InputPlaceMeter
  readonly #parser = new ReportParser()
  readonly #timeline = new Timeline()
  readonly #splitter = new LogSplitter()
  readonly #digest: LogDigest
  readonly #logFile: LogFile | null
  #blocks = 0
  #lastBlock: ReportBlock | null = null
  #lastReportMs = this.startedMs
  #logBytes = 0

  /** To be made right after the spawn; without `spawned` there is no process. */
  constructor(options: RunOptions, spawned: { pid: number; own: OwnProcess } | null) {
    this.#options = options
    this.#usage = new UsageMeter(() => spawned?.own.pid ?? null)
    const { cwd = '', wholeInput = null } = options
    const input = typeof wholeInput === 'string' ? resolve(cwd, wholeInput) : (wholeInput?.descriptor ?? null)
    this.#inputPlace = new InputPlaceMeter(spawned?.pid, input)
    this.#digest = new LogDigest(Math.max(1, options.logTailLines ?? LOG_TAIL_LINES))
    this.#logFile =
      options.logFile === undefined ? null : new LogFile(options.logFile, { maxBytes: options.maxLogBytes })
    if (options.pass) {
      this.#estimator = options.pass.estimator
      this.#estimator.startPass(options.pass.index, this.startedMs)
    } else {
      const { label = 'encode', expectedUs = null, expectedFrames = null } = options.plan ?? {}
      this.#estimator = new ProgressEstimator([{ label, expectedUs, expectedFrames, weight: 1 }])
    }
  }

  /** A chunk of stdout. */
  pushReport(chunk: Uint8Array): void {
    this.listeners.call(this.#options.onBytes, chunk)
    for (const block of this.#parser.push(chunk)) this.#take(block)
  }

  /** A chunk of stderr. */
  pushLog(chunk: Uint8Array): void {
    this.#logBytes += chunk.byteLength
    this.#logFile?.write(chunk)
    for (const raw of this.#splitter.push(chunk)) this.#takeLine(raw)
  }

  /** To be called once a report period: while no report comes, time goes on all the same. */
  tick(periodMs: number): void {
    this.#usage.sample()
    const now = performance.now()
    if (now - this.#lastReportMs > 1.5 * periodMs) this.estimates.publish(this.#estimator.tick(now))
  }

  /** Takes a last sample, before a kill. */
  sampleUsage(): void {
    this.#usage.sample()
  }

  /** The pid is nobody's from here on; its pipes may still hold something. */
  processExited(): void {
    this.#usage.close()
    this.#inputPlace.close()
  }

  /** Both pipes are at their ends. */
  async close(): Promise<Recorded> {
    for (const block of this.#parser.end()) this.#take(block)
    for (const raw of this.#splitter.end()) this.#takeLine(raw)
    this.estimates.close()
    return {
      sawEnd: this.#lastBlock?.end ?? false,
      blocks: this.#blocks,
      lastBlock: this.#lastBlock,
      warnings: this.#digest.warnings,
      errors: this.#digest.errors,
      logTail: this.#digest.tail,
      logBytes: this.#logBytes,
      logFile: (await this.#logFile?.close()) ?? null,
      usage: this.#usage.usage,
      timeline: [...this.#timeline.rows],
      listenerError: this.listeners.firstError,
    }
  }

  #take(block: ReportBlock): void {
    const now = performance.now()
    // Not for every one of a flood of reports; but the last one is the last chance.
    const looks = block.end || now - this.#lastReportMs > MIN_SAMPLE_MS
    if (looks) this.#usage.sample()
    const place = looks ? this.#inputPlace.read() : null
    this.#blocks += 1
    this.#lastBlock = block
    this.#lastReportMs = now
    const estimate = this.#estimator.push(block, now, place)
    this.#timeline.push(timelineRow(Math.round(now - this.startedMs), estimate))
    this.listeners.call(this.#options.onBlock, block)
    this.estimates.publish(estimate)
  }

  #takeLine(raw: string): void {
    const line = parseLogLine(raw)
    this.#digest.push(raw, line)
    this.#usage.read(line.text)
    this.sawWriteError ||= line.level === 'error' && WRITE_ERROR.test(line.text)
    if (line.text.includes(MOVES_INDEX)) {
      this.#estimator.finishing()
      this.listeners.call(this.#options.onFinishing, undefined)
    }
    this.listeners.call(this.#options.onLog, line)
  }
}
