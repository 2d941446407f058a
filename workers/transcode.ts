/**
 * A worker: slots that run attempts, a heartbeat, cancellation from afar, drain. `ffleet worker` runs one as a process of
 * its own, which the first signal drains and a second one ends.
 */
import { randomBytes } from 'node:crypto'
import { availableParallelism, hostname, loadavg, platform } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fontOf } from '../src/config/font.js'
import { type Config, ConfigError } from '../src/config/index.js'
import { findCapabilities } from '../src/ffmpeg/index.js'
import { createLog, type Logger } from '../src/log/index.js'
import { KNOWN_ENCODERS } from '../src/plan/index.js'
import { createProber } from '../src/probe/index.js'
import {
  type AttemptStart,
  createWorkerQueue,
  HEARTBEAT_MS,
  type Heartbeat,
  type RedisSource,
  type Run,
  type RunOutcome,
  type Slot,
} from '../src/queue/index.js'
import { openWorkerStorage } from '../src/storage/index.js'
import { keepSending } from '../src/storage/reports/index.js'
import { VERSION } from '../src/version.js'
import type { StopReason, WorkerContext } from './context.js'
import { enclosureFor, sandboxFault } from './enclosure.js'
import { createHardware } from './hardware/index.js'
import { Health } from './health.js'
import { Helping, kinOf, workerOfFolder } from './helping.js'
import type { WorkerHooks } from './hooks.js'
import { inspectJob } from './inspect.js'
import { clearJob, clearLeftovers, clearPending } from './leftovers.js'
import { waitingForRetry } from './made-outputs.js'
import { MissedInputs } from './missed-inputs.js'
import { observers } from './observer.js'
import { once } from './once.js'
import { createDeletionCost } from './pod-deletion-cost.js'
import { rootFault, rootFaultAtStart } from './roots.js'
import { type RunningAttempt, runAttempt } from './run-attempt.js'
import { openWorkerSpool } from './spool.js'

/** How long handing jobs back, and leaving the fleet, may take. */
const RELEASE_MS = 3_000

/** How often what lost attempts left behind is looked for. */
const LEFTOVERS_EVERY_MS = 5_000

/** The same in the store of outputs; most times another worker has looked by then. */
const PENDING_EVERY_MS = 5 * 60_000

export type Worker = {
  readonly id: string
  /** Resolves when it has left the fleet, whoever asked for that; rejects when it had to leave without a word. */
  readonly left: Promise<void>
  /**
   * Takes no more; resolves when everything that ran has ended or was handed back, and the worker has left the fleet.
   * Rejects when Redis did not take it back in time: the fleet takes over what ran when its locks end.
   */
  drain(reason: string | null): Promise<void>
  /** Hands back at once what runs. */
  releaseAll(): void
}

/** What a service that embeds a worker brings along. */
export type Embedding = {
  /** In place of the Redis of the settings. */
  redis?: RedisSource
  hooks?: WorkerHooks
  log?: Logger
}

/** `isOnce`: it takes one job, or waits `onceIdleMs` for one, and leaves. */
export type WorkerOptions = Embedding & { isOnce?: boolean }

export async function startWorker(given: Config, embedding: WorkerOptions = {}): Promise<Worker> {
  const { isOnce = false } = embedding
  const config = isOnce ? { ...given, slots: 1 } : given
  const id = `w-${randomBytes(5).toString('hex')}`
  const log = (embedding.log ?? createLog(config)).child({ worker: id })
  const found = await findCapabilities({ ffmpeg: config.ffmpeg, ffprobe: config.ffprobe })
  const choice = await enclosureFor(config, found)
  const { enclosure, obstacle } = choice
  if (obstacle !== null) log.warn(`ffmpeg runs without a sandbox. ${obstacle.cause} ${obstacle.remedy}`)
  const capabilities = { ...found, enclosure }
  const queue = await createWorkerQueue({
    redis: embedding.redis ?? config.redisUrl!,
    backoffMs: config.backoffMs,
    keepEventsMs: config.keepEventsMs,
    onError: (error) => log.warn({ err: error }, 'queue'),
  })
  const prober = createProber({ capabilities, limits: config })
  const storage = openWorkerStorage(config)
  const looking = { config, storage, roots: queue.roots }
  const exposed = { config, choice, openApis: queue.openApis }
  const unfit = (await rootFaultAtStart(looking)) ?? (await sandboxFault(exposed))
  if (unfit !== null) {
    await Promise.all([prober.close(), queue.close()])
    throw new ConfigError([unfit])
  }
  const { spool, remote } = openWorkerSpool(config)
  await spool.sweep()
  const hardware = await createHardware({ config, capabilities, log, onFree: () => void callUp() })
  const rootIds = await storage.roots.ids()
  const { hooks: workerHooks = {} } = embedding
  const host = hostname()
  const kin = kinOf({ capabilities })
  const only = once({ idleMs: config.onceIdleMs, leave: (reason) => void drain(reason) })
  const observer = observers([
    ...(isOnce ? [only] : []),
    ...(config.podDeletionCost === 'on' ? [createDeletionCost({ log })] : []),
  ])
  const context: WorkerContext = {
    ...{ workerId: id, host, rootIds, partOffers: queue.openPartOffers(kin) },
    ...{
      config,
      capabilities,
      prober,
      storage,
      spool,
      remote,
      hardware,
      font: fontOf(config),
      log,
      observer,
      workerHooks,
    },
  }
  const member = queue.member(id)
  const running = new Map<string, RunningAttempt & { ended: Promise<void> }>()
  const health = new Health()
  const missed = new MissedInputs((jobId, attempt) => queue.inputFoundAfter(jobId, attempt))
  const startedAt = new Date().toISOString()
  let state: Heartbeat['state'] = 'running'
  let isUnfit = false
  let draining: Promise<void> | null = null
  let onLeft: (left: Promise<void>) => void = () => {}
  const left = new Promise<void>((resolve) => {
    onLeft = resolve
  })

  const info = (): Heartbeat => ({
    id,
    host: context.host,
    pid: process.pid,
    version: VERSION,
    state,
    slots: config.slots,
    ffmpeg: capabilities.version,
    encoders: [...KNOWN_ENCODERS.filter((encoder) => capabilities.encoders.has(encoder)), ...hardware.able()],
    sandbox: enclosure.name,
    startedAt,
    lastSeenAt: new Date().toISOString(),
    load: platform() === 'win32' ? null : loadavg()[0]! / availableParallelism(),
  })

  async function run(task: Run): Promise<RunOutcome> {
    // An API may have opened since the last heartbeat; and a slot that was waiting when it was paused gets one job more.
    if (obstacle !== null) await lookAround()
    if (state === 'unhealthy') return { kind: 'released' }
    // The same job, taken over from this very process: the attempt that lost its lock has to be gone first.
    const former = running.get(task.jobId)
    if (former) {
      former.stop({ kind: 'lost' })
      await former.ended
    }
    let ended = () => {}
    // Who stops the attempt while it only begins must be heard too.
    let early: StopReason | null = null
    const entry = {
      stop: (reason: StopReason) => {
        early ??= reason
      },
      drain: () => entry.stop({ kind: 'released' }),
      ended: new Promise<void>((resolve) => {
        ended = resolve
      }),
    }
    running.set(task.jobId, entry)
    try {
      const outcome = await begin(task, (attempt) => {
        entry.stop = attempt.stop
        entry.drain = attempt.drain
        if (early) attempt.stop(early)
      })
      health.record(task.jobId, outcome)
      if (!health.fit) void retire()
      return outcome
    } finally {
      running.delete(task.jobId)
      ended()
      // Before BullMQ hands out the next one: what only this worker can do goes first here.
      await callUp()
    }
  }

  /** Jobs that wait for what this worker has, as many as it has room for. */
  async function callUp(): Promise<void> {
    const count = state === 'running' ? Math.min(config.slots - running.size, hardware.room()) : 0
    await queue.callUpNeeding({ encoders: hardware.free(), count }).catch((error) => log.warn({ err: error }, 'queue'))
  }

  async function begin(task: Run, onRunning: (attempt: RunningAttempt) => void): Promise<RunOutcome> {
    const sinceMs = performance.now()
    const { answer, attempt } = await queue.begin({
      jobId: task.jobId,
      token: task.token,
      worker: { worker: id, host: context.host, data: rootIds.reports },
      encoders: hardware.free(),
      poisonStarts: config.poisonStarts,
    })
    switch (answer.kind) {
      case 'begun': {
        const { start } = answer
        observer.begun(task.jobId)
        const outcome = await runAttempt(context, task, { start, attempt: attempt! }, onRunning).finally(() =>
          observer.ended(task.jobId),
        )
        if (outcome.kind === 'completed' && outcome.isAllItsOwn) remember(start, performance.now() - sinceMs)
        return noteMissed(task.jobId, attempt!.number, outcome)
      }
      case 'ended':
        // BullMQ runs it all the same: somebody retried it there. One that was cancelled may come as it was handed over late.
        if (answer.record.ended!.state === 'failed' && (await queue.reopen(task.jobId))) return begin(task, onRunning)
        return answer.record.ended!.state === 'completed'
          ? { kind: 'completed' }
          : { kind: 'failed', code: answer.record.error?.code ?? 'INTERNAL_ERROR', retry: false }
      case 'cancelled':
        await clearJob(storage, task.jobId)
        return { kind: 'cancelled' }
      case 'held':
        return { kind: 'held' }
      case 'needs':
        return { kind: 'needs' }
      case 'poisoned':
        await clearJob(storage, task.jobId)
        return { kind: 'failed', code: 'POISONED', retry: false }
      case 'unknown':
        return { kind: 'failed', code: 'NOT_FOUND', retry: false }
      case 'lost':
        return { kind: 'lost' }
    }
  }

  /** Not waited for, and not missed where it gets lost. One that found outputs made already would tell nothing of others. */
  function remember({ request }: AttemptStart, tookMs: number): void {
    queue.remember({ request, host: context.host, tookMs }).catch((error) => log.warn({ err: error }, 'history'))
  }

  function noteMissed(jobId: string, attempt: number, outcome: RunOutcome): RunOutcome {
    if (outcome.kind === 'failed' && outcome.code === 'INPUT_NOT_FOUND') missed.add(jobId, attempt)
    return outcome
  }

  // One that takes one job takes no parts of others.
  const helpings = Array.from({ length: isOnce ? 0 : config.slots }, (_, slot) => {
    return new Helping({ context, queue, kin, slot })
  })
  const slots: Slot[] = Array.from({ length: config.slots }, (_, i) =>
    queue.openSlot({
      name: `${id}/${i + 1}`,
      lockDurationMs: config.lockDurationMs,
      stalledCheckMs: config.stalledCheckMs,
      run: (task) => helpings[i]?.aside(() => run(task)) ?? run(task),
      onError: (error) => log.warn({ err: error }, 'slot'),
    }),
  )
  const inspector = queue.openInspector({
    name: `${id}/inspect`,
    inspect: (job, signal) => inspectJob(context, job, signal),
    onError: (error) => log.warn({ err: error }, 'inspector'),
  })
  const takers = [...slots, inspector, ...helpings]
  const sweeper = queue.startSweeper({
    keepJobsMs: config.keepJobsMs,
    keepJobsCount: config.keepJobsCount,
    onForgotten: async (ids) => {
      for (const jobId of ids) await storage.reports.remove(jobId)
    },
  })
  await queue.listen({
    onCancel(jobId) {
      running.get(jobId)?.stop({ kind: 'cancelled' })
      for (const helping of helpings) helping.cancelled(jobId)
    },
    onDrain: (workerId) => {
      if (workerId === id) void drain('asked to')
    },
    onNeeds: () => void callUp(),
  })
  await member.join(info())
  const heartbeat = setInterval(() => {
    member
      .beat(info())
      .then(async (answer) => {
        if (answer.drain) void drain('asked to')
        else await Promise.all([lookAround(), lookAtMissed(), callUp()])
      })
      .catch((error) => log.warn({ err: error }, 'heartbeat'))
  }, HEARTBEAT_MS)

  /** Of what lies in folders: jobs', and those of helpers, which are over with their worker. */
  async function over(name: string): ReturnType<typeof queue.attemptsOver> {
    if (running.has(name)) return null
    const helper = workerOfFolder(name)
    if (helper === null) return queue.attemptsOver(name)
    return helper === id || (await member.knows(helper)) ? null : 1
  }
  const partLimits = { keepMs: config.keepPartsMs, maxBytes: config.maxPartsBytes }
  const leftovers = setInterval(() => {
    clearLeftovers(storage, over, (folders) =>
      waitingForRetry(storage, folders, { mostBytes: config.unpublishedBytes, hasFailed: queue.hasFailed }),
    ).catch((error) => log.warn({ err: error }, 'leftovers'))
    spool.sweep().catch((error) => log.warn({ err: error }, 'leftovers'))
    storage.parts.sweep(partLimits).catch((error) => log.warn({ err: error }, 'leftovers'))
  }, LEFTOVERS_EVERY_MS)

  const pending = setInterval(() => {
    // Workers of the two kinds have different places before them.
    const claim = (chore: string, everyMs: number) => queue.chores.claim(`${chore}:${config.store}`, everyMs)
    clearPending(storage, over, { claim, partLimits }).catch((error) => {
      log.warn({ err: error }, 'leftovers in the store of outputs')
    })
  }, PENDING_EVERY_MS)

  const reports = keepSending(
    storage.reports,
    (jobId) => (running.has(jobId) ? null : queue.attemptsPast(jobId)),
    (error) => log.warn({ err: error }, 'reports wait to be sent'),
  )

  const releaseAll = () => {
    for (const { stop } of running.values()) stop({ kind: 'released' })
  }

  /** Out of work for good reason, but still there to be looked at. */
  async function retire(): Promise<void> {
    if (state !== 'running') return
    state = 'unhealthy'
    log.error({ reason: health.reason }, 'this worker takes no more jobs')
    await Promise.all(takers.map((each) => each.pause()))
    await showState(health.reason)
  }

  async function lookAtMissed(): Promise<void> {
    for (const jobId of await missed.foundByOthers()) health.missedInput(jobId)
    if (!health.fit) await retire()
  }

  /** A root that is gone, a disk that is not mounted any more, may come back, and an open API close: until then no job begins here. */
  async function lookAround(): Promise<void> {
    const fault = (await rootFault(looking)) ?? (await sandboxFault(exposed))
    const isWrong = fault !== null
    if (isWrong === isUnfit || (isWrong ? state !== 'running' : state !== 'unhealthy')) return
    isUnfit = isWrong
    state = isWrong ? 'unhealthy' : 'running'
    if (isWrong) {
      const reason = `${fault.key} takes ${fault.takes}`
      log.error({ reason }, 'this worker takes no jobs until that is mended')
      await Promise.all(takers.map((each) => each.pause()))
      await showState(reason)
    } else {
      log.info('this worker takes jobs again')
      for (const each of takers) each.resume()
      await member.join(info())
    }
  }

  async function showState(reason: string | null): Promise<void> {
    await Promise.all([member.beat(info()), member.draining(reason)])
  }

  function drain(reason: string | null): Promise<void> {
    draining ??= leave(reason)
    onLeft(draining)
    return draining
  }

  async function leave(reason: string | null): Promise<void> {
    state = 'draining'
    log.info({ reason, running: running.size }, 'draining')
    // Not waited for: Redis may be away.
    showState(reason).catch((error) => log.warn({ err: error }, 'heartbeat'))
    for (const attempt of running.values()) attempt.drain()
    const deadline = setTimeout(releaseAll, config.drainTimeoutMs)
    const closed = Promise.all(slots.map((slot) => slot.close()))
    const inspected = inspector.close().catch((error) => log.warn({ err: error }, 'inspector'))
    const helped = Promise.allSettled(helpings.map((helping) => helping.close()))
    const handedBack = await within(config.drainTimeoutMs + RELEASE_MS, closed)
    clearTimeout(deadline)
    clearInterval(heartbeat)
    clearInterval(leftovers)
    clearInterval(pending)
    reports.stop()
    hardware.close()
    const goodbye = Promise.allSettled([
      inspected,
      helped,
      spool.close(),
      sweeper.stop(),
      member.leave(reason),
      prober.close(),
    ]).then(() => queue.close())
    await within(RELEASE_MS, goodbye)
    if (!handedBack) throw new Error('Redis did not answer; what ran here is taken over when its lock ends.')
    log.info('left the fleet')
  }

  const fleetRoots = (await queue.roots.read()).roots
  if (fleetRoots !== null && fleetRoots.reports !== rootIds.reports) {
    log.warn(
      `the API on ${fleetRoots.host} keeps its reports elsewhere: it shows neither reports nor logs of what runs here`,
    )
  }
  log.info({ ffmpeg: capabilities.version, sandbox: enclosure.name, slots: config.slots }, 'ready')
  if (isOnce) only.wait()
  return { id, left, drain, releaseAll }
}

/** Waits for the work, but no longer than so many milliseconds. False when that was too short. */
async function within(limitMs: number, work: Promise<unknown>): Promise<boolean> {
  const over = new AbortController()
  const late = sleep(limitMs, false, { signal: over.signal }).catch(() => false)
  const inTime = await Promise.race([work.then(() => true), late])
  over.abort()
  return inTime
}
