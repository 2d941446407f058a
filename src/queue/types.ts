import type {
  ErrorCode,
  FleetEvent,
  Forecast,
  Job,
  JobEvent,
  JobOutput,
  JobState,
  QueueHistory,
  QueueInfo,
  UsageDay,
  WorkerInfo,
} from '../contract/index.js'
import type { NormalizedJob } from '../contract/normalized.js'
import type { UsageRange } from './usage.js'

/** Whose key, the key, and a hash of what is asked for under it. */
export type Idempotency = { scope: string; key: string; bodyHash: string }

/** What a submission came to. `created` is false when the idempotency key gave an earlier job again. */
export type Submission = { id: string; created: boolean; job: Job }

/** Who put an output in its place, and how it looked there right afterwards. */
export type Written = {
  worker: string
  host: string
  /** Id of the output root, as that worker sees it; null where it has none. */
  root: string | null
  bytes: number
  modifiedMs: number
  /** Null in a store that has none. */
  inode: number | null
  /** What the store of outputs called these bytes, where it does. */
  etag?: string
}

/** What `out:<name>` holds: a published output and how it was written, null where only the output was kept. */
export type KnownOutput = { output: JobOutput; written: Written | null }

/** The worker that ran an attempt, and the id of the data folder, or other place, in which it reported; null where that has none. */
export type RanOn = { worker: string; host: string; data: string | null }

/** An output of a job, and what is known of how it was published. */
export type Publication = {
  output: JobOutput
  isFolder: boolean
  /** The newest. */
  attempt: number
  /** That runs, and has said nothing yet of playing the output early. */
  isToBePlayed: boolean
  /** Null before it is published. */
  written: Written | null
  /** The job that its path belongs to now; null when none has it. */
  owner: string | null
}

/** `awaited`: jobs that it follows and that have not completed, and each `upload:<id>` that is not whole. */
export type Prerequisites = { awaited: string[]; sources: Record<string, KnownOutput> }

export type JobFilter = {
  state?: JobState
  tags?: Record<string, string>
  /** With an output of this preset. */
  preset?: string
  /** Whose error has this code. */
  code?: ErrorCode
  /** Somewhere in its id, input, output names and paths, or tags, in any case. */
  text?: string
  /** Submitted at this time or later, in ms since 1970. */
  sinceMs?: number
  /** Submitted before this time. */
  untilMs?: number
  /** Jobs of this tenant; null: of none. Without it: all. */
  tenant?: string | null
  /** 1 to 200. */
  limit: number
  /** From a former page's `nextCursor`; it stays valid whatever is added or removed in between. */
  cursor?: string
}

/** May hold fewer jobs than asked for, even none, while there are more: so much is looked at for one page, and no more. */
export type JobPage = { items: Job[]; nextCursor: string | null }

/**
 * Everything the API needs of the queue. All calls fail fast with `QUEUE_UNAVAILABLE` while Redis is away; ids that are
 * not known give null.
 */
export interface JobQueue {
  /** The same queue for those of one tenant (null: of none): other jobs do not exist there. */
  of(tenant: string | null): JobQueue
  /**
   * Throws what `earlier` throws, `OUTPUT_EXISTS` when another job has the path of an output that may replace nothing,
   * `QUOTA_EXCEEDED` when the tenant has as many open jobs, or bytes, as it may, and `PREDECESSOR_NOT_FOUND` or
   * `PREDECESSOR_FAILED` when a job that it follows is not there, or has ended and did not complete.
   */
  submit(job: NormalizedJob, options: { idempotency?: Idempotency; tenant?: string | null }): Promise<Submission>
  /**
   * The job that was submitted under the key, null if there was none. Throws `IDEMPOTENCY_KEY_REUSED` when that was
   * another request, `NOT_FOUND` when the job has been removed since.
   */
  earlier(idempotency: Idempotency): Promise<Job | null>
  get(id: string): Promise<Job | null>
  /** Whether there may be such a job, at the price of one look at most. */
  has(id: string): Promise<boolean>
  /** What stands before a job that would be sent now, and what is known of the outputs that it takes as inputs, by `job:<id>/<output>`. */
  prerequisites(job: NormalizedJob): Promise<Prerequisites>
  /** When a job would start and end if it were sent now; null where that is not known. */
  foresee(job: NormalizedJob, tenant?: string | null): Promise<Forecast | null>
  list(filter: JobFilter): Promise<JobPage>
  /** Null: no such job. Throws `JOB_ALREADY_FINISHED`. */
  cancel(id: string): Promise<Job | null>
  /** What was asked for, as the worker reads it; null for an unknown job. */
  request(id: string): Promise<NormalizedJob | null>
  /** Whether an attempt has decided to publish outputs of the job, and the job has not ended by that. */
  hasCommitted(id: string, attempt: number): Promise<boolean>
  /** Null when there is no such job or output. */
  publication(id: string, name: string): Promise<Publication | null>
  /** Who ran the newest attempt; null when there was none. */
  ranOn(id: string): Promise<RanOn | null>
  /** The job that an output path belongs to. */
  ownerOf(path: string): Promise<string | null>
  /** `gone`: names of published outputs that are to be made again. Throws `JOB_NOT_RETRYABLE`, `OUTPUT_EXISTS`, `QUOTA_EXCEEDED`. */
  retry(id: string, gone?: string[]): Promise<Job | null>
  /** As `retry`, of a job that BullMQ runs again already. False: it may not, or another job has an output path of it. */
  reopen(id: string): Promise<boolean>
  /** Removes a terminal job; throws `JOB_NOT_FINISHED`. */
  remove(id: string): Promise<boolean>
  /** Makes the watch links of a job wrong that were given until now. False: no such job. */
  revokeLinks(id: string): Promise<boolean>
  info(): Promise<QueueInfo>
  /** The jobs that wait, in the order in which they will be started. */
  next(limit: number): Promise<Job[]>
  /** What was used and made, by day and tenant. */
  usage(range: UsageRange): Promise<UsageDay[]>
  /** The last minutes, this one last: 1 to 1,440. Of the whole fleet; for a tenant, of its own jobs. */
  history(minutes: number): Promise<QueueHistory>
  pause(): Promise<void>
  resume(): Promise<void>
  /** Round trip to Redis within the time, else false. */
  ping(timeoutMs: number): Promise<boolean>
}

/**
 * An event of the log. `event` and its JSON text are made when somebody asks for them, once: most events are only passed
 * on as text, or only counted.
 */
export interface Entry<E extends FleetEvent | JobEvent> {
  readonly id: string
  readonly type: E['type']
  /** Null for a worker's event. */
  readonly jobId: string | null
  /** Of the fleet's events alone: whose the job is; null for a job of no tenant. */
  readonly tenant: string | null
  readonly event: E
  readonly json: string
}

/** The kept events of jobs and of the fleet, and the live ones as they are appended: what `api/event-hub` is built on. */
export interface EventLog {
  /**
   * Kept events of a job after `after` (exclusive; from the first one without it), oldest first. `endId` is the id of
   * the terminal event once the job has ended (nothing follows it unless somebody retries the job), else null.
   * Unknown job: null. When the events themselves have expired: the one terminal event.
   */
  read(jobId: string, after?: string): Promise<{ entries: Entry<JobEvent>[]; endId: string | null } | null>
  /** Kept events of the fleet after `after` (exclusive), oldest first; without it, none, only `lastId` to go on from. */
  readFleet(after?: string): Promise<{ entries: Entry<FleetEvent>[]; lastId: string }>
  /**
   * Live events of a job, over this process's single subscriber connection. Resolves once the subscription stands, so
   * that a `read` after it misses nothing. Events come in order, but may be missed while Redis is away: `onGap` is
   * called when the connection stands again, and the caller reads what it missed.
   */
  subscribe(jobId: string, onEntry: (entry: Entry<JobEvent>) => void, onGap: () => void): Promise<Subscription>
  subscribeFleet(onEntry: (entry: Entry<FleetEvent>) => void, onGap: () => void): Promise<Subscription>
  /** Of the fleet's events only `attempt.failed` and the terminal ones, which are few. */
  subscribeOutcomes(onEntry: (entry: Entry<FleetEvent>) => void, onGap: () => void): Promise<Subscription>
  close(): Promise<void>
}

export type Subscription = { close(): void }

export interface FleetRegistry {
  list(): Promise<WorkerInfo[]>
  /** Asks a worker to drain; false when there is none of that id. */
  drain(workerId: string): Promise<boolean>
  /**
   * Whoever saw the process of a worker end says so: what it ran waits for another one at once, not only when its locks
   * run out. Saying it of a worker that lives takes its jobs away from it.
   */
  lost(workerId: string): Promise<void>
}
