import { ERROR_CODES, type ErrorCode } from './errors.js'
import { JobRequest } from './job.js'
import { Closed, Enum, Nullable, type Static, Timestamp, Type } from './schema.js'
import { JOB_STATES, type JobState } from './states.js'

/** What becomes of a run while the job of the one before it has not ended. */
export const OVERLAPS = ['skip', 'queue'] as const
/** What becomes of slots that nobody took in time, as no API was there. */
export const CATCH_UPS = ['none', 'one'] as const
/** Why there is a run. */
export const RUN_TRIGGERS = ['slot', 'catchUp', 'manual'] as const
/** What became of a run. */
export const RUN_OUTCOMES = ['submitted', 'skipped', 'refused', 'missed'] as const

/** The shortest interval, in ms; a cron pattern knows no shorter one. */
export const LEAST_EVERY_MS = 1_000
const MOST_EVERY_MS = 366 * 24 * 60 * 60 * 1_000
/** Schedules that one tenant may have. */
export const MAX_SCHEDULES = 100
/** Runs of a schedule that are kept. */
export const KEPT_RUNS = 100

export const SCHEDULE_NAME = '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$'

const { $id: _, examples: __, ...jobFields } = JobRequest as typeof JobRequest & { $id?: string; examples?: unknown }

/** `POST /v1/schedules`. */
export const ScheduleRequest = Closed(
  {
    name: Type.String({ pattern: SCHEDULE_NAME, description: 'Unique in the tenant.' }),
    cron: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description:
          'When it runs: minute, hour, day of the month, month and day of the week, or six fields with the second before them; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. Either this or `everyMs`.',
      }),
    ),
    everyMs: Type.Optional(
      Type.Integer({
        minimum: LEAST_EVERY_MS,
        maximum: MOST_EVERY_MS,
        description: 'Runs at every multiple of it since 1970-01-01T00:00Z. Either this or `cron`.',
      }),
    ),
    timeZone: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        default: 'UTC',
        description: 'IANA name, such as `Europe/Berlin`: whose clock `cron` and the placeholders follow.',
      }),
    ),
    job: Type.Unsafe<JobRequest>({
      ...jobFields,
      description:
        'What is sent each time, as to `POST /v1/jobs`. Paths and values of tags may hold placeholders, filled in for the time of the slot: `{date}` (2026-11-27), `{time}` (18-05-00), `{year}`, `{month}`, `{day}`, `{hour}`, `{minute}`, `{schedule}` (its name); `{{` and `}}` are braces.',
    }),
    overlap: Type.Optional(
      Enum(OVERLAPS, {
        default: 'skip',
        description:
          'While the job of the run before has not ended: leave this run out, or send its job all the same, which waits in the queue as every job does.',
      }),
    ),
    catchUp: Type.Optional(
      Enum(CATCH_UPS, {
        default: 'none',
        description: 'Slots that nobody took within a minute, as no API was there: none of them runs, or the newest.',
      }),
    ),
    paused: Type.Optional(
      Type.Boolean({ description: 'Whether it runs not. Left out: as it is; a new one runs.', default: false }),
    ),
  },
  {
    $id: 'ScheduleRequest',
    examples: [{ name: 'nightly', cron: '30 3 * * *', job: { input: 'in.mp4', outputs: [{ preset: 'h264-720p' }] } }],
  },
)
export type ScheduleRequest = Static<typeof ScheduleRequest>

/** One time that a schedule came due, or was asked to run. */
export const ScheduleRun = Closed(
  {
    id: Type.String({ description: 'The name of the schedule and the ms of the slot; with `.manual` when asked for.' }),
    slotAt: Timestamp,
    at: Type.String({ format: 'date-time', description: 'When it was decided what becomes of it.' }),
    trigger: Enum(RUN_TRIGGERS, {
      description: '`slot`: its time came; `catchUp`: it was missed, and is made up for; `manual`: somebody asked.',
    }),
    outcome: Enum(RUN_OUTCOMES, {
      description:
        '`submitted`: it became a job; `skipped`: the job before has not ended; `refused`: the job was; `missed`: nobody took it in time.',
    }),
    jobId: Nullable(Type.String()),
    jobState: Nullable(Enum(JOB_STATES), { description: 'As it is now; null without a job, or once that is removed.' }),
    code: Nullable(Enum(ERROR_CODES), { description: 'Of a refusal.' }),
    detail: Nullable(Type.String({ description: 'A sentence for people; null where all is well.' })),
  },
  { $id: 'ScheduleRun' },
)
export type ScheduleRun = Omit<Static<typeof ScheduleRun>, 'jobState' | 'code'> & {
  jobState: JobState | null
  code: ErrorCode | null
}

export const Schedule = Closed(
  {
    name: Type.String(),
    tenant: Nullable(Type.String()),
    cron: Nullable(Type.String()),
    everyMs: Nullable(Type.Integer()),
    timeZone: Type.String(),
    job: Type.Ref('JobRequest'),
    overlap: Enum(OVERLAPS),
    catchUp: Enum(CATCH_UPS),
    paused: Type.Boolean(),
    madeBy: Type.String({ description: 'Name of the key that sent it last: its jobs have the rights of that key.' }),
    nextRuns: Type.Array(Timestamp, { description: 'The next 5 slots; none while it is paused.' }),
    lastRun: Nullable(Type.Ref('ScheduleRun')),
    createdAt: Timestamp,
    updatedAt: Timestamp,
    links: Closed({ self: Type.String(), runs: Type.String() }),
  },
  { $id: 'Schedule' },
)
/** The schedule resource. */
export type Schedule = Omit<Static<typeof Schedule>, 'job' | 'lastRun'> & {
  job: JobRequest
  lastRun: ScheduleRun | null
}
