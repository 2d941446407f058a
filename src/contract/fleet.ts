import type { Forecast } from './forecast.js'
import { Closed, Enum, Nullable, type Static, Timestamp, Type } from './schema.js'

export const WORKER_STATES = ['running', 'draining', 'unhealthy'] as const

/** One worker process, as its last heartbeat told. */
export const WorkerInfo = Closed(
  {
    id: Type.String(),
    host: Type.String(),
    pid: Type.Integer(),
    version: Type.String(),
    state: Enum(WORKER_STATES),
    slots: Type.Integer(),
    busy: Type.Integer(),
    ffmpeg: Nullable(Type.String({ description: 'Version of ffmpeg.' })),
    encoders: Type.Array(Type.String(), {
      description:
        "Those that presets can use, by ffmpeg's names. Of hardware ones those that passed a trial and whose device is not out.",
    }),
    sandbox: Type.String({
      description: 'What encloses ffmpeg: bwrap, limits, pdeathsig or none. Only bwrap is a sandbox.',
    }),
    startedAt: Timestamp,
    lastSeenAt: Timestamp,
    load: Nullable(
      Type.Number({
        description: 'Of its host: load average of a minute for each core, 1 is full; null where there is none.',
      }),
    ),
    jobs: Type.Array(Type.String()),
  },
  { $id: 'WorkerInfo' },
)
export type WorkerInfo = Static<typeof WorkerInfo>

const QuotaUse = Closed({
  limit: Nullable(Type.Integer({ description: 'Null: there is none.' })),
  used: Type.Integer(),
})

export const QueueInfo = Closed(
  {
    paused: Type.Boolean(),
    counts: Closed({
      queued: Type.Integer(),
      delayed: Type.Integer({ description: 'Of the queued, those that wait for their delay or back-off.' }),
      active: Type.Integer(),
      completed: Type.Integer({ description: 'Among the jobs still kept.' }),
      failed: Type.Integer(),
      cancelled: Type.Integer(),
    }),
    oldestWaitMs: Nullable(
      Type.Integer({ description: 'Age of the longest waiting job that could run; null when none waits.' }),
    ),
    demand: Nullable(
      Closed({
        slots: Type.Integer({
          description:
            'How many slots have something to do: `jobs` and `parts` together. For autoscalers: divided by the slots of a worker it is how many workers there should be. Jobs that wait for others, for an encoder, or because their tenant runs as many as it may, do not count; schedules and watch folders count when they have made a job.',
        }),
        jobs: Type.Integer({
          description:
            '`waiting`, active and `dueSoon` together: what there is for workers that take one job each, and no parts.',
        }),
        waiting: Type.Integer({ description: 'Jobs that a free slot would begin now; 0 while the queue is paused.' }),
        dueSoon: Type.Integer({
          description:
            'Jobs whose delay or back-off ends within the next 60 s, or has ended while no worker was there; 0 while the queue is paused.',
        }),
        parts: Type.Integer({
          description:
            'Parts of films with `split` that a slot without a job makes or could make: 64 a film at most, for no more are on offer at once.',
        }),
      }),
      { description: 'What the fleet has to do; null for a key with a tenant.' },
    ),
    workers: Type.Integer(),
    slots: Type.Integer(),
    forecast: Nullable(Type.Ref('Forecast'), {
      description:
        'When all that waits and runs will have ended; null when nothing does, while jobs wait for others to complete or for an encoder, or nothing is known.',
    }),
    quotas: Type.Optional(
      Closed(
        { queued: QuotaUse, running: QuotaUse, bytes: QuotaUse },
        {
          description:
            'For a key with a tenant: jobs that have not ended, attempts at once, and bytes of the outputs of the jobs that are kept.',
        },
      ),
    ),
  },
  { $id: 'QueueInfo' },
)
export type QueueInfo = Omit<Static<typeof QueueInfo>, 'forecast'> & { forecast: Forecast | null }

/** How jobs ended, minute by minute, and how much media was made of them. */
export const QueueHistory = Closed(
  {
    bucketMs: Type.Integer({ description: 'Length of an item: a minute.' }),
    items: Type.Array(
      Closed({
        at: Timestamp,
        completed: Type.Integer(),
        cancelled: Type.Integer(),
        failed: Type.Record(Type.String(), Type.Integer(), { description: 'By error code.' }),
        mediaMs: Type.Integer({ description: 'Of jobs that completed: the length of the longest output of each.' }),
      }),
      { description: 'Oldest first, also those in which nothing ended.' },
    ),
  },
  { $id: 'QueueHistory' },
)
export type QueueHistory = Static<typeof QueueHistory>

/** RFC 9457. */
export const Problem = Closed(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String(),
    hint: Type.Optional(Type.String()),
    errors: Type.Array(Closed({ pointer: Type.String(), detail: Type.String() })),
  },
  { $id: 'Problem' },
)
export type Problem = Static<typeof Problem>
