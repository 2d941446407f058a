import { ERRORS, FfleetError, isTerminal, MAX_SCHEDULES } from '../../contract/index.js'
import { guarded } from '../availability.js'
import type { Connection, RedisSource } from '../connection.js'
import { IDEMPOTENCY_TTL_MS } from '../keys.js'
import type { Idempotency, JobQueue } from '../types.js'
import { type Due, dueAt, LATE_MS } from './due.js'
import { type KeptRun, type RunIdentity, runId, type ScheduleRecord, scheduleId } from './record.js'
import { nextSlot } from './slots.js'
import { createStore, type NewSchedule, type ScheduleKey, type ScheduleStore } from './store.js'
import { createSchedulers, openTicks, type Tick } from './ticks.js'

/** A run that began so long ago may have sent its job under a name that is not known any more. */
const TOO_OLD_MS = IDEMPOTENCY_TTL_MS - 3_600_000

/** Sends the job of a run under its name. Rejects with the refusal. */
export type SendRun = (
  schedule: ScheduleRecord,
  run: { slotMs: number; idempotency: Idempotency },
) => Promise<{ jobId: string; created: boolean }>

export type TicksOptions = {
  send: SendRun
  /** After so long a slot that nobody took counts as missed. Default 60 s. */
  lateMs?: number
}

/** Null or false: there is no such schedule. All but `openTicks` throw `QUEUE_UNAVAILABLE`. */
export type Schedules = {
  /** @throws FfleetError INVALID_REQUEST when the tenant has as many as it may. */
  put(schedule: NewSchedule): Promise<{ schedule: ScheduleRecord; created: boolean }>
  get(key: ScheduleKey): Promise<ScheduleRecord | null>
  /** Of a tenant, by name. */
  list(tenant: string | null): Promise<ScheduleRecord[]>
  pause(key: ScheduleKey, paused: boolean): Promise<boolean>
  remove(key: ScheduleKey): Promise<boolean>
  /** What became of its runs, newest first. */
  runs(key: ScheduleKey): Promise<KeptRun[]>
  /** Runs it now, paused or not. What the job is refused with stands with its runs, and is thrown. */
  runNow(schedule: ScheduleRecord, send: SendRun, idempotency?: Idempotency): Promise<KeptRun>
  /** From now on this process takes the slots of all schedules as they come due, together with others. */
  openTicks(options: TicksOptions): { close(): Promise<void> }
  close(): Promise<void>
}

type Parts = { redis: Connection; source: RedisSource; jobs: JobQueue; onError: (error: Error) => void }

export function createSchedules({ redis, source, jobs, onError }: Parts): Schedules {
  const store = createStore(redis)
  const schedulers = createSchedulers(redis, onError)

  async function put(given: NewSchedule) {
    const answer = await store.put(given, Date.now())
    if (answer === 'FULL') {
      const detail = `There are ${MAX_SCHEDULES} schedules, and there may not be more; remove one first.`
      throw new FfleetError('INVALID_REQUEST', detail, { errors: [{ pointer: '/name', detail }] })
    }
    const schedule = (await store.get(given))!
    // It is recorded: where this fails, an API puts it right.
    await schedulers.ensure(schedule).catch(onError)
    return { schedule, created: answer === 'CREATED' }
  }

  async function remove(key: ScheduleKey): Promise<boolean> {
    const of = await store.remove(key)
    if (of !== null) await schedulers.remove({ ...key, of }).catch(onError)
    return of !== null
  }

  async function decide(run: RunIdentity, trigger: KeptRun['trigger'], became: Became): Promise<KeptRun> {
    const [slotAt, at] = [new Date(run.slotMs).toISOString(), new Date().toISOString()]
    const kept = { id: runId(run), slotAt, at, trigger, jobId: null, code: null, detail: null, ...became }
    await store.end(run, kept)
    return kept
  }

  async function runNow(schedule: ScheduleRecord, send: SendRun, idempotency?: Idempotency): Promise<KeptRun> {
    const run = { schedule, slotMs: Date.now(), isManual: true }
    try {
      const { jobId, created } = await send(schedule, { slotMs: run.slotMs, idempotency: idempotency ?? nameOf(run) })
      // Who asks again under the same key is told of the same run.
      const former = created ? undefined : (await store.runs(schedule)).find((each) => each.jobId === jobId)
      return former ?? (await decide(run, 'manual', { outcome: 'submitted', jobId }))
    } catch (error) {
      if (isRefusal(error)) await decide(run, 'manual', refusedBy(error))
      throw error
    }
  }

  /** What a tick is for. One that began runs on, however late it is by now. */
  async function dueOf(schedule: ScheduleRecord, tick: Tick, lateMs: number): Promise<Due> {
    const slotMs = tick.data.slotMs ?? tick.dueMs
    const fromMs = tick.dueMs
    const beganMs = await store.began({ schedule, slotMs })
    if (beganMs !== null)
      return { kind: 'run', slotMs, trigger: beganMs - slotMs > lateMs ? 'catchUp' : 'slot', fromMs }
    const due = dueAt(schedule.timing, { slotMs, nowMs: Date.now(), catchUp: schedule.catchUp, lateMs })
    if (due.kind === 'run' && due.slotMs !== slotMs) await tick.choose(due.slotMs)
    return { ...due, fromMs }
  }

  async function onTick(tick: Tick, { send, lateMs = LATE_MS }: TicksOptions): Promise<void> {
    const schedule = await store.read(tick.data.schedule)
    if (schedule === null || schedule.of !== tick.data.of) return
    const takenMs = Date.now()
    const due = await dueOf(schedule, tick, lateMs)
    if (due.kind === 'missed') {
      const run = { schedule, slotMs: due.fromMs, isManual: false }
      if (!schedule.paused) await decide(run, 'slot', missed(due, lateMs))
      return
    }
    const runSlot = async (each: Due & { kind: 'run' }) => {
      const run = { schedule, slotMs: each.slotMs, isManual: false }
      const began = await store.begin(run, Date.now())
      if (began !== null) await decide(run, each.trigger, await became(run, began, each, tick, send))
    }
    await runSlot(due)
    // BullMQ's next tick is for the first slot after this one was taken: those in between have no other.
    const next = (afterMs: number) => nextSlot(schedule.timing, afterMs)
    for (let slotMs = next(Math.max(due.slotMs, schedule.updatedMs)); slotMs <= takenMs; slotMs = next(slotMs)) {
      await runSlot({ kind: 'run', trigger: 'slot', slotMs, fromMs: slotMs })
    }
  }

  async function became(run: RunIdentity, began: Began, due: Due, tick: Tick, send: SendRun): Promise<Became> {
    const { schedule, slotMs } = run
    const idempotency = nameOf(run)
    try {
      const sent = await jobs.earlier(idempotency)
      if (sent !== null) return { outcome: 'submitted', jobId: sent.id }
      if (Date.now() - began.sinceMs > TOO_OLD_MS) return { outcome: 'missed', detail: LEFT }
      if (schedule.overlap === 'skip') {
        if (began.isOtherDecided) return { outcome: 'skipped', detail: 'The run before it is just being sent.' }
        const former = began.newestJob === null ? null : await jobs.get(began.newestJob)
        if (former !== null && !isTerminal(former.state)) {
          return { outcome: 'skipped', detail: `Job ${former.id} of the run before it has not ended.` }
        }
      }
      const { jobId } = await send(schedule, { slotMs, idempotency })
      const isAfterMissed = due.fromMs !== slotMs
      return {
        outcome: 'submitted',
        jobId,
        ...(isAfterMissed && { detail: `${slotsFrom(due)} were missed before it.` }),
      }
    } catch (error) {
      if (isRefusal(error)) return refusedBy(error)
      if (!tick.isLastTry) throw error
      onError(error as Error)
      return refusedBy(
        new FfleetError('INTERNAL_ERROR', 'The job could not be sent, for a reason that was not foreseen.'),
      )
    }
  }

  return {
    put: guarded(put),
    get: guarded(store.get),
    list: guarded(store.of),
    pause: guarded(store.pause),
    remove: guarded(remove),
    runs: guarded(store.runs),
    runNow: guarded(runNow),
    openTicks: (options) =>
      openTicks({ source, onTick: (tick) => onTick(tick, options), keep: () => schedulers.keep(store.all), onError }),
    close: schedulers.close,
  }
}

type Began = NonNullable<Awaited<ReturnType<ScheduleStore['begin']>>>
type Became = Pick<KeptRun, 'outcome'> & Partial<Pick<KeptRun, 'jobId' | 'code' | 'detail'>>

const LEFT = 'No API has come to its end for a day; whether it sent its job is not known any more.'

/** The name that the job of a run is sent under: the same each time, so that it is one job however often it is sent. */
function nameOf(run: RunIdentity): Idempotency {
  const id = runId(run)
  return { scope: `schedule:${scheduleId(run.schedule)}@${run.schedule.of}`, key: id, bodyHash: id }
}

/** Whether an error says that the job may not be, rather than that it could not be sent now. */
function isRefusal(error: unknown): error is FfleetError {
  return error instanceof FfleetError && ((ERRORS[error.code].status ?? 0) < 500 || error.code === 'STORAGE_FULL')
}

function refusedBy({ code, message, errors }: FfleetError): Became {
  const details = errors.length > 1 ? errors.map(({ detail }) => detail) : [message]
  return { outcome: 'refused', code, detail: details.join(' ').slice(0, 1_000) }
}

function missed(due: Due & { kind: 'missed' }, lateMs: number): Became {
  const which = due.slotMs === due.fromMs ? 'It was' : `${slotsFrom(due)} were`
  return { outcome: 'missed', detail: `${which} not taken within ${lateMs / 1_000} s, as no API was there.` }
}

function slotsFrom({ fromMs, slotMs }: Due): string {
  return `Slots from ${new Date(fromMs).toISOString()} to ${new Date(slotMs).toISOString()}`
}
