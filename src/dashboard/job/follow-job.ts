/** One job, from its first event on, and kept true. */
import { signal } from '@preact/signals'
import { FfleetApiError } from '../../client/index.js'
import { isTerminalEvent } from '../../contract/events.js'
import type { FleetEvent, Job, JobEvent, Report } from '../../contract/index.js'
import { isTerminal } from '../../contract/states.js'
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

export class JobFollower {
  readonly id: string
  readonly job = signal<Job | null>(null)
  readonly report = signal<Report | null>(null)
  readonly attempts = signal<Attempt[]>([])
  readonly said = signal<Said[]>([])
  /** Live ones; those of passes that are over stand in the report. */
  readonly samples = signal<Sample[]>([])
  readonly problem = signal<Error | null>(null)
  readonly live = signal(false)
  /** By `performance.now()`. */
  readonly heardMs = signal<number | null>(null)
  readonly #stop = new AbortController()
  #lastId: string | undefined
  #leave: (() => void) | null = null
  #wake: (() => void) | null = null

  constructor(id: string) {
    this.id = id
    void this.#follow()
  }

  close(): void {
    this.#stop.abort()
    this.#leave?.()
    this.#wake?.()
  }

  /** After something was asked of the server that no event tells at once. */
  take(job: Job): void {
    this.job.value = job
    this.#wake?.()
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop
    this.#leave = await listenToFleet({ onEvents: (events) => this.#retried(events) })
    while (!signal.aborted) {
      try {
        await this.#followOnce()
        this.problem.value = null
      } catch (error) {
        if (signal.aborted) return
        this.live.value = false
        this.problem.value = error as Error
        // It was removed, or never was: nothing will come.
        if (error instanceof FfleetApiError && error.status === 404) return
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
        continue
      }
      // It has ended; somebody may run it again.
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        if (this.job.value !== null && !isTerminal(this.job.value.state)) resolve()
      })
      this.#wake = null
    }
  }

  async #followOnce(): Promise<void> {
    const { signal } = this.#stop
    this.job.value = await client.get(this.id, { signal })
    await this.#readReport()
    const options = {
      after: this.#lastId,
      signal,
      onConnect: () => {
        this.live.value = true
        this.problem.value = null
      },
      onDisconnect: () => {
        this.live.value = false
      },
    }
    for await (const event of client.events(this.id, options)) this.#take(event)
    await this.#readReport()
  }

  async #readReport(): Promise<void> {
    try {
      const report = await client.report(this.id, { signal: this.#stop.signal })
      this.report.value = report
      this.attempts.value = attemptsOf(report, this.attempts.value)
      const toldUntil = samplesOf(report).at(-1)?.atMs ?? 0
      this.samples.value = this.samples.value.filter(({ atMs }) => atMs > toldUntil)
    } catch {
      // There is none before the first attempt; whatever else is wrong, the events tell of the job.
    }
  }

  #take(event: JobEvent): void {
    this.#lastId = event.id
    this.heardMs.value = performance.now()
    const { value: was } = this.job
    if (was !== null) this.job.value = applyEvent(was, event)
    const { value: is } = this.job
    if (is !== null && was !== null && is.state !== was.state) announce(words.value.nowIs(is.input.uri, is.state))
    this.attempts.value = addStep(this.attempts.value, event)
    if (event.type === 'progress') this.#sample(event)
    if (event.type === 'log') {
      const { attempt, level, text } = event
      this.said.value = [...this.said.value.slice(-MOST_SAID + 1), { attempt, level, text }]
    }
    if (event.type === 'attempt.failed' || event.type === 'output.ready' || isTerminalEvent(event)) {
      void this.#readReport()
    }
  }

  #sample({ progress, at }: Extract<JobEvent, { type: 'progress' }>): void {
    if (progress.phase !== 'encoding' && progress.phase !== 'finalizing') return
    const [quality = null] = Object.values(progress.quality)
    this.samples.value = [
      ...this.samples.value.slice(-MOST_SAMPLES + 1),
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

  #retried(events: FleetEvent[]): void {
    for (const event of events) {
      if (event.type !== 'job.queued' || event.jobId !== this.id || this.#wake === null) continue
      const { value: job } = this.job
      if (job !== null) this.job.value = applyEvent(job, event)
      this.#wake()
    }
  }
}
