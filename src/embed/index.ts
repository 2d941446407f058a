/** `ffleet/embed`: queue and workers inside of a service of one's own, on its Redis, with hooks around each attempt. */
export {
  AttemptRefused,
  type HookedAttempt,
  type HookedOutput,
  type HookedPass,
  type WorkerHooks,
} from '../../workers/hooks.js'
export type { Worker } from '../../workers/transcode.js'
export { ConfigError, type ConfigFault } from '../config/index.js'
export type { RedisSource } from '../queue/index.js'
export { type CreateQueueOptions, createQueue, type EmbeddedQueue } from './create-queue.js'
export { type CreateWorkerOptions, createWorker } from './create-worker.js'
export type { QueueSettings, WorkerSettings } from './settings.js'
