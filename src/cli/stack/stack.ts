import { join } from 'node:path'
import type { OpenApiOptions } from '../../api/open-api.js'
import { unlessAborted } from '../../client/abort.js'
import type { Fetch } from '../../client/index.js'
import type { Config } from '../../config/index.js'
import type { Logger } from '../../log/index.js'
import { startEmbeddedRedis } from '../../queue/embedded-redis.js'
import { envOf } from './worker-env.js'
import { startWorkerProcess, type WorkerProcess } from './worker-process.js'

export type StackOptions = {
  /** Without a Redis URL the stack has a Redis of its own in the data folder. */
  config: Config
  /** Worker processes; 0 for a fleet whose workers run elsewhere. */
  workers: number
  log: Logger
  /** Where the workers' log lines go. */
  stderr: { write(chunk: Uint8Array): unknown }
  /** Default: an API of a fleet, with pages. */
  api?: Pick<OpenApiOptions, 'ownRoots' | 'pages'>
  /** Aborts the start. */
  signal?: AbortSignal
}

/** Redis, API and workers, running. */
export type Stack = {
  /** Of the API, such as `http://127.0.0.1:4280`. */
  readonly url: string
  /** Asks the API without a socket. */
  readonly fetch: Fetch
  readonly redisUrl: string
  /** Resolves with the reason when the stack cannot go on; never rejects. */
  readonly gone: Promise<Error>
  /**
   * Ends everything; resolves when nothing of it runs any more. With `drain` the workers finish what they run, without
   * it they hand it back to the queue at once. A second call without `drain` cuts a drain short.
   */
  stop(options: { drain: boolean }): Promise<void>
}

/**
 * Starts the parts and waits until the API answers and every worker is in the fleet. What had started is ended again
 * when something does not start; the error says what.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { log, signal, workers: workerCount } = options
  const closers: (() => Promise<unknown>)[] = []
  let closing: Promise<void> | null = null
  const closeAll = () => {
    closing ??= (async () => {
      for (const close of closers.reverse()) {
        await close().catch((error) => log.error({ err: error }, 'while stopping'))
      }
    })()
    return closing
  }
  const workers: WorkerProcess[] = []
  let gone = new Promise<Error>(() => {})
  try {
    let { config } = options
    if (config.redisUrl === null) {
      const folder = join(config.dataDir, 'redis')
      const onNotice = (text: string) => log.warn(text)
      const redis = await startEmbeddedRedis({ folder, onNotice, ...(signal && { signal }) })
      closers.push(() => redis.stop())
      gone = redis.gone
      config = { ...config, redisUrl: redis.url }
    }
    let workerLost = (_id: string): void => {}
    for (let i = 0; i < workerCount; i++) {
      const { stderr } = options
      workers.push(startWorkerProcess({ env: envOf(config), log, stderr, onLost: (id) => workerLost(id) }))
    }
    closers.push(() => Promise.all(workers.map((worker) => worker.end())))
    // Loaded only now: the workers load their own parts meanwhile, on another core.
    const { startApi } = await import('./start-api.js')
    const api = await startApi(config, log, options.api)
    workerLost = (id) =>
      api.workerLost(id).catch((error) => log.warn({ err: error, worker: id }, 'its jobs wait for its locks'))
    // Before the workers in the order of ending: whoever watches a job sees how a drain ends it.
    closers.splice(-1, 0, api.close)
    const ready = () => Promise.all(workers.map((worker) => worker.ready))
    await (signal ? unlessAborted(signal, ready) : ready())
    return {
      url: api.url,
      fetch: api.fetch,
      redisUrl: config.redisUrl!,
      gone: Promise.race([gone, api.gone]),
      async stop({ drain }) {
        if (drain) await Promise.all(workers.map((worker) => worker.drain()))
        else await Promise.all(workers.map((worker) => worker.end()))
        await closeAll()
      },
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}
