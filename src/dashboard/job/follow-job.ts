/** One job, from its first event on, and kept true. */
import { signal } from '@preact/signals'
import { sleep } from '../../client/abort.js'
import { FfleetApiError } from '../../client/index.js'
import { isTerminalEvent } from '../../contract/events.js'
import type { FleetEvent, Job, JobEvent, Report } from '../../contract/index.js'
import { inputName } from '../../contract/input-name.js'
import { applyEvent } from '../live/apply-event.js'
import { listenToFleet } from '../live/fleet-stream.js'
import { client } from '../live/server.js'
import { announce } from '../shell/announcer.js'
import { words } from '../words/texts.js'
import { type Sample, samplesOf } from './samples.js'
import { type Attempt, addStep, attemptsOf } from './steps.js'

/** A warning or error of ffmpeg, as it came. */
export type Said = { attempt: number; level: 'warning' | 'error'; text: string }

/** At two a second, an hour; older ones are in the report once their pass is over. */
const MOST_SAMPLES = 7_200
const MOST_SAID = 500
const AGAIN_MS = 2_000
/** A history comes all at once; it is drawn once. */
const BATCH_MS = 80
/** By then the followers of a job that ended have been told, unless there are thousands. */
const FREED_MS = 1_000

export class JobFollower {
  readonly id: string
  readonly job = signal<Job | null>(null)
  readonly report = signal<Report | null>(null)
  readonly attempts = signal<Attempt[]>([])
  readonly said = signal<Said[]>([])
  /** Live ones; those of passes that are over stand in the report. */
  readonly samples = signal<Sample[]>([])
  readonly problem = signal<Error | null>(null)
  /** By `performance.now()`. */
  readonly heardMs = signal<number | null>(null)
  readonly #stop = new AbortController()
  /** A browser has few connections to a server: tabs that are not seen go without their own, and hear the fleet's. */
  #stream = new AbortController()
  #batch: JobEvent[] = []
  /** The report tells all samples up to then. */
  #toldUntilMs = 0
  #lastId: string | undefined
  #wake: (() => void) | null = null

  constructor(id: string) {
    this.id = id
    const { signal } = this.#stop
    const onAgain = () => this.#wake?.()
    void listenToFleet({ onEvents: (events) => this.#hear(events), onAgain }).then((leave) => {
      if (signal.aborted) leave()
      else signal.addEventListener('abort', leave)
    })
    const onSight = () => (document.hidden ? this.#stream.abort() : this.#wake?.())
    document.addEventListener('visibilitychange', onSight, { signal })
    void this.#follow()
  }

  close(): void {
    this.#stop.abort()
    this.#stream.abort()
    this.#wake?.()
  }

  /** After something was asked of the server that no event tells at once. */
  take(job: Job): void {
    this.job.value = job
    this.#wake?.()
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      try {
        await this.#followOnce()
        this.problem.value = null
      } catch (error) {
        if (signal.aborted) return
        if (!this.#stream.signal.aborted) {
          this.problem.value = error as Error
          // It was removed, or never was: nothing will come.
          if (error instanceof FfleetApiError && error.status === 404) return
          await sleep(AGAIN_MS)
          continue
        }
      }
      // It has ended, and somebody may run it again; or nobody sees it.
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        if (!document.hidden && this.job.value?.finishedAt == null) resolve()
      })
      this.#wake = null
    }
  }

  async #followOnce(): Promise<void> {
    this.#stream = new AbortController()
    const { signal } = this.#stream
    this.job.value = await client.get(this.id, { signal })
    await this.#readReport()
    const options = {
      after: this.#lastId,
      signal,
      onConnect: () => {
        this.problem.value = null
      },
    }
    if (document.hidden) return
    for await (const event of client.events(this.id, options)) {
      this.#lastId = event.id
      if (this.#batch.push(event) === 1) setTimeout(() => this.#flush(), BATCH_MS)
    }
    this.#flush()
    await this.#readReport()
  }

  async #readReport(): Promise<void> {
    try {
      const report = await client.report(this.id, { signal: this.#stop.signal })
      this.report.value = report
      this.attempts.value = attemptsOf(report, this.attempts.value)
      this.#toldUntilMs = samplesOf(report).at(-1)?.atMs ?? 0
      this.samples.value = this.#untold(this.samples.value)
    } catch {
      // There is none before the first attempt; whatever else is wrong, the events tell of the job.
    }
  }

  #flush(): void {
    const events = this.#batch
    this.#batch = []
    if (events.length === 0 || this.#stop.signal.aborted) return
    this.#apply(events)
    this.attempts.value = events.reduce(addStep, this.attempts.value)
    const samples = events.flatMap((event) => (event.type === 'progress' ? sampleOf(event) : []))
    if (samples.length > 0) this.samples.value = [...this.samples.value, ...this.#untold(samples)].slice(-MOST_SAMPLES)
    const said = events.filter((event) => event.type === 'log')
    if (said.length > 0) this.said.value = [...this.said.value, ...said].slice(-MOST_SAID)
    if (events.some((event) => event.type === 'attempt.failed' || event.type === 'output.ready'))
      void this.#readReport()
  }

  #untold(samples: Sample[]): Sample[] {
    return samples.filter(({ atMs }) => atMs > this.#toldUntilMs)
  }

  #apply(events: FleetEvent[]): void {
    this.heardMs.value = performance.now()
    const { value: was } = this.job
    if (was === null) return
    const is = events.reduce(applyEvent, was)
    this.job.value = is
    if (is.state !== was.state) announce(words.value.nowIs(inputName(is.input), is.state))
  }

  /** What the fleet tells of this job while no stream of its own does. */
  #hear(events: FleetEvent[]): void {
    const { value: job } = this.job
    const gone = events.some((event) => event.type === 'worker.left' && event.worker === job?.worker)
    if (gone && job?.state === 'active') void this.#askAgain()
    const awaited = events.some((event) => isTerminalEvent(event) && job?.after?.includes(event.jobId))
    if (awaited && job?.waitsFor === 'job') void this.#untilFree()
    if (this.#wake === null) return
    const own = events.filter((event) => 'jobId' in event && event.jobId === this.id)
    if (own.length === 0) return
    this.#apply(own)
    if (!document.hidden && this.job.value?.finishedAt == null) this.#wake()
  }

  /** A job that it waited for has ended; no event tells that it is in the queue now. */
  async #untilFree(): Promise<void> {
    await sleep(FREED_MS)
    const told = await client.get(this.id, { signal: this.#stop.signal }).catch(() => null)
    if (told?.state === 'queued' && this.job.value?.state === 'queued') this.job.value = told
  }

  /** A worker that ends hands its jobs back without a word of them. */
  async #askAgain(): Promise<void> {
    const told = await client.get(this.id, { signal: this.#stop.signal }).catch(() => null)
    const { value: job } = this.job
    if (told?.state === 'queued' && job?.state === 'active' && told.attempt === job.attempt) this.job.value = told
  }
}

function sampleOf({ progress, at }: Extract<JobEvent, { type: 'progress' }>): Sample[] {
  if (progress.phase !== 'encoding' && progress.phase !== 'finalizing') return []
  const [quality = null] = Object.values(progress.quality)
  return [
    {
      atMs: Date.parse(at),
      attempt: progress.attempt,
      pass: progress.pass.index,
      outTimeUs: progress.outTimeUs,
      speed: progress.speed,
      fps: progress.fps,
      bitrate: progress.bitrate,
      bytes: progress.bytesWritten,
      quality,
    },
  ]
}
