import { randomBytes } from 'node:crypto'
import { Queue as BullQueue } from 'bullmq'
import type { NormalizedJob } from '../contract/index.js'
import { type Attempt, type AttemptStart, type BeginAnswer, type BeginOptions, beginAttempt } from './attempt.js'
import { attemptsOver, attemptsPast, hasFailed } from './attempts-over.js'
import type { BoardQueue } from './board.js'
import { connectToFit } from './check-redis.js'
import { type Chores, createChores } from './chores.js'
import { type Connection, connect, type RedisSource } from './connection.js'
import { openSlot, type Slot, type SlotOptions } from './consumer.js'
import { createEventLog } from './event-log.js'
import { type Control, createFleetMember, createFleetRegistry, type FleetMember, listenForControl } from './fleet.js'
import { createFleetRoots, type FleetRootsRegistry } from './fleet-roots.js'
import { remember } from './forecast/store.js'
import { createInspections, type Inspections } from './inspections.js'
import { type InspectorOptions, openInspector } from './inspector.js'
import { createJobs } from './jobs.js'
import { DAY_MS, QUEUE_NAME } from './keys.js'
import { callUpNeeding } from './needs.js'
import { createOpenApis, type OpenApis } from './open-apis.js'
import { type Helper, type HelperOptions, openHelper } from './parts/helper.js'
import { openPartOffers, type PartOffers } from './parts/offers.js'
import { publishQuotas, type TenantQuotas } from './quotas.js'
import { createRateCounter, type RateBudget, type RateCounter } from './rates.js'
import { readRecord } from './record.js'
import { createRevocations, type Revocations } from './revocations.js'
import { createSchedules, type Schedules } from './schedules/schedules.js'
import { defineScripts } from './scripts.js'
import { settle } from './settle.js'
import { type SweeperOptions, startSweeper } from './sweeper.js'
import { createTurns } from './turns/turns.js'
import type { EventLog, FleetRegistry, JobQueue } from './types.js'
import { createUploads, type Uploads } from './uploads/uploads.js'
import { createWatchedFiles, type WatchedFiles } from './watched-files.js'
import { type Deliverer, type DelivererOptions, openDeliverer } from './webhooks/deliverer.js'
import { createWebhooks, type Webhooks } from './webhooks/webhooks.js'

export { type Attempt, AttemptLostError, type AttemptStart, type BeginAnswer } from './attempt.js'
export { isUnavailable } from './availability.js'
export type { BoardQueue } from './board.js'
export { compareIds, isEventId } from './codec.js'
export type { RedisSource } from './connection.js'
export type { Run, RunOutcome, Slot } from './consumer.js'
export { type Control, type FleetMember, HEARTBEAT_MS, type Heartbeat } from './fleet.js'
export { ANNOUNCE_ROOTS_EVERY_MS, type FleetRootsRegistry } from './fleet-roots.js'
export { sourcesOf, whyUnfit } from './followers/course.js'
export type { InspectionAnswer, Question } from './inspections.js'
export { needsOf } from './needs.js'
export type { OpenApis } from './open-apis.js'
export { createOutbox, type Outbox } from './outbox.js'
export type { Helper } from './parts/helper.js'
export type { PartOffers } from './parts/offers.js'
export type { MadePart, OfferedPart } from './parts/types.js'
export type { TenantQuotas } from './quotas.js'
export type { RateCounter } from './rates.js'
export { jobErrorFrom, outputPath } from './record.js'
export type { Revocations } from './revocations.js'
export type { KeptRun, ScheduleRecord } from './schedules/record.js'
export type { Schedules, SendRun } from './schedules/schedules.js'
export { nextSlots, type Timing, timingFault } from './schedules/slots.js'
export type {
  Entry,
  EventLog,
  FleetRegistry,
  Idempotency,
  JobPage,
  JobQueue,
  KnownOutput,
  Publication,
  Submission,
  Subscription,
} from './types.js'
export type { UploadRecord, Uploads } from './uploads/uploads.js'
export {
  type FileRecord,
  type JobEnd,
  type KnownFile,
  type Place,
  WATCHER_GONE_MS,
  type WatchedFiles,
} from './watched-files.js'
export type { Deliverer } from './webhooks/deliverer.js'
export type { Webhooks } from './webhooks/webhooks.js'

export type QueueOptions = {
  /** `redis://…`, `rediss://…`, `unix:///path`, or a connection that is copied. */
  redis: RedisSource
  /** First delay before another attempt, doubling. Default 1,000. */
  backoffMs?: number
  /** How long the events of an ended job are kept. Default 24 h. */
  keepEventsMs?: number
  /** How long a dry run waits for a worker. Default 20 s. */
  inspectLimitMs?: number
  onError?: (error: Error) => void
}

/** The queue as the API uses it; every call fails fast while Redis is away. */
export type Queue = {
  jobs: JobQueue
  events: EventLog
  fleet: FleetRegistry
  inspections: Inspections
  schedules: Schedules
  roots: FleetRootsRegistry
  openApis: OpenApis
  /** How many attempts of a job that has ended are over; null while it may go on; 'unknown' without a record of it. */
  attemptsOver(jobId: string): Promise<number | 'unknown' | null>
  /** The same of a job that may go on: all but its newest attempt. */
  attemptsPast(jobId: string): Promise<number | 'unknown'>
  /** Counts how often each asks, up to a limit. */
  countRate(budget: RateBudget): RateCounter
  /** From now on these quotas count, and no others; what waits for one that was raised goes on. */
  setQuotas(quotas: TenantQuotas): Promise<void>
  revocations: Revocations
  /** What bull-board shows. */
  board(): Promise<BoardQueue[]>
  /** What became of the files in watch folders. */
  watchedFiles: WatchedFiles
  webhooks: Webhooks
  /** Files that people send. */
  uploads: Uploads
  /** From now on this process delivers webhooks, over connections of its own. */
  openDeliverer(options: DelivererOptions): Deliverer
  /** Signs watch tokens; the same for every process on this Redis. */
  secret(): Promise<string>
  startSweeper(options: Pick<SweeperOptions, 'keepJobsMs' | 'keepJobsCount' | 'onForgotten' | 'intervalMs'>): {
    stop(): Promise<void>
  }
  close(): Promise<void>
}

export async function createQueue(options: QueueOptions): Promise<Queue> {
  const onError = options.onError ?? (() => {})
  const redis = await connectToFit(options.redis, 'api', onError)
  defineScripts(redis)
  const subscriber = await connect(options.redis, 'subscriber', onError)
  const settings = { backoffMs: options.backoffMs ?? 1_000, keepEventsMs: options.keepEventsMs ?? DAY_MS }
  const bull = openBull(redis, onError)
  const fleet = createFleetRegistry(redis, bull)
  const turns = createTurns({ redis, bull })
  const jobs = createJobs({ redis, bull, fleet, turns, ...settings })
  const events = createEventLog({ redis, subscriber })
  const { redis: source, inspectLimitMs: limitMs } = options
  const inspections = createInspections({ redis, source, fleet, onError, limitMs })
  const schedules = createSchedules({ redis, source, jobs, onError })
  return {
    jobs,
    events,
    fleet,
    inspections,
    schedules,
    roots: createFleetRoots(redis),
    openApis: createOpenApis(redis),
    attemptsOver: (jobId) => attemptsOver(redis, jobId),
    attemptsPast: (jobId) => attemptsPast(redis, jobId),
    countRate: (budget) => createRateCounter(redis, budget),
    async setQuotas(quotas) {
      if (await publishQuotas(redis, quotas)) await turns.callUpAll()
    },
    revocations: createRevocations(redis),
    board: async () => (await import('./board.js')).boardOf(bull),
    watchedFiles: createWatchedFiles(redis),
    webhooks: createWebhooks({ redis, events }),
    uploads: createUploads({ redis, bull, turns, ...settings }),
    openDeliverer: (deliverer) => openDeliverer({ source, onError }, deliverer),
    secret: () => sharedSecret(redis),
    startSweeper: (sweep) =>
      startSweeper({ ...sweep, ...settings, redis, bull, jobs, turns, onError: (e) => onError(e as Error) }),
    async close() {
      await inspections.close()
      await schedules.close()
      await events.close()
      await bull.close()
      redis.disconnect()
    },
  }
}

/** The queue as a worker uses it; calls wait for Redis as long as it takes. */
export type WorkerQueue = {
  roots: FleetRootsRegistry
  openApis: OpenApis
  member(workerId: string): FleetMember
  listen(control: Control): Promise<void>
  begin(options: Omit<BeginOptions, 'redis'>): Promise<{
    answer: BeginAnswer
    attempt: Attempt | null
  }>
  /**
   * Takes up a failed job that somebody retried in BullMQ itself: `begin` begins it then. False when it may not
   * run again.
   */
  reopen(jobId: string): Promise<boolean>
  /** Whether a later attempt than this one found the input; 'over' when the job ended without, null while nobody knows. */
  inputFoundAfter(jobId: string, attempt: number): Promise<'found' | 'over' | null>
  attemptsOver: Queue['attemptsOver']
  attemptsPast: Queue['attemptsPast']
  /** Whether the job ended as failed, so that it may be retried. */
  hasFailed(jobId: string): Promise<boolean>
  /** What an attempt that completed took, for the forecast of others. */
  remember(ran: { request: NormalizedJob; host: string; tookMs: number }): Promise<void>
  /** Calls up the first jobs that wait for one of these encoders, at most so many. */
  callUpNeeding(what: { encoders: readonly string[]; count: number }): Promise<void>
  openSlot(options: Omit<SlotOptions, 'connection' | 'onEnded' | 'onPutBack' | 'onNeeds'>): Slot
  openInspector(options: Omit<InspectorOptions, 'connection'>): ReturnType<typeof openInspector>
  /** What workers of this kin make for one another. */
  openPartOffers(kin: string): PartOffers
  openHelper(options: Omit<HelperOptions, 'connection'>): Helper
  /** A job that has not ended and is not to; else null. */
  openJob(jobId: string): Promise<Pick<AttemptStart, 'request' | 'sources'> | null>
  startSweeper: Queue['startSweeper']
  chores: Chores
  close(): Promise<void>
}

export async function createWorkerQueue(options: QueueOptions): Promise<WorkerQueue> {
  const onError = options.onError ?? (() => {})
  const redis = await connectToFit(options.redis, 'worker', onError)
  defineScripts(redis)
  const subscriber = await connect(options.redis, 'worker', onError)
  const settings = { backoffMs: options.backoffMs ?? 1_000, keepEventsMs: options.keepEventsMs ?? DAY_MS }
  const bull = openBull(redis, onError)
  const turns = createTurns({ redis, bull })
  const jobs = createJobs({ redis, bull, fleet: createFleetRegistry(redis, bull), turns, ...settings })
  const callUpOf = (id: string) =>
    void redis
      .hget(redis.names.keys.job(id), 'tenant')
      .then((tenant) => turns.callUp(tenant))
      .catch(onError)
  const settling = new Set<Promise<unknown>>()
  const closers: (() => Promise<void>)[] = []
  const onEnded = (id: string) => {
    const settled = settle({ redis, bull, turns, ...settings }, id)
      .catch(onError)
      .finally(() => settling.delete(settled))
    settling.add(settled)
  }
  return {
    roots: createFleetRoots(redis),
    openApis: createOpenApis(redis),
    member: (workerId) => createFleetMember(redis, workerId),
    listen: (control) => listenForControl(subscriber, control),
    async begin(begin) {
      const begun = await beginAttempt({ redis, ...begin })
      // Not waited for, and not missed where it gets lost: whoever calls up next puts it right.
      if (begun.answer.kind === 'begun') turns.tell(begun.answer.changes).catch(onError)
      return begun
    },
    reopen: (jobId) => jobs.reopen(jobId),
    async inputFoundAfter(jobId, attempt) {
      const record = readRecord(jobId, await redis.hgetall(redis.names.keys.job(jobId)))
      if (record === null) return 'over'
      const isPast = record.running && record.phase !== null && record.phase !== 'fetching'
      const failedOtherwise = record.error !== null && record.error.code !== 'INPUT_NOT_FOUND'
      const went = isPast || failedOtherwise || record.ended?.state === 'completed'
      if (record.attempt > attempt && went) return 'found'
      return record.ended ? 'over' : null
    },
    attemptsOver: (jobId) => attemptsOver(redis, jobId),
    attemptsPast: (jobId) => attemptsPast(redis, jobId),
    hasFailed: (jobId) => hasFailed(redis, jobId),
    remember: (ran) => remember(redis, ran),
    callUpNeeding: (what) => callUpNeeding({ redis, bull }, what),
    openSlot: (slot) =>
      openSlot({
        ...slot,
        connection: redis,
        onEnded,
        onPutBack: callUpOf,
        onNeeds(id) {
          callUpOf(id)
          redis.publish(redis.names.channels.control, `needs ${id}`).catch(onError)
        },
      }),
    openInspector: (inspector) => openInspector({ ...inspector, connection: redis }),
    openPartOffers(kin) {
      const offers = openPartOffers(redis, kin, onError)
      closers.push(() => offers.close())
      return offers
    },
    openHelper: (helper) => openHelper({ ...helper, connection: redis }),
    async openJob(jobId) {
      const record = readRecord(jobId, await redis.hgetall(redis.names.keys.job(jobId)))
      return record === null || record.ended || record.cancelled ? null : record
    },
    startSweeper: (sweep) =>
      startSweeper({ ...sweep, ...settings, redis, bull, jobs, turns, onError: (e) => onError(e as Error) }),
    chores: createChores(redis),
    async close() {
      // The end of the last job is told by whoever ran it, not seconds later by a sweeper.
      await Promise.all(settling)
      await Promise.all([bull.close(), ...closers.map((close) => close())])
      subscriber.disconnect()
      redis.disconnect()
    },
  }
}

/** The queue as a process that watches folders uses it: what it knows of files, and how jobs end. */
export type WatcherQueue = {
  files: WatchedFiles
  /** Calls back with each job that has ended; some may be missed while Redis is away, which `onGap` tells. */
  onEnded(onEnd: (jobId: string) => void, onGap: () => void): Promise<void>
  close(): Promise<void>
}

export async function createWatcherQueue(options: Pick<QueueOptions, 'redis' | 'onError'>): Promise<WatcherQueue> {
  const onError = options.onError ?? (() => {})
  const redis = await connectToFit(options.redis, 'api', onError)
  defineScripts(redis)
  const events = createEventLog({ redis, subscriber: await connect(options.redis, 'subscriber', onError) })
  return {
    files: createWatchedFiles(redis),
    async onEnded(onEnd, onGap) {
      await events.subscribeOutcomes(({ jobId, type }) => {
        if (jobId !== null && type !== 'attempt.failed') onEnd(jobId)
      }, onGap)
    },
    async close() {
      await events.close()
      redis.disconnect()
    },
  }
}

function openBull(redis: Connection, onError: (error: Error) => void): BullQueue {
  const bull = new BullQueue(QUEUE_NAME, { connection: redis, prefix: redis.names.bullPrefix, skipVersionCheck: true })
  bull.on('error', onError)
  return bull
}

async function sharedSecret(redis: Connection): Promise<string> {
  const { keys } = redis.names
  await redis.set(keys.secret, randomBytes(32).toString('hex'), 'NX')
  return (await redis.get(keys.secret))!
}
