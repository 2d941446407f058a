/** What the hash of a schedule says. */
import type { JobRequest, ScheduleRequest, ScheduleRun } from '../../contract/index.js'
import type { Timing } from './slots.js'

export type ScheduleSpec = Pick<Required<ScheduleRequest>, 'overlap' | 'catchUp'> & { timing: Timing; job: JobRequest }

/** Whose rights its jobs have: who sent it last. `keyId` null: somebody on a server without keys. */
export type MadeBy = { keyId: string | null; name: string }

export type ScheduleRecord = ScheduleSpec & {
  name: string
  tenant: string | null
  madeBy: MadeBy
  paused: boolean
  createdMs: number
  updatedMs: number
  /** Another schedule under its name, after it was removed, has another one. */
  of: string
}

/** A run as it is kept: the state of its job stands with the job. */
export type KeptRun = Omit<ScheduleRun, 'jobState'>

/** A schedule, and one of its runs by the time of its slot. */
export type RunIdentity = { schedule: ScheduleRecord; slotMs: number; isManual: boolean }

/** `<tenant>/<name>`: neither holds a slash. */
export function scheduleId({ tenant, name }: Pick<ScheduleRecord, 'tenant' | 'name'>): string {
  return `${tenant ?? ''}/${name}`
}

/** Below and above the ids of a tenant, for ranges by name. */
export function idsOfTenant(tenant: string | null): [from: string, to: string] {
  // '0' comes right after '/'.
  return [`[${tenant ?? ''}/`, `(${tenant ?? ''}0`]
}

/** What a run is known by in its schedule. */
export function runField({ slotMs, isManual }: Pick<RunIdentity, 'slotMs' | 'isManual'>): string {
  return isManual ? `${slotMs}.manual` : String(slotMs)
}

/** `<schedule>.<slot ms>`: its job is sent under this name, so that it is one however often it is sent. */
export function runId(run: RunIdentity): string {
  return `${run.schedule.name}.${runField(run)}`
}

/** Null for an empty hash. */
export function readSchedule(id: string, fields: Record<string, string>): ScheduleRecord | null {
  if (fields.spec === undefined) return null
  const slash = id.indexOf('/')
  return {
    ...(JSON.parse(fields.spec) as ScheduleSpec),
    name: id.slice(slash + 1),
    tenant: id.slice(0, slash) || null,
    madeBy: JSON.parse(fields.made!) as MadeBy,
    paused: fields.paused === '1',
    createdMs: Number(fields.created),
    updatedMs: Number(fields.updated),
    of: fields.of!,
  }
}
