/** One run of a command on the fleet: from the job to fluent-ffmpeg's events. */
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import type { FfleetClient } from '../client/index.js'
import { isTerminalEvent, type Job, type JobRequest } from '../contract/index.js'
import type { Internals } from './internals.js'
import { LogFollower } from './log-follower.js'
import type { FleetCommand } from './to-request.js'
import { CodecReader, lastWords, progressOf } from './words.js'

/** How a command fails on the fleet: fluent-ffmpeg's message, and beside it what ffleet knows. */
export type FleetError = Error & { code?: string; job?: Job }

type Ended = { error: FleetError | null; stderr: string }

export class FleetRun {
  readonly #command: Internals
  readonly #client: FfleetClient
  #jobId: string | null = null
  #killedBy: string | null = null

  constructor(command: Internals, client: FfleetClient) {
    this.#command = command
    this.#client = client
  }

  /** Asks for the end; before there is a job, as soon as there is one. */
  kill(signal: string): void {
    this.#killedBy ??= signal
    if (this.#jobId !== null) void this.#client.cancel(this.#jobId).catch(() => {})
  }

  /** Runs it; never rejects: `end` or `error` is said once. */
  async run(prepare: () => Promise<FleetCommand>, more: Partial<JobRequest>): Promise<void> {
    try {
      const made = await prepare()
      const { id } = await this.#client.submit({ ...made.request, ...this.#limits(), ...more })
      this.#jobId = id
      if (this.#killedBy !== null) this.kill(this.#killedBy)
      const { error, stderr } = await this.#follow(id, made)
      if (error) this.#say('error', error, '', stderr)
      else this.#say('end', '', stderr)
    } catch (error) {
      this.#say('error', error)
    }
  }

  async #follow(id: string, { argv, fetch }: FleetCommand): Promise<Ended> {
    const log = new LogFollower(this.#client, id, this.#command.options.stdoutLines)
    const codecs = new CodecReader()
    let job: Job | null = null
    let isStarted = false
    let isRead = false
    const listens = () => this.#command.listenerCount('stderr') + this.#command.listenerCount('codecData') > 0
    const read = (line: string) => {
      this.#say('stderr', line)
      const data = isRead ? null : codecs.read(line)
      if (data === null) return
      isRead = true
      this.#say('codecData', ...data)
    }
    for await (const event of this.#client.events(id)) {
      if (event.type === 'attempt.started') {
        if (!isStarted) this.#say('start', `ffmpeg ${argv.join(' ')}`)
        isStarted = true
        log.begin(listens, read)
      } else if (event.type === 'progress') this.#say('progress', progressOf(event.progress))
      else if (isTerminalEvent(event)) job = event.job
    }
    job ??= await this.#client.wait(id)
    const stderr = await log.end()
    if (job.state !== 'completed') return { error: await this.#errorOf(job, stderr), stderr }
    for (const { name, file } of fetch) await this.#fetch(id, name, file)
    return { error: null, stderr }
  }

  /** To a name beside it first: a file is whole, or not there. */
  async #fetch(id: string, name: string, file: string): Promise<void> {
    const part = `${file}.${id}.part`
    await mkdir(dirname(file), { recursive: true })
    try {
      const { stream } = await this.#client.output(id, name)
      await pipeline(Readable.fromWeb(stream as ReadableStream), createWriteStream(part))
      await rename(part, file)
    } finally {
      await rm(part, { force: true })
    }
  }

  async #errorOf(job: Job, stderr: string): Promise<FleetError> {
    const { timeout } = this.#command.options
    if (job.state === 'cancelled')
      return this.#error(`ffmpeg was killed with signal ${this.#killedBy ?? 'SIGKILL'}`, job)
    if (job.error?.code === 'TIMED_OUT' && timeout) return this.#error(`process ran into a timeout (${timeout}s)`, job)
    const report = await this.#client.report(job.id).catch(() => null)
    const code = report?.attempts.at(-1)?.passes.at(-1)?.exitCode
    if (code) return this.#error(`ffmpeg exited with code ${code}: ${lastWords(stderr)}`, job)
    return this.#error(job.error?.detail ?? `The job ended as ${job.state}.`, job)
  }

  #error(message: string, job: Job): FleetError {
    return Object.assign(new Error(message), { job, ...(job.error && { code: job.error.code }) })
  }

  /** fluent-ffmpeg's seconds and niceness; the nicer, the later. */
  #limits(): Pick<JobRequest, 'timeoutMs' | 'priority'> {
    const { timeout, niceness = 0 } = this.#command.options
    return {
      ...(timeout && { timeoutMs: Math.round(timeout * 1_000) }),
      ...(niceness < 0 && { priority: Math.min(100, -niceness * 5) }),
    }
  }

  /** A listener that throws ends the program, as with fluent-ffmpeg, and not the run. */
  #say(event: string, ...args: unknown[]): void {
    try {
      this.#command.emit(event, ...args)
    } catch (error) {
      setImmediate(() => {
        throw error
      })
    }
  }
}
