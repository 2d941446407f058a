import { Worker } from 'node:worker_threads'
import { FfleetError } from '../contract/index.js'
import type { HeldFile } from '../ffmpeg/index.js'
import type { FileReading, ReaderAnswer, ReaderQuestion } from './reader-thread.js'

const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? './reader-from-source.mjs' : './reader-thread.js',
  import.meta.url,
)

/** Heap of the thread. The sample tables of a day of video need about 300 MB; a hostile table ends the thread. */
const MAX_HEAP_MB = 512

export type ReadOptions = {
  timeoutMs: number
  /** The open file to read in place of what stands at the path. */
  held?: HeldFile | undefined
  signal?: AbortSignal | undefined
  /** Whether mediabunny is to read the file, default true; else it is only looked at. */
  tracks?: boolean
}

/**
 * The thread that looks at media files and reads them with mediabunny. It is started by the first question, answers one
 * after another, and does not keep the process alive while it has none. A question that takes too long, or that the
 * thread dies of, ends the thread; the next one starts a new one.
 */
export class ReaderThread {
  #worker: Worker | null = null
  #turn: Promise<unknown> = Promise.resolve()
  #closed = false

  /**
   * Resolves with null when there was no answer in time, or the thread died of the file.
   *
   * @throws FfleetError INPUT_NOT_FOUND; system errors of a file that can't be opened; the reason of `signal`.
   */
  async read(path: string, options: ReadOptions): Promise<FileReading | null> {
    const { tracks = true, held } = options
    const question = { path, tracks, descriptor: held?.descriptor ?? null }
    const answer = this.#turn.then(() => this.#ask(question, options))
    this.#turn = answer.catch(() => {})
    return await answer
  }

  /** Ends the thread; a question under way resolves with null. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#end()
  }

  async #ask(question: ReaderQuestion, { timeoutMs, signal }: ReadOptions): Promise<FileReading | null> {
    signal?.throwIfAborted()
    if (this.#closed) return null
    this.#worker ??= start()
    const answer = await exchange(this.#worker, question, { timeoutMs, signal })
    // Not waited for: a thread that waits for a disk ends when the disk answers.
    if (answer === null) void this.#end()
    signal?.throwIfAborted()
    if (answer === null || 'facts' in answer) return answer
    const cause = Object.assign(new Error(answer.message), { code: answer.code })
    throw answer.code === 'ENOENT' ? new FfleetError('INPUT_NOT_FOUND', 'The file is gone.', { cause }) : cause
  }

  async #end(): Promise<void> {
    const worker = this.#worker
    this.#worker = null
    await worker?.terminate()
  }
}

function start(): Worker {
  const worker = new Worker(ENTRY, {
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB, maxYoungGenerationSizeMb: 64 },
  })
  worker.on('error', () => {}) // told by `exit`; without a listener it would end the process
  worker.unref()
  return worker
}

/** One question and its answer; null when the thread ended, the time was up or `signal` aborted. */
function exchange(
  worker: Worker,
  question: ReaderQuestion,
  { timeoutMs, signal }: ReadOptions,
): Promise<ReaderAnswer | null> {
  return new Promise((resolve) => {
    const settle = (answer: ReaderAnswer | null) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', giveUp)
      worker.off('message', settle)
      worker.off('exit', giveUp)
      worker.unref()
      resolve(answer)
    }
    const giveUp = () => settle(null)
    const timer = setTimeout(giveUp, timeoutMs)
    signal?.addEventListener('abort', giveUp, { once: true })
    worker.on('message', settle)
    worker.on('exit', giveUp)
    worker.ref()
    worker.postMessage(question)
  })
}
