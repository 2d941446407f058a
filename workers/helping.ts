/** What slots do that have nothing else to do: parts of films that other attempts of the fleet offer. ADR 49. */
import { createHash } from 'node:crypto'
import type { FfmpegResult } from '../src/ffmpeg/index.js'
import type { Pass } from '../src/plan/index.js'
import { ProgressEstimator } from '../src/progress/index.js'
import type { Helper, MadePart, OfferedPart, WorkerQueue } from '../src/queue/index.js'
import { AttemptStopped, type JobContext, type StopReason, type WorkerContext } from './context.js'
import { endedPass, inBrief } from './pass-report.js'
import { redactor } from './redactor.js'
import { EncodeFailed } from './stages/encode.js'
import { closeInputs, type FetchedInput, fetchInputs, linkInputs } from './stages/fetch.js'
import { makePart, nameOf, sharePart } from './stages/parts.js'
import { runPass } from './stages/run-pass.js'

/** What two workers have alike that make the same of a part: a hash. Where it lies is the same for all of a fleet. */
export function kinOf({ capabilities }: Pick<WorkerContext, 'capabilities'>): string {
  return createHash('sha256')
    .update(JSON.stringify([capabilities.build]))
    .digest('hex')
    .slice(0, 16)
}

/** The worker whose helper works in a folder of this name, such as a job has; null: it is a job's. */
export function workerOfFolder(name: string): string | null {
  return /^helper-(.+)-\d+$/.exec(name)?.[1] ?? null
}

/** How long the input of a film is held open for its next part. */
const HELD_MS = 5_000

/** Nothing is wrong with the part, or with who would make it: nobody waits for it, or it would not be the same here. */
class NotMade extends Error {
  override readonly name = 'NotMade'
}

type Options = {
  context: WorkerContext
  queue: Pick<WorkerQueue, 'openHelper' | 'openJob'>
  kin: string
  /** Of this worker, from 0. */
  slot: number
}

/** A job whose input is open here. */
type Film = { jobId: string; context: JobContext; inputs: FetchedInput[] }

/** What one slot makes while it runs no job. */
export class Helping {
  readonly #context: WorkerContext
  readonly #queue: Pick<WorkerQueue, 'openJob'>
  readonly #folderId: string
  readonly #helper: Helper
  /** Why it takes no parts now. */
  readonly #pauses = new Set<'busy' | 'off'>()
  #film: Film | null = null
  #closing: NodeJS.Timeout | undefined
  #left: Promise<void> = Promise.resolve()
  #current: { jobId: string; stop(reason: StopReason): void } | null = null

  constructor({ context, queue, kin, slot }: Options) {
    const { workerId, config, log } = context
    this.#context = context
    this.#queue = queue
    this.#folderId = `helper-${workerId}-${slot + 1}`
    this.#helper = queue.openHelper({
      kin,
      name: `${workerId}/${slot + 1}/helper`,
      lockDurationMs: config.lockDurationMs,
      stalledCheckMs: config.stalledCheckMs,
      make: (part, lost, onProgress) => this.#take(part, lost, onProgress),
      onError: (error) => log.warn({ err: error }, 'helper'),
    })
  }

  /** The slot runs a job: whatever it helps with is handed back at once, and it takes no other until that is over. */
  async aside<T>(run: () => Promise<T>): Promise<T> {
    this.#pause('busy')
    this.#current?.stop({ kind: 'released' })
    try {
      return await run()
    } finally {
      this.#resume('busy')
    }
  }

  /** Nobody waits for parts of that job any more. */
  cancelled(jobId: string): void {
    if (this.#current?.jobId === jobId) this.#current.stop({ kind: 'cancelled' })
  }

  async pause(): Promise<void> {
    this.#pause('off')
  }

  resume(): void {
    this.#resume('off')
  }

  async close(): Promise<void> {
    this.#pause('off')
    this.#current?.stop({ kind: 'released' })
    await this.#helper.close()
    await this.#leaveFilm()
  }

  #pause(why: 'busy' | 'off'): void {
    if (this.#pauses.size === 0) void this.#helper.pause()
    this.#pauses.add(why)
  }

  #resume(why: 'busy' | 'off'): void {
    if (this.#pauses.delete(why) && this.#pauses.size === 0) this.#helper.resume()
  }

  /** Null: handed back. */
  async #take(part: OfferedPart, lost: AbortSignal, onProgress: (fraction: number) => void): Promise<MadePart | null> {
    if (this.#pauses.size > 0) return null
    clearTimeout(this.#closing)
    const stopper = new AbortController()
    const stop = (reason: StopReason) => stopper.abort(new AttemptStopped(reason))
    lost.addEventListener('abort', () => stop({ kind: 'lost' }), { once: true })
    this.#current = { jobId: part.jobId, stop }
    try {
      return await this.#make(part, { signal: stopper.signal, stop, onProgress })
    } catch (error) {
      const { reason } = stopper.signal
      if (reason instanceof AttemptStopped && reason.reason.kind === 'released') return null
      if (!(error instanceof NotMade)) {
        this.#context.log.warn({ err: error, job: part.jobId, part: part.label }, 'a part for another worker failed')
      }
      throw error
    } finally {
      this.#current = null
      if (this.#pauses.size > 0) void this.#leaveFilm()
      else this.#closing = setTimeout(() => void this.#leaveFilm(), HELD_MS)
    }
  }

  async #make(
    offered: OfferedPart,
    {
      signal,
      stop,
      onProgress,
    }: Pick<JobContext, 'signal'> & { stop(reason: StopReason): void; onProgress(fraction: number): void },
  ): Promise<MadePart> {
    const film = await this.#filmOf(offered.jobId, signal)
    const context = { ...film.context, signal, stop, logFile: null }
    const [input] = film.inputs as [FetchedInput, ...FetchedInput[]]
    const { label, args, times, isExact, tracks } = offered
    const plan = { label, expectedUs: null, expectedFrames: times.length, weight: 1 }
    const pass: Pass = { label, args: [...args], wholeInput: null, plan, part: { times, isExact, tracks } }
    if ((await nameOf(context, input, pass)) !== offered.name) {
      // It may be that of another file by now.
      await this.#leaveFilm()
      throw new NotMade('its input is another one here')
    }
    const encode = async (): Promise<FfmpegResult> => {
      const result = await runPass(context, film.inputs, pass, {
        estimator: new ProgressEstimator([plan]),
        index: 0,
        devices: [],
        onEstimate: ({ percent }) => onProgress((percent ?? 0) / 100),
      })
      signal.throwIfAborted()
      if (!result.ok) throw new EncodeFailed(result, pass)
      return result
    }
    const part = { pass, name: offered.name }
    const { result } = await makePart(context, input, part, encode)
    await sharePart(context, part, signal)
    const { workerId, host, capabilities } = context
    const redact = redactor(context.config, context.folder)
    const report = result && inBrief(endedPass(label, capabilities.version, result, redact))
    return { worker: workerId, host, pass: report }
  }

  /** The film of a job, whose input stays open for its next part. */
  async #filmOf(jobId: string, signal: AbortSignal): Promise<Film> {
    const job = await this.#queue.openJob(jobId)
    if (job === null) throw new NotMade('its job has ended')
    if (this.#film?.jobId === jobId) return this.#film
    await this.#leaveFilm()
    const { storage, log } = this.#context
    const { request, sources } = job
    const folder = storage.scratch.path(this.#folderId, 1)
    const context = { ...this.#context, log: log.child({ job: jobId }), jobId, request, sources, folder, signal }
    const inputs = await fetchInputs(context)
    try {
      await storage.scratch.create(this.#folderId, 1)
      await linkInputs(context, inputs)
    } catch (error) {
      await closeInputs(inputs)
      await storage.scratch.remove(this.#folderId, 1)
      throw error
    }
    this.#film = { jobId, context, inputs }
    return this.#film
  }

  #leaveFilm(): Promise<void> {
    clearTimeout(this.#closing)
    const film = this.#film
    this.#film = null
    if (film !== null) this.#left = this.#close(film.inputs)
    return this.#left
  }

  async #close(inputs: readonly FetchedInput[]): Promise<void> {
    const { storage, log } = this.#context
    await closeInputs(inputs)
    await storage.scratch
      .remove(this.#folderId, 1)
      .catch((error) => log.warn({ err: error }, 'the folder of a helper could not be removed'))
  }
}
