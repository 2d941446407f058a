/**
 * Every Redis key and channel of ffleet, in one place.
 *
 * BullMQ keeps scheduling state under `bull:transcode:*` (its defaults, so that QueueEvents and bull-board find it), and
 * under `bull:inspect:*` what dry runs ask of workers, until it is answered, under `bull:schedules:*` when schedules come due,
 * under `bull:webhooks:*` which jobs have news for their webhooks, and under `bull:parts-<kin>:*` parts of films that workers
 * of one kin may make for one another. Beside them stand:
 *
 * | key | type | holds | bounded by |
 * |---|---|---|---|
 * | `ffleet:job:<id>` | hash | the request, what the attempts recorded, the final resource | retention |
 * | `ffleet:events:<id>` | stream | the job's event log, from its first attempt or its end on | kept progress + life-cycle events; expires after the end |
 * | `ffleet:events:<id>:progress` | list | ids of the kept progress entries, oldest first | KEPT_PROGRESS |
 * | `ffleet:fleet` | stream | fleet-wide events | FLEET_EVENTS |
 * | `ffleet:jobs` | zset, score 0 | ids of all jobs; ULIDs, so in order of time | retention |
 * | `ffleet:jobs:open` | zset, score 0 | jobs that have not ended | |
 * | `ffleet:jobs:active` | zset, score 0 | jobs with an attempt that began and has not ended | |
 * | `ffleet:jobs:<terminal state>` | zset, score 0 | jobs that ended so | retention |
 * | `ffleet:jobs:ended` | zset, score ms | jobs by the time they ended | retention |
 * | `ffleet:outcomes:<hour since 1970>` | hash | how many jobs ended how in each minute, and the ms of media they made | a day |
 * | `ffleet:usage:<day since 1970>` | hash | what the jobs and attempts that ended on that day (UTC) used and made, `<figure>:<tenant>` | KEPT_USAGE_MS |
 * | `ffleet:outputs` | hash | paths that jobs were given or took, each with the job it belongs to | retention |
 * | `ffleet:tag:<key>=<value>` | zset, score 0 | jobs with the tag | retention |
 * | `ffleet:tenant:<tenant>` | zset, score 0 | jobs of the tenant; `ffleet:tenant:<tenant>:tag:<key>=<value>`: those of them with the tag | retention |
 * | `ffleet:tenant:<tenant>:outcomes:<hour>` | hash | as `ffleet:outcomes:<hour>`, of the tenant's jobs | a day |
 * | `ffleet:line:<tenant>` | zset, score 100 - priority | jobs of the tenant that wait, in the order in which it has them run; of none: `ffleet:line:` | open jobs |
 * | `ffleet:lines` | set | tenants whose line is not empty | |
 * | `ffleet:later` | zset, score ms | jobs that join their line at that time: after a delay, or before another attempt | open jobs |
 * | `ffleet:turns` | zset, score turn | the first jobs of each line, called up while several tenants wait | CALLED a tenant |
 * | `ffleet:turns:begun` | hash | the last turn that began, by tenant; `*`: of all; `*contested`: several tenants wait | |
 * | `ffleet:followers:<id>` | set | jobs that wait for the end of that job, and those that are not told of it yet | open jobs |
 * | `ffleet:following` | zset, score 0 | jobs that wait for others to complete; BullMQ has nothing of them | open jobs |
 * | `ffleet:followed` | hash | jobs that ended and have followers who are not told yet, and how: `completed`, `cancelled`, `failed <code>` | |
 * | `ffleet:uploads` | zset, score ms | ids of uploads, by the time they began | FFLEET_KEEP_UPLOADS_MS |
 * | `ffleet:upload:<id>` | hash | an upload; `uploads/scripts.ts` has the fields. `…:jobs`: set of the jobs that read it; `…:lock`, `…:lock:asked`: who writes to it now, and that somebody else asks to | FFLEET_KEEP_UPLOADS_MS |
 * | `ffleet:held` | set | jobs that wait because their tenant runs as many as it may | open jobs |
 * | `ffleet:needing:<encoders>` | zset, score 100 - priority, of tenants 100 | jobs that wait for a worker that can use the encoders they name | open jobs |
 * | `ffleet:needed` | set | encoders, with commas between them, that jobs wait for so | |
 * | `ffleet:open:<tenant>`, `ffleet:running:<tenant>` | set | jobs of the tenant that have not ended; those with a running attempt | open jobs |
 * | `ffleet:stored:<tenant>` | hash | bytes of what jobs of the tenant published, by path; `ffleet:stored`: their sums, by tenant | retention |
 * | `ffleet:quotas` | hash | `<tenant>:<queued, running or bytes>`, tenant `*` for all others; written by APIs from the file with the keys | |
 * | `ffleet:idempotency:<scope>:<key>` | hash | job id and hash of the body | 24 h |
 * | `ffleet:schedules` | zset, score 0 | ids of all schedules, `<tenant>/<name>`; of none: `/<name>` | MAX_SCHEDULES a tenant |
 * | `ffleet:schedule:<id>` | hash | what the schedule is, its newest job, the runs that began and are not decided | |
 * | `ffleet:schedule:<id>:runs` | hash | what became of its runs, JSON, by the ms of the slot | KEPT_RUNS |
 * | `ffleet:worker:<id>` | string | a worker's last heartbeat | expires |
 * | `ffleet:workers` | zset, score ms | workers by the time they were last seen | |
 * | `ffleet:parts` | zset, score ms | the kins of workers that were offered parts of films, by the time of the last offer | a day |
 * | `ffleet:drain:<worker id>` | string | the worker was asked to drain | 1 h |
 * | `ffleet:sweeper` | string | who sweeps now | expires |
 * | `ffleet:chore:<chore>` | string | somebody has done it lately, for all workers | until it is due again |
 * | `ffleet:roots` | string | ids of the folders that are the fleet's | |
 * | `ffleet:roots:fresh` | string | which API holds them now, and some of what stands in the media root | FRESH_ROOTS_MS |
 * | `ffleet:apis:open` | zset, score ms | APIs that other machines can reach, by the time they last said so | a day |
 * | `ffleet:history` | hash | how long attempts took, by what was made and by host, for the forecast | MOST_FIELDS |
 * | `ffleet:watch:revoked` | hash | how often the watch links of a job were revoked; `*`: of all | with the job |
 * | `ffleet:watched:files` | hash | files of watch folders by their paths, and what became of each, JSON | files that stand there, or did in the last 7 days |
 * | `ffleet:watched:by:<rule>:<state>` | zset, score ms | paths of the rule's files in that state, by the time since when | the files |
 * | `ffleet:watched:due:<rule>` | zset, score ms | paths of the rule's files that wait, by the time at which they are looked at again | the files |
 * | `ffleet:watched:identities` | hash | `<rule>:<inode, size, time of change>` and the path under which that file is known | the files |
 * | `ffleet:watched:jobs` | hash | jobs of files that have not ended, each with the path | the files |
 * | `ffleet:watched:rules` | hash | the rules, as the processes that watch by them tell | rules |
 * | `ffleet:rate:<budget>:<key or address>` | string | how often it asked in the running minute | a minute |
 * | `ffleet:webhook:<id>` | hash | how far the webhook of a job is in its event log, and what is tried; `webhooks/scripts.ts` has the fields | with the job |
 * | `ffleet:webhook:<id>:log`, `…:log:progress` | list | tries to deliver, newest first, JSON | KEPT_TRIES, KEPT_PROGRESS_TRIES |
 * | `ffleet:webhook:<id>:again` | zset, score ms | events that somebody asked to be sent once more | until they are |
 * | `ffleet:webhooks:due` | zset, score ms | jobs with something to deliver, by when it is to be tried | jobs |
 * | `ffleet:webhooks:waiting` | zset, score ms | the same jobs, by the time of the oldest event that is not delivered | jobs |
 * | `ffleet:webhooks:secrets` | hash | what deliveries are signed with, by tenant (of none: ``), JSON | |
 * | `ffleet:secret` | string | signs watch tokens and sessions, encrypts cursors | |
 *
 * Channels: `ffleet:live:<job id>`, `ffleet:live:fleet`, `ffleet:live:outcomes` (of the fleet's events those of attempts that
 * failed and jobs that ended), `ffleet:live:webhooks` (jobs with something to deliver), `ffleet:control` (cancel, drain, and a job that waits for an encoder, for workers).
 */
import type { TerminalState, WatchState } from '../contract/index.js'

export const QUEUE_NAME = 'transcode'

/** The queue of questions that a worker answers at once; see `inspections.ts`. */
export const INSPECT_QUEUE_NAME = 'inspect'

/** The queue whose jobs are ticks: a schedule comes due; see `schedules/ticks.ts`. */
export const SCHEDULES_QUEUE_NAME = 'schedules'

/** The queue of jobs that have news for their webhooks; see `webhooks/deliverer.ts`. */
export const WEBHOOK_QUEUE_NAME = 'webhooks'

/** The queue of parts of films for slots with nothing else to do, of workers that make the same of them; see `parts/offers.ts`. */
export const partsQueueName = (kin: string) => `parts-${kin}`

/** The body of a job's first `job.queued`. */
export const QUEUED_BODY = '{"attempt":0}'

/**
 * The names of one fleet. A fleet with a namespace has names of its own beside others on the same Redis:
 * `ffleet:{<namespace>}:…` and `bull:{<namespace>}:transcode:…`.
 */
export function createNames({ namespace, db }: { namespace: string | null; db: number }) {
  const place = namespace === null ? '' : `:{${namespace}}`
  const [prefix, bullPrefix] = [`ffleet${place}`, `bull${place}`]
  // Databases part keys, not channels: those are the same for the whole server.
  const live = db === 0 ? prefix : `${prefix}:db${db}`
  const keys = createKeys(prefix, bullPrefix)
  return { prefix, bullPrefix, keys, channels: createChannels(live) }
}

export type Names = ReturnType<typeof createNames>

function createKeys(own: string, bulls: string) {
  const bull = `${bulls}:${QUEUE_NAME}`
  return {
    job: (id: string) => `${own}:job:${id}`,
    events: (id: string) => `${own}:events:${id}`,
    progressIds: (id: string) => `${own}:events:${id}:progress`,
    fleet: `${own}:fleet`,
    jobs: `${own}:jobs`,
    open: `${own}:jobs:open`,
    active: `${own}:jobs:active`,
    ended: `${own}:jobs:ended`,
    ofState: (state: TerminalState | '') => `${own}:jobs:${state}`,
    outcomes: (hour: number | '') => `${own}:outcomes:${hour}`,
    usage: (day: number | '') => `${own}:usage:${day}`,
    outputs: `${own}:outputs`,
    tag: (key: string, value: string) => `${own}:tag:${key}=${value}`,
    tenant: (tenant: string) => `${own}:tenant:${tenant}`,
    tagOfTenant: (tenant: string, key: string, value: string) => `${own}:tenant:${tenant}:tag:${key}=${value}`,
    outcomesOfTenant: (tenant: string, hour: number | '') => `${own}:tenant:${tenant}:outcomes:${hour}`,
    line: (tenant: string) => `${own}:line:${tenant}`,
    lines: `${own}:lines`,
    later: `${own}:later`,
    turns: `${own}:turns`,
    turnsBegun: `${own}:turns:begun`,
    followers: (id: string) => `${own}:followers:${id}`,
    following: `${own}:following`,
    followed: `${own}:followed`,
    uploads: `${own}:uploads`,
    upload: (id: string) => `${own}:upload:${id}`,
    held: `${own}:held`,
    needing: (needs: string) => `${own}:needing:${needs}`,
    needed: `${own}:needed`,
    openOf: (tenant: string) => `${own}:open:${tenant}`,
    runningOf: (tenant: string) => `${own}:running:${tenant}`,
    storedOf: (tenant: string) => `${own}:stored:${tenant}`,
    stored: `${own}:stored`,
    quotas: `${own}:quotas`,
    idempotency: (scope: string, key: string) => `${own}:idempotency:${scope}:${key}`,
    schedules: `${own}:schedules`,
    schedule: (id: string) => `${own}:schedule:${id}`,
    runs: (id: string) => `${own}:schedule:${id}:runs`,
    worker: (id: string) => `${own}:worker:${id}`,
    workers: `${own}:workers`,
    parts: `${own}:parts`,
    drain: (id: string) => `${own}:drain:${id}`,
    sweeper: `${own}:sweeper`,
    chore: (chore: string) => `${own}:chore:${chore}`,
    roots: `${own}:roots`,
    freshRoots: `${own}:roots:fresh`,
    openApis: `${own}:apis:open`,
    history: `${own}:history`,
    revoked: `${own}:watch:revoked`,
    watchedFiles: `${own}:watched:files`,
    watchedBy: (rule: string, state: WatchState | '@state') => `${own}:watched:by:${rule}:${state}`,
    watchedDue: (rule: string) => `${own}:watched:due:${rule}`,
    watchedIdentities: `${own}:watched:identities`,
    watchedJobs: `${own}:watched:jobs`,
    watchRules: `${own}:watched:rules`,
    /** Before the name of who asks. */
    rates: (budget: string) => `${own}:rate:${budget}`,
    webhook: (id: string) => `${own}:webhook:${id}`,
    webhooksDue: `${own}:webhooks:due`,
    webhooksWaiting: `${own}:webhooks:waiting`,
    webhookSecrets: `${own}:webhooks:secrets`,
    secret: `${own}:secret`,
    // BullMQ's own; ADR 11 says why we read them. We write none.
    /** The lock BullMQ holds for an active job; its value is the holder's token. */
    bullLock: (id: string) => `${bull}:${id}:lock`,
    /** Waiting jobs in the order in which they will be started. */
    bullPrioritized: `${bull}:prioritized`,
    bullDelayed: `${bull}:delayed`,
    /** The parts of films in a state, of workers of that kin. */
    bullParts: (kin: string, state: 'active' | 'prioritized') => `${bulls}:${partsQueueName(kin)}:${state}`,
    /** BullMQ's event stream, which QueueEvents reads. */
    bullEvents: `${bull}:events`,
  } as const
}

/** The indexes of tags and tenants that a job stands in. */
export function indexKeys(keys: Names['keys'], tags: Record<string, string>, tenant: string | null): string[] {
  const pairs = Object.entries(tags)
  const ofAll = pairs.map(([key, value]) => keys.tag(key, value))
  if (tenant === null) return ofAll
  return [...ofAll, keys.tenant(tenant), ...pairs.map(([key, value]) => keys.tagOfTenant(tenant, key, value))]
}

function createChannels(live: string) {
  return {
    job: (id: string) => `${live}:live:${id}`,
    fleet: `${live}:live:fleet`,
    outcomes: `${live}:live:outcomes`,
    webhooks: `${live}:live:webhooks`,
    control: `${live}:control`,
  } as const
}

/** Progress entries kept per job: at the default two a second, the newest 200 seconds. */
export const KEPT_PROGRESS = 400
/** Fleet-wide events kept, about. */
export const FLEET_EVENTS = 10_000
export const HOUR_MS = 60 * 60 * 1000
/** How long it is known how many jobs ended when. */
export const KEPT_OUTCOMES_MS = 24 * HOUR_MS
export const DAY_MS = 24 * HOUR_MS
/** How long it is known what was used on a day. */
export const KEPT_USAGE_MS = 400 * DAY_MS
/** Tries to deliver that are kept of a job. */
export const KEPT_TRIES = 100
export const KEPT_PROGRESS_TRIES = 20
/** The events of an ended job with a webhook are kept for so long at least: all tries of one of them take 33 hours at most. */
export const KEPT_FOR_WEBHOOKS_MS = 36 * HOUR_MS
export const IDEMPOTENCY_TTL_MS = 24 * HOUR_MS
