import type { Config } from '../src/config/index.js'
import type { JobOutput, NormalizedJob, Phase, Playable } from '../src/contract/index.js'
import type { Capabilities, FfmpegResult } from '../src/ffmpeg/index.js'
import type { Font } from '../src/fonts/index.js'
import type { Logger } from '../src/log/index.js'
import type { Prober } from '../src/probe/index.js'
import { type Estimate, FetchProgress, ProgressEstimator } from '../src/progress/index.js'
import {
  type Attempt,
  AttemptLostError,
  type AttemptStart,
  type Outbox,
  type PartOffers,
  type Run,
} from '../src/queue/index.js'
import type { RemoteStore } from '../src/remote/index.js'
import type { Spool } from '../src/spool/index.js'
import type { RootIds, WorkerStorage } from '../src/storage/index.js'
import type { AttemptReporter } from './attempt-report.js'
import type { Hardware, HardwareHold } from './hardware/index.js'
import { AttemptHooks, type WorkerHooks } from './hooks.js'
import type { AttemptObserver } from './observer.js'

/** Why an attempt stops before its end. */
export type StopReason =
  /** Somebody asked to cancel the job. */
  | { kind: 'cancelled' }
  /** The worker drains and hands the job back. */
  | { kind: 'released' }
  /** The lock is gone, or another attempt has begun: nothing of this one counts. */
  | { kind: 'lost' }
  /** A limit was reached, or something that is made beside ffmpeg went wrong. */
  | { kind: 'limit'; error: Error }

/** What a stage throws when the attempt was stopped; `reason` decides how the attempt ends. */
export class AttemptStopped extends Error {
  override readonly name = 'AttemptStopped'
  constructor(readonly reason: StopReason) {
    super(`stopped: ${reason.kind}`)
  }
}

/** What every attempt of this worker shares. */
export type WorkerContext = {
  readonly workerId: string
  readonly host: string
  /** As this worker sees them. */
  readonly rootIds: RootIds
  readonly config: Config
  readonly capabilities: Capabilities
  readonly prober: Prober
  readonly storage: WorkerStorage
  /** For inputs that lie elsewhere. */
  readonly spool: Spool
  /** For what is small and stays in memory. */
  readonly remote: Pick<RemoteStore, 'open'>
  readonly hardware: Hardware
  /** That text is drawn with. */
  readonly font: Font
  readonly log: Logger
  readonly observer: AttemptObserver
  /** Where parts of films are offered to others; null: this worker makes all by itself. */
  readonly partOffers: PartOffers | null
  /** Of the service that embeds this worker. */
  readonly workerHooks: WorkerHooks
}

/** A job on this worker, whether it is attempted or only looked at. */
export type JobContext = WorkerContext & {
  /** Null: it is only looked at. */
  readonly jobId: string | null
  readonly request: NormalizedJob
  /** What is known of outputs of other jobs that are inputs of this one, by `job:<id>/<output>`. */
  readonly sources: AttemptStart['sources']
  /** Where ffmpeg works; gone when the job was looked at, or the attempt ends. That of an attempt is on the filesystem of the outputs. */
  readonly folder: string
  /** Aborted with an AttemptStopped where it is attempted. */
  readonly signal: AbortSignal
}

/** One attempt, as its stages see it. */
export type AttemptContext = JobContext & {
  readonly jobId: string
  readonly attempt: Attempt
  readonly outbox: Outbox
  readonly report: AttemptReporter
  readonly hooks: AttemptHooks
  /** Sessions of hardware encoders. */
  readonly hardwareHold: HardwareHold
  /** Outputs that stand at their paths, whichever attempt made them. */
  readonly published: Map<string, JobOutput>
  /** Of outputs that are to be played while they are encoded: since when they can be; null: not yet, or not any more. */
  readonly playable: Map<string, Playable | null>
  /** When it began, by `performance.now()`. */
  readonly begunMs: number
  /** Set while the folder holds outputs that are verified and not published: then it outlives the attempt. */
  keepFolder: boolean
  /** Where ffmpeg's whole log goes; null where that cannot be written. */
  readonly logFile: string | null
  /** What the newest ffmpeg process left behind. */
  lastResult: FfmpegResult | null
  /** How many log lines became events. */
  logEvents: number
  /** Stops the attempt; the first reason counts. */
  stop(reason: StopReason): void
  phase(phase: Phase): void
  /** Nothing is done yet but to get the inputs. */
  isFetching(): boolean
  progress(estimate: Estimate): void
  /** How it stands with the parts of an output, as snapshots say it from now on. */
  parts(signs: string): void
  /** So many bytes of inputs that lie elsewhere are here, of so many; `total` null: not known. */
  fetching(fetched: number, total: number | null): void
  /** The attempt has used so much more; null where the system does not tell. */
  spend(usage: Pick<FfmpegResult['usage'], 'cpuUserMs' | 'cpuSystemMs'>): void
  /** Takes folders of this host out of text that people will read. */
  redact(text: string): string
  /** Waits for Redis, but no longer than the lock lasts: then it throws AttemptLostError. */
  told<T>(answer: Promise<T>): Promise<T>
}

type Opening = {
  worker: WorkerContext
  run: Run
  start: AttemptStart
  attempt: Attempt
  outbox: Outbox
  report: AttemptReporter
  redact: (text: string) => string
  logFile: string | null
  folder: string
  signal: AbortSignal
  stop: (reason: StopReason) => void
}

/** How often BullMQ's own record of the job is refreshed while nothing changes its phase. */
const SHOWN_EVERY_MS = 5_000

/** What the stages of one attempt share. */
export function openContext(opening: Opening): AttemptContext {
  const { worker, run, start, attempt, outbox } = opening
  const begunMs = performance.now()
  let phase: Phase | null = null
  let shownMs = Number.NEGATIVE_INFINITY
  let latest: Estimate | null = null
  let highest: number | null = null
  let parts: string | null = null
  let cpuMs = 0
  const fetch = new FetchProgress()

  function show(): void {
    shownMs = performance.now()
    run.showProgress({ progress: latest?.percent ?? null, phase: phase ?? 'fetching', speed: latest?.speed ?? null })
  }

  function tell(next: Estimate): void {
    if (next.percent !== null) highest = Math.max(highest ?? 0, next.percent)
    const estimate = { ...next, percent: highest }
    latest = estimate
    if (highest !== null) worker.observer.progressed(run.jobId, highest)
    outbox.progress({
      ...estimate,
      at: new Date().toISOString(),
      attempt: attempt.number,
      phase: phase ?? 'encoding',
      ...(parts !== null && { parts }),
      ...fetch.figures,
    })
    if (performance.now() - shownMs >= SHOWN_EVERY_MS) show()
  }

  const lost = new Promise<never>((_, reject) => {
    run.lockLost.addEventListener('abort', () => reject(new AttemptLostError('its lock is gone')), { once: true })
  })
  lost.catch(() => {})

  const { signal } = opening
  const { request } = start
  const published = new Map(start.published)
  const { jobId } = run
  const { address } = worker.storage.outputs
  const log = worker.log.child({ job: jobId, attempt: attempt.number })
  const hooked = { jobId, number: attempt.number, request, signal, address, published, log }
  return {
    ...worker,
    log,
    hooks: new AttemptHooks(worker.workerHooks, hooked),
    published,
    playable: new Map(),
    begunMs,
    jobId,
    request,
    sources: start.sources,
    attempt,
    outbox,
    hardwareHold: worker.hardware.open(),
    report: opening.report,
    folder: opening.folder,
    keepFolder: false,
    logFile: opening.logFile,
    lastResult: null,
    logEvents: 0,
    signal,
    stop: opening.stop,
    redact: opening.redact,
    told: (answer) => Promise.race([answer, lost]),
    spend({ cpuUserMs, cpuSystemMs }) {
      if (cpuUserMs === null && cpuSystemMs === null) return
      cpuMs += (cpuUserMs ?? 0) + (cpuSystemMs ?? 0)
      const spent = cpuMs
      outbox.post((number) => attempt.used(number, spent))
    },
    isFetching: () => phase === null || phase === 'fetching',
    phase(next) {
      if (next === phase) return
      phase = next
      outbox.post((number) => attempt.phase(number, next))
      show()
    },
    progress(next) {
      // A part that is made again, without a stream that can't be decoded, does not take the attempt back.
      tell({ ...next, percent: fetch.after(next.percent) })
    },
    parts(signs) {
      parts = signs
    },
    fetching(fetched, total) {
      const estimate = fetch.push(fetched, total, performance.now())
      // Beside an encode it is told of with that.
      if (phase === 'fetching') tell({ ...new ProgressEstimator([]).latest, ...estimate })
    },
  }
}

/** Throws what stopped the attempt, if anything did. */
export function throwIfStopped(signal: AbortSignal): void {
  if (signal.aborted) throw signal.reason
}
