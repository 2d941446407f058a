import type { WorkerHooks } from '../../workers/hooks.js'
import { startWorker, type Worker } from '../../workers/transcode.js'
import { createLog, type Logger } from '../log/index.js'
import type { RedisSource } from '../queue/index.js'
import { configOf, type WorkerSettings } from './settings.js'

export type CreateWorkerOptions = WorkerSettings & {
  /** A URL, or a connection of your own, which is copied: `{ connection, namespace }`. */
  redis: RedisSource
  hooks?: WorkerHooks
  /** A pino logger; default: JSON lines on standard error, from `warn` on. */
  log?: Logger
}

/**
 * A worker in this process; resolves when it takes jobs. There may be several. It does not listen to signals: call `drain`
 * before the process ends, or what runs is taken over by others when its locks end.
 *
 * @throws ConfigError naming every setting that cannot be used; TypeError for a Redis that is not for it.
 */
export async function createWorker({ redis, hooks, log, ...settings }: CreateWorkerOptions): Promise<Worker> {
  const config = await configOf('worker', { logLevel: 'warn', ...settings })
  return startWorker(config, { redis, log: log ?? createLog({ ...config, part: 'worker' }), ...(hooks && { hooks }) })
}
