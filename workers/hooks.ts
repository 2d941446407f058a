/** What a service that embeds a worker does around each attempt. A hook that throws fails the attempt, never the worker. */
import { FfleetError, type JobOutput, type NormalizedJob, shownInput } from '../src/contract/index.js'
import type { Logger } from '../src/log/index.js'
import { outputPath } from '../src/queue/index.js'

/** The attempt that a hook is told of. */
export type HookedAttempt = {
  readonly jobId: string
  /** From 1. */
  readonly attempt: number
  readonly input: { readonly uri: string; readonly startMs: number | null; readonly endMs: number | null }
  /** As they were asked for; paths relative to the output root. */
  readonly outputs: readonly { readonly name: string; readonly preset: string; readonly path: string }[]
  readonly tags: Readonly<Record<string, string>>
  /** Aborted when the attempt is to stop: cancelled, drained, out of time, or taken over by another worker. */
  readonly signal: AbortSignal
}

/** One ffmpeg process of an attempt, that ended well. */
export type HookedPass = {
  readonly label: string
  /** Arguments without the program; paths of this host in them. */
  readonly args: readonly string[]
  /** Milliseconds it ran. */
  readonly wallMs: number
}

/** Where a published output lies. */
export type HookedOutput = {
  readonly name: string
  readonly preset: string
  /** Relative to the output root. */
  readonly path: string
  /** Null where it is not known, as for `sha256` of a folder. */
  readonly bytes: number | null
  readonly durationMs: number | null
  readonly sha256: string | null
  /** Absolute path of the file, or of the folder, on this host; where outputs lie in a bucket, `s3://bucket/key`. */
  readonly file: string
}

/**
 * Each is waited for, and the attempt goes on when it has returned. What one throws fails the attempt with `HOOK_FAILED`,
 * which is tried again; an `AttemptRefused` ends the job. An attempt that is stopped waits for no hook.
 */
export type WorkerHooks = {
  /** Before anything is done, and before the input is looked for. */
  beforeAttempt?(attempt: HookedAttempt): void | Promise<void>
  /** After each ffmpeg process that ended well. */
  afterPass?(attempt: HookedAttempt, pass: HookedPass): void | Promise<void>
  /**
   * When all outputs stand at their paths, before the job is `completed`. Called at least once for each job that completes:
   * again when a worker was lost, or the hook threw, after it.
   */
  afterPublication?(attempt: HookedAttempt, outputs: readonly HookedOutput[]): void | Promise<void>
}

/** Thrown by a hook: the job fails and is not tried again. The message is told to whoever sent the job. */
export class AttemptRefused extends Error {
  override readonly name = 'AttemptRefused'
}

/** What hooks are told of. */
type Hooked = {
  jobId: string
  number: number
  request: NormalizedJob
  signal: AbortSignal
  /** Where an output lies. */
  address: (output: JobOutput) => string
  /** Outputs that stand at their paths. */
  published: ReadonlyMap<string, JobOutput>
  log: Logger
}

/** The hooks of one attempt. */
export class AttemptHooks {
  readonly #hooks: WorkerHooks
  readonly #hooked: Hooked

  constructor(hooks: WorkerHooks, hooked: Hooked) {
    this.#hooks = hooks
    this.#hooked = hooked
  }

  beforeAttempt(): Promise<void> {
    return this.#run('beforeAttempt', (attempt) => this.#hooks.beforeAttempt?.(attempt))
  }

  afterPass(pass: HookedPass): Promise<void> {
    return this.#run('afterPass', (attempt) => this.#hooks.afterPass?.(attempt, pass))
  }

  afterPublication(): Promise<void> {
    return this.#run('afterPublication', (attempt) => {
      const { published, address } = this.#hooked
      const outputs = Array.from(published.values(), (output) => {
        const { name, preset, path, bytes, durationMs, sha256 } = output
        return { name, preset, path, bytes, durationMs, sha256, file: address(output) }
      })
      return this.#hooks.afterPublication?.(attempt, outputs)
    })
  }

  /** @throws FfleetError where the hook threw, the reason of the signal where the attempt was stopped meanwhile. */
  async #run(name: keyof WorkerHooks, call: (attempt: HookedAttempt) => void | Promise<void>): Promise<void> {
    if (this.#hooks[name] === undefined) return
    const { signal, log } = this.#hooked
    try {
      await unlessStopped(signal, async () => call(hookedAttempt(this.#hooked)))
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof AttemptRefused) throw new FfleetError('REFUSED_BY_HOOK', error.message, { cause: error })
      // What it says may not be for whoever sent the job.
      log.error({ err: error, hook: name }, 'a hook failed')
      throw new FfleetError('HOOK_FAILED', `The hook ${name} of the worker's service failed; its log says how.`, {
        cause: error,
      })
    }
  }
}

function hookedAttempt({ jobId, number, request, signal }: Hooked): HookedAttempt {
  const { uri, startMs, endMs } = shownInput(request.input)
  const path = (output: NormalizedJob['outputs'][number]) => outputPath(jobId, output)
  return {
    jobId,
    attempt: number,
    input: { uri, startMs, endMs },
    outputs: request.outputs.map((output) => ({ name: output.name, preset: output.preset, path: path(output) })),
    tags: request.tags,
    signal,
  }
}

async function unlessStopped(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  signal.throwIfAborted()
  let onStop = () => {}
  const stopped = new Promise<never>((_, reject) => {
    onStop = () => reject(signal.reason)
  })
  signal.addEventListener('abort', onStop, { once: true })
  try {
    await Promise.race([work(), stopped])
  } finally {
    signal.removeEventListener('abort', onStop)
  }
}
