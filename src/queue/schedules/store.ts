/** The records of schedules and of their runs: what is true of them. BullMQ's schedulers follow from it. */
import type { Connection } from '../connection.js'
import {
  idsOfTenant,
  type KeptRun,
  type MadeBy,
  type RunIdentity,
  readSchedule,
  runField,
  type ScheduleRecord,
  type ScheduleSpec,
  scheduleId,
} from './record.js'

/** Another run that has been decided for longer than this is not waited for. */
const DECIDING_MS = 600_000

export type ScheduleKey = Pick<ScheduleRecord, 'tenant' | 'name'>

/** `paused` null: as it is. */
export type NewSchedule = ScheduleKey & ScheduleSpec & { madeBy: MadeBy; paused: boolean | null }

export type ScheduleStore = ReturnType<typeof createStore>

export function createStore(redis: Connection) {
  const { keys } = redis.names

  async function read(id: string): Promise<ScheduleRecord | null> {
    return readSchedule(id, await redis.hgetall(keys.schedule(id)))
  }

  async function readAll(ids: string[]): Promise<ScheduleRecord[]> {
    const all = await Promise.all(ids.map(read))
    return all.filter((record) => record !== null)
  }

  return {
    read,
    get: (key: ScheduleKey) => read(scheduleId(key)),
    of: async (tenant: string | null) => readAll(await redis.zrangebylex(keys.schedules, ...idsOfTenant(tenant))),
    all: async () => readAll(await redis.zrange(keys.schedules, 0, -1)),
    count: () => redis.zcard(keys.schedules),

    /** 'FULL' when the tenant has as many as it may. */
    put({ tenant, name, madeBy, paused, ...spec }: NewSchedule, nowMs: number) {
      const pausing = paused === null ? '' : paused ? '1' : '0'
      const fresh = `${nowMs.toString(36)}${Math.random().toString(36).slice(2, 8)}`
      const id = scheduleId({ tenant, name })
      const told = [JSON.stringify(spec), JSON.stringify(madeBy), pausing, nowMs, fresh]
      return redis.ffPutSchedule(id, ...told, ...idsOfTenant(tenant))
    },

    /** False: no such schedule. */
    pause: async (key: ScheduleKey, paused: boolean) =>
      (await redis.ffPauseSchedule(scheduleId(key), paused ? '1' : '0')) === 1,

    /** Its `of`; null when there was none. */
    remove: (key: ScheduleKey) => redis.ffRemoveSchedule(scheduleId(key)),

    /** Null when the run is decided already, or is not to be. `sinceMs`: when it began, perhaps in another process. */
    async begin(run: RunIdentity, nowMs: number) {
      const id = scheduleId(run.schedule)
      const told = await redis.ffBeginRun(id, run.schedule.of, run.slotMs, nowMs, nowMs - DECIDING_MS)
      if (told === 'OVER') return null
      const [sinceMs, job, others] = told
      return { sinceMs: Number(sinceMs), newestJob: job || null, isOtherDecided: others === '1' }
    },

    /** When a run began that is not decided yet; null when none did. */
    async began({ schedule, slotMs }: Pick<RunIdentity, 'schedule' | 'slotMs'>): Promise<number | null> {
      const ms = await redis.hget(keys.schedule(scheduleId(schedule)), `began:${slotMs}`)
      return ms === null ? null : Number(ms)
    },

    /** Nothing happens when it is decided already, or the schedule is gone. */
    async end(run: RunIdentity, kept: KeptRun): Promise<void> {
      const { schedule } = run
      await redis.ffEndRun(scheduleId(schedule), schedule.of, runField(run), JSON.stringify(kept), kept.jobId ?? '')
    },

    /** Newest first. */
    async runs(key: ScheduleKey): Promise<KeptRun[]> {
      const fields = await redis.hvals(keys.runs(scheduleId(key)))
      const runs = fields.map((json) => JSON.parse(json) as KeptRun)
      return runs.sort((a, b) => Date.parse(b.slotAt) - Date.parse(a.slotAt))
    },
  }
}
