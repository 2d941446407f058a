/**
 * When schedules come due: a BullMQ queue of its own whose jobs are ticks, made by BullMQ's job schedulers. Our records say what
 * the schedulers must be; they are put right from those again and again, and never removed to be changed.
 */
import { type Job as BullJob, Queue as BullQueue, Worker } from 'bullmq'
import { type Connection, openConnection, type RedisSource } from '../connection.js'
import { SCHEDULES_QUEUE_NAME } from '../keys.js'
import { type ScheduleRecord, scheduleId } from './record.js'
import { nextSlot, patternOf, timingOf } from './slots.js'

const KEEP_EVERY_MS = 30_000
/** A tick takes some ms; one whose process was killed is taken over when its lock has run out. */
const LOCK_MS = 10_000
const STALLED_CHECK_MS = 5_000
/** What closing waits for: the ticks that are taken; without any, BullMQ's goodbye to Redis. */
const CLOSE_MS = { busy: 5_000, idle: 1_000 }
const AT_ONCE = 4
/** While Redis or the disk is away: for about ten minutes. */
const ATTEMPTS = 300
const AGAIN_MS = 2_000
const KEPT_EVENTS = 500

/** `slotMs`: the slot that it was decided to run in place of the one that was missed. */
export type TickData = { schedule: string; of: string; slotMs?: number }
export type Tick = {
  data: TickData
  /** The slot that it was made for. */
  dueMs: number
  isLastTry: boolean
  /** A tick that is delivered again finds it. */
  choose(slotMs: number): Promise<void>
}

const settings = {
  repeatStrategy: (afterMs: number, { pattern, tz }: { pattern?: string; tz?: string }) =>
    nextSlot(timingOf(pattern!, tz!), afterMs),
}

/** The schedulers in BullMQ. */
export function createSchedulers(redis: Connection, onError: (error: Error) => void) {
  const bull = new BullQueue<TickData>(SCHEDULES_QUEUE_NAME, {
    connection: redis,
    prefix: redis.names.bullPrefix,
    skipVersionCheck: true,
    streams: { events: { maxLen: KEPT_EVENTS } },
    settings,
  })
  bull.on('error', onError)

  /** A schedule that is as it was, and whose next tick is there, is left alone. */
  async function ensure(schedule: ScheduleRecord): Promise<void> {
    const id = schedulerId(schedule)
    const [pattern, tz] = [patternOf(schedule.timing), schedule.timing.timeZone]
    const there = await bull.getJobScheduler(id)
    const isSame = there?.pattern === pattern && there.tz === tz
    if (isSame && (await bull.getJob(`repeat:${id}:${there.next}`)) !== undefined) return
    const opts = {
      attempts: ATTEMPTS,
      backoff: { type: 'fixed', delay: AGAIN_MS },
      removeOnComplete: true,
      removeOnFail: true,
      stackTraceLimit: 1,
    }
    const data = { schedule: scheduleId(schedule), of: schedule.of }
    await bull.upsertJobScheduler(id, { pattern, tz }, { name: 'tick', data, opts })
  }

  return {
    ensure,
    remove: (schedule: Pick<ScheduleRecord, 'tenant' | 'name' | 'of'>) =>
      bull.removeJobScheduler(schedulerId(schedule)),
    /** Makes the schedulers what the records say. */
    async keep(records: () => Promise<ScheduleRecord[]>): Promise<void> {
      // Listed first: what is there before its record was read and has none has lost it.
      const there = await bull.getJobSchedulers(0, -1)
      const wanted = await records()
      for (const schedule of wanted) await ensure(schedule)
      const known = new Set(wanted.map(schedulerId))
      for (const { key } of there) if (!known.has(key)) await bull.removeJobScheduler(key)
    },
    close: () => bull.close(),
  }
}

type TicksOptions = {
  source: RedisSource
  onTick(tick: Tick): Promise<void>
  keep(): Promise<void>
  onError(error: Error): void
}

/** Takes ticks, as every API does: each goes to one of them. Closing waits for those that are taken. */
export function openTicks({ source, onTick, keep, onError }: TicksOptions): { close(): Promise<void> } {
  const connection = openConnection(source, 'worker', onError)
  let taken = 0
  const worker = new Worker<TickData>(
    SCHEDULES_QUEUE_NAME,
    async (job) => {
      taken += 1
      try {
        await onTick({
          data: job.data,
          dueMs: dueMsOf(job),
          isLastTry: job.attemptsMade + 1 >= (job.opts.attempts ?? 1),
          choose: (slotMs) => job.updateData({ ...job.data, slotMs }),
        })
      } finally {
        taken -= 1
      }
    },
    {
      connection,
      prefix: connection.names.bullPrefix,
      concurrency: AT_ONCE,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      drainDelay: 5,
      skipVersionCheck: true,
      settings,
    },
  )
  worker.on('error', onError)
  let keeping: Promise<void> | null = null
  const keepNow = () => {
    keeping ??= keep()
      .catch(onError)
      .finally(() => {
        keeping = null
      })
  }
  keepNow()
  const timer = setInterval(keepNow, KEEP_EVERY_MS)
  timer.unref()
  return {
    async close() {
      clearInterval(timer)
      let late: NodeJS.Timeout | undefined
      const limit = new Promise<void>((resolve) => {
        late = setTimeout(resolve, taken > 0 ? CLOSE_MS.busy : CLOSE_MS.idle)
      })
      // BullMQ can wait for ever when the connection breaks just then; what is not done is delivered again.
      await Promise.race([Promise.all([worker.close(), keeping]), limit])
      clearTimeout(late)
      connection.disconnect()
    },
  }
}

/** Another schedule of the same name has other ticks: BullMQ never takes one up whose id it has seen. */
function schedulerId(schedule: Pick<ScheduleRecord, 'tenant' | 'name' | 'of'>): string {
  return `${scheduleId(schedule)}@${schedule.of}`
}

/** The last part of the id that BullMQ's schedulers give: `repeat:<scheduler>:<ms>`. */
function dueMsOf(job: BullJob): number {
  return Number(job.id!.slice(job.id!.lastIndexOf(':') + 1))
}
