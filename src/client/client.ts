import { isTerminalEvent } from '../contract/events.js'
import type {
  DeliveryLog,
  DryRun,
  FleetEvent,
  Job,
  JobEvent,
  JobRequest,
  Preset,
  QueueHistory,
  QueueInfo,
  Report,
  Schedule,
  ScheduleRequest,
  ScheduleRun,
  TerminalState,
  Upload,
  Usage,
  WatchFolder,
  WebhookSecret,
  WorkerInfo,
} from '../contract/index.js'
import { isTerminal } from '../contract/states.js'
import { abortScope, sleep } from './abort.js'
import { FfleetApiError } from './api-error.js'
import { DEFAULT_RETRY } from './backoff.js'
import { sendDirect } from './direct-upload.js'
import { type EventSource, type EventStreamOptions, followEvents, type StreamLimits } from './event-stream.js'
import {
  type Call,
  type HttpOptions,
  isAnswered,
  isUnsure,
  requestJson,
  requestOnce,
  requestStream,
  requestText,
} from './http.js'
import type {
  CallOptions,
  ClientOptions,
  DirectUploadOptions,
  Download,
  DownloadOptions,
  JobPage,
  ListFilter,
  LogPage,
  LogQuery,
  MediaPage,
  OutputFile,
  ScheduleQuery,
  SubmitOptions,
  UsageQuery,
  WatchedFilePage,
  WatchedFileQuery,
} from './types.js'

const DEFAULT_BASE_URL = 'http://127.0.0.1:4280'

/** What the environment says, where there is one; in a browser there is none. */
function fromEnvironment(name: string): string | null {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }
  return process?.env?.[name]?.trim() || null
}

/** As calls begin with it: `localhost:4280` is one of http, and a path is one of the page's own origin. */
function serverUrl(text: string): string {
  const given = text.trim()
  if (given === '' || given.startsWith('/')) return withoutSlash(given)
  const url = /^[a-z]+:\/\//i.test(given) ? given : `http://${given}`
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return withoutSlash(url)
  throw new TypeError(`"${text}" is no http or https URL of a server.`)
}

const withoutSlash = (url: string) => url.replace(/\/+$/, '')

/** One step of a path. */
const segment = encodeURIComponent
const jobPath = (jobId: string, rest = '') => `/v1/jobs/${segment(jobId)}${rest}`
const outputPath = (jobId: string, name: string) => jobPath(jobId, `/outputs/${segment(name)}`)
const uploadPath = (uploadId: string) => `/v1/uploads/${segment(uploadId)}`
const schedulePath = (name = '', rest = '') => `/v1/schedules${name && `/${segment(name)}`}${rest}`

/**
 * The API of one ffleet server, typed; in Node and in a browser. Holds no connection of its own: there is nothing to
 * close. Calls reject with `FfleetApiError` when the server refuses and with `FfleetConnectionError` when none answers;
 * transient failures of both kinds were tried again before that. Every call takes an `AbortSignal`.
 */
export class FfleetClient {
  /** Without a slash at the end. */
  readonly baseUrl: string
  readonly #http: HttpOptions
  readonly #limits: StreamLimits

  /**
   * A text stands for the options: it is the base URL.
   *
   * @throws TypeError when that is no http or https URL.
   */
  constructor(given: ClientOptions | string = {}) {
    const options = typeof given === 'string' ? { baseUrl: given } : given
    this.baseUrl = serverUrl(options.baseUrl ?? fromEnvironment('FFLEET_URL') ?? DEFAULT_BASE_URL)
    const retry = options.retry === false ? { ...DEFAULT_RETRY, attempts: 0 } : { ...DEFAULT_RETRY, ...options.retry }
    this.#http = {
      baseUrl: this.baseUrl,
      apiKey: options.apiKey ?? fromEnvironment('FFLEET_API_KEY'),
      fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
      retry,
      timeoutMs: options.timeoutMs ?? 30_000,
    }
    this.#limits = { baseUrl: this.baseUrl, retry, idleTimeoutMs: options.idleTimeoutMs ?? 45_000 }
  }

  /** Sends a job. Tries of one call share an idempotency key, so that they never make two jobs. */
  submit(request: JobRequest, options: SubmitOptions = {}): Promise<Job> {
    const headers = { 'idempotency-key': options.idempotencyKey ?? randomKey() }
    return this.#post('/v1/jobs', { body: request, headers, signal: options.signal })
  }

  /**
   * What would become of a job: its plan, what it would leave out, or what it would fail with. Nothing is enqueued.
   * Rejects as `submit` does where the request itself is refused. `plan` is null when no worker looked at the input.
   */
  dryRun(request: JobRequest, options: CallOptions = {}): Promise<DryRun> {
    return this.#post('/v1/jobs', { query: { dryRun: 'true' }, body: request, ...options })
  }

  /** A job as it is now. */
  get(jobId: string, options: CallOptions = {}): Promise<Job> {
    return this.#json({ path: jobPath(jobId), ...options })
  }

  /** One page, newest first; `nextCursor` is null on the last. */
  listPage(filter: ListFilter & { cursor?: string | undefined } = {}, options: CallOptions = {}): Promise<JobPage> {
    const { tags = {}, ...plain } = filter
    const ofTags = Object.entries(tags).map(([key, value]) => [`tag.${key}`, value])
    const query = { ...plain, ...Object.fromEntries(ofTags) }
    return this.#json({ path: '/v1/jobs', query, ...options })
  }

  /** All jobs, newest first, fetched page by page as they are taken. */
  async *list(filter: ListFilter = {}, options: CallOptions = {}): AsyncGenerator<Job, void, undefined> {
    let cursor: string | undefined
    do {
      const page: JobPage = await this.listPage({ ...filter, cursor }, options)
      yield* page.items
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
  }

  /**
   * Sends a file straight to the bucket of the outputs, in several parts at once, each again where it broke; `upload:<id>` is then an
   * input. What is aborted or broken off stays, and is gone on with by `resume`. Rejects with `NOT_FOUND` where outputs lie in no
   * bucket (the file is sent by tus then), with `FfleetBucketError` where the bucket takes a part for good not, and with the error of
   * the file where that cannot be read, or changes. In Node `fs.openAsBlob` makes one of a path, without reading it into memory.
   */
  uploadDirect(file: Blob, options: DirectUploadOptions = {}): Promise<Upload> {
    return sendDirect({ http: this.#http, silenceMs: this.#limits.idleTimeoutMs }, file, options)
  }

  /** How far an upload is, by tus or straight to the bucket. */
  upload(uploadId: string, options: CallOptions = {}): Promise<Upload> {
    return this.#json({ path: uploadPath(uploadId), ...options })
  }

  /** Removes an upload, whole or not; `UPLOAD_IN_USE` while a job that has not ended reads it. */
  removeUpload(uploadId: string, options: CallOptions = {}): Promise<void> {
    return this.#json({ method: 'DELETE', path: uploadPath(uploadId), ...options })
  }

  /** What stands in a folder of the media root, folders first; the root itself without a path. */
  media(query: { path?: string; limit?: number; cursor?: string } = {}, options: CallOptions = {}): Promise<MediaPage> {
    return this.#json({ path: '/v1/media', query, ...options })
  }

  /** Asks for the job's end; it is `cancelled` once its attempt has stopped. `JOB_ALREADY_FINISHED` when it has ended. */
  cancel(jobId: string, options: CallOptions = {}): Promise<Job> {
    const reached = (job: Job) => job.state === 'cancelled'
    return this.#transition(jobId, '/cancel', options, reached)
  }

  /** Runs a failed or cancelled job again; `JOB_NOT_RETRYABLE` otherwise. */
  retry(jobId: string, options: CallOptions = {}): Promise<Job> {
    const reached = (job: Job) => !isTerminal(job.state)
    return this.#transition(jobId, '/retry', options, reached)
  }

  /** Removes a job that has ended, with its report; its outputs stay. `JOB_NOT_FINISHED` while it runs. */
  async remove(jobId: string, options: CallOptions = {}): Promise<void> {
    let unsure = false
    const onRetry = (error: unknown) => void (unsure ||= isUnsure(error))
    try {
      await requestText(this.#http, { method: 'DELETE', path: jobPath(jobId), onRetry, ...options })
    } catch (error) {
      // An earlier try whose answer was lost may have removed it.
      if (!(unsure && error instanceof FfleetApiError && error.status === 404)) throw error
    }
  }

  /**
   * The events of a job: the kept ones after `after` (all without it), then live ones, until the job has ended.
   * A broken connection is resumed where it broke. A consumer that falls behind gets only the newest progress.
   */
  events(jobId: string, options: EventStreamOptions = {}): AsyncGenerator<JobEvent, void, undefined> {
    return followEvents<JobEvent>([this.#source(jobPath(jobId, '/events'), true)], this.#limits, options)
  }

  /** The events of one or more jobs, merged as they come, until all have ended. */
  watch(
    jobIds: string | readonly string[],
    options: Omit<EventStreamOptions, 'after'> = {},
  ): AsyncGenerator<JobEvent, void, undefined> {
    const ids = typeof jobIds === 'string' ? [jobIds] : [...new Set(jobIds)]
    const sources = ids.map((id) => this.#source(jobPath(id, '/events'), true))
    return followEvents<JobEvent>(sources, this.#limits, options)
  }

  /** As `events`, by a job's `links.watch`: needs no API key. */
  watchLink(link: string, options: EventStreamOptions = {}): AsyncGenerator<JobEvent, void, undefined> {
    return followEvents<JobEvent>([this.#source(link, true)], this.#limits, options)
  }

  /** Live events of the whole fleet, after `after` where it is given; ends only when it is left or aborted. */
  watchAll(options: EventStreamOptions = {}): AsyncGenerator<FleetEvent, void, undefined> {
    return followEvents<FleetEvent>([this.#source('/v1/events', false)], this.#limits, options)
  }

  /**
   * The job once it has ended, however it ended. Rejects with a `TimeoutError` when it has not within `timeoutMs`
   * (default: no limit); the job itself runs on.
   */
  async wait(
    jobId: string,
    options: CallOptions & { timeoutMs?: number } = {},
  ): Promise<Job & { state: TerminalState }> {
    const scope = abortScope(options.signal)
    const late = () => scope.abort(new DOMException(`Job ${jobId} has not ended in time.`, 'TimeoutError'))
    const timer = options.timeoutMs === undefined ? undefined : setTimeout(late, options.timeoutMs)
    try {
      for (;;) {
        const job = await this.get(jobId, { signal: scope.signal })
        if (isEnded(job)) return job
        let end: Job | null = null
        for await (const event of this.events(jobId, { signal: scope.signal })) {
          if (isTerminalEvent(event)) end = event.job
        }
        if (end !== null && isEnded(end)) return end
        await sleep(this.#limits.retry.baseMs, scope.signal)
      }
    } finally {
      clearTimeout(timer)
      scope.dispose()
    }
  }

  /**
   * Sends a job, and gives it once it has ended, however it ended. Rejects with a `TimeoutError` when it has not within
   * `timeoutMs` of its being accepted (default: no limit); the job itself runs on.
   */
  async submitAndWait(
    request: JobRequest,
    options: SubmitOptions & { timeoutMs?: number } = {},
  ): Promise<Job & { state: TerminalState }> {
    const { id } = await this.submit(request, options)
    return this.wait(id, options)
  }

  /** Makes every watch link of a job void that was given until now. Gives the job with a new one. */
  revokeWatchLinks(jobId: string, options: CallOptions = {}): Promise<Job> {
    return this.#post(jobPath(jobId, '/watch/revoke'), options)
  }

  /** The request that would make the same again, to be changed and sent as a new job. */
  requestOf(jobId: string, options: CallOptions = {}): Promise<JobRequest> {
    return this.#json({ path: jobPath(jobId, '/request'), ...options })
  }

  /** What became of the webhook of a job: the last tries, and what waits. */
  deliveries(jobId: string, options: CallOptions = {}): Promise<DeliveryLog> {
    return this.#json({ path: jobPath(jobId, '/deliveries'), ...options })
  }

  /** Sends the event of a delivery once more. */
  redeliver(jobId: string, deliveryId: string, options: CallOptions = {}): Promise<DeliveryLog> {
    return this.#post(jobPath(jobId, `/deliveries/${segment(deliveryId)}/redeliver`), options)
  }

  /** Sends everything behind an event once more, that the webhook of the job is told; `0`: all that is kept. */
  replayDeliveries(jobId: string, after: string, options: CallOptions = {}): Promise<DeliveryLog> {
    return this.#post(jobPath(jobId, '/deliveries/replay'), { body: { after }, ...options })
  }

  /** What deliveries are signed with; for a tenant's it takes its own `admin`, or one without a tenant. */
  webhookSecret(query: { tenant?: string | undefined } = {}, options: CallOptions = {}): Promise<WebhookSecret> {
    return this.#json({ path: '/v1/webhooks/secret', query, ...options })
  }

  /** Puts a fresh secret in its place; the former one signs beside it for a day. */
  rotateWebhookSecret(query: { tenant?: string | undefined } = {}, options: CallOptions = {}): Promise<WebhookSecret> {
    return this.#post('/v1/webhooks/secret/rotate', { query, ...options })
  }

  /** Everything captured from the ffmpeg processes of a job. */
  report(jobId: string, options: CallOptions = {}): Promise<Report> {
    return this.#json({ path: jobPath(jobId, '/report'), ...options })
  }

  /** ffmpeg's full log of an attempt; of the newest without a number. */
  log(jobId: string, options: CallOptions & { attempt?: number | undefined } = {}): Promise<string> {
    const { attempt, signal } = options
    return requestText(this.#http, { path: jobPath(jobId, '/log'), query: { attempt }, signal })
  }

  /** Lines of ffmpeg's log: the newest, or before or after a place in it. */
  logLines(jobId: string, query: LogQuery = {}, options: CallOptions = {}): Promise<LogPage> {
    return this.#json({ path: jobPath(jobId, '/log/lines'), query, ...options })
  }

  /** A finished output by its name; of an output that is a folder, the file at `path` in it. */
  async output(jobId: string, name: string, options: DownloadOptions = {}): Promise<Download> {
    const { range, path: inside, signal } = options
    const headers: Record<string, string> = range ? { range: `bytes=${range.first}-${range.last ?? ''}` } : {}
    const path = outputPath(jobId, name) + (inside === undefined ? '' : `/${inside.split('/').map(segment).join('/')}`)
    const response = await requestStream(this.#http, { path, headers, signal })
    const length = response.headers.get('content-length')
    return {
      bytes: length === null ? null : Number(length),
      mediaType: response.headers.get('content-type'),
      etag: response.headers.get('etag'),
      stream: response.body ?? new Blob().stream(),
      arrayBuffer: () => response.arrayBuffer(),
    }
  }

  /** The files of an output that is a folder; null for one that is a file. */
  async outputFiles(jobId: string, name: string, options: CallOptions = {}): Promise<OutputFile[] | null> {
    const response = await requestStream(this.#http, { path: outputPath(jobId, name), ...options })
    if (response.headers.get('content-type')?.startsWith('application/json')) {
      return ((await response.json()) as { items: OutputFile[] }).items
    }
    await response.body?.cancel()
    return null
  }

  /** The workers whose heartbeat is fresh. */
  async workers(options: CallOptions = {}): Promise<WorkerInfo[]> {
    return (await this.#json<{ items: WorkerInfo[] }>({ path: '/v1/workers', ...options })).items
  }

  /** Asks a worker to finish what it runs and take no more. Gives it as its last heartbeat told. */
  drain(workerId: string, options: CallOptions = {}): Promise<WorkerInfo> {
    return this.#post(`/v1/workers/${segment(workerId)}/drain`, options)
  }

  /** Counts by state, and whether the queue is paused. */
  queue(options: CallOptions = {}): Promise<QueueInfo> {
    return this.#json({ path: '/v1/queue', ...options })
  }

  /** The first of the jobs that wait, in the order in which they will be started: 1 to 200, default 20. */
  async queueNext(query: { limit?: number } = {}, options: CallOptions = {}): Promise<Job[]> {
    return (await this.#json<{ items: Job[] }>({ path: '/v1/queue/next', query, ...options })).items
  }

  /** How jobs ended in the last minutes, one by one: 1 to 1,440, default 60. */
  queueHistory(query: { minutes?: number } = {}, options: CallOptions = {}): Promise<QueueHistory> {
    return this.#json({ path: '/v1/queue/history', query, ...options })
  }

  /** Makes a schedule, or replaces the one of its name. */
  putSchedule(request: ScheduleRequest, options: CallOptions = {}): Promise<Schedule> {
    return this.#json({ method: 'POST', path: schedulePath(), body: request, ...options })
  }

  /** All schedules, by name. */
  async schedules(query: ScheduleQuery = {}, options: CallOptions = {}): Promise<Schedule[]> {
    return (await this.#json<{ items: Schedule[] }>({ path: schedulePath(), query, ...options })).items
  }

  schedule(name: string, query: ScheduleQuery = {}, options: CallOptions = {}): Promise<Schedule> {
    return this.#json({ path: schedulePath(name), query, ...options })
  }

  /** Removes a schedule and what is known of its runs; their jobs stay. */
  removeSchedule(name: string, query: ScheduleQuery = {}, options: CallOptions = {}): Promise<void> {
    return this.#json({ method: 'DELETE', path: schedulePath(name), query, ...options })
  }

  /** It runs no more until `resumeSchedule`. */
  pauseSchedule(name: string, query: ScheduleQuery = {}, options: CallOptions = {}): Promise<Schedule> {
    return this.#json({ method: 'POST', path: schedulePath(name, '/pause'), query, ...options })
  }

  resumeSchedule(name: string, query: ScheduleQuery = {}, options: CallOptions = {}): Promise<Schedule> {
    return this.#json({ method: 'POST', path: schedulePath(name, '/resume'), query, ...options })
  }

  /** Runs a schedule now, paused or not. Rejects with what its job is refused with. Tries of one call make one job. */
  runSchedule(name: string, query: ScheduleQuery = {}, options: CallOptions = {}): Promise<ScheduleRun> {
    const headers = { 'idempotency-key': randomKey() }
    return this.#json({ method: 'POST', path: schedulePath(name, '/run'), query, headers, ...options })
  }

  /** What became of the last 100 runs of a schedule, newest first. */
  async scheduleRuns(name: string, query: ScheduleQuery = {}, options: CallOptions = {}): Promise<ScheduleRun[]> {
    const path = schedulePath(name, '/runs')
    return (await this.#json<{ items: ScheduleRun[] }>({ path, query, ...options })).items
  }

  /** What was used and made, by day and tenant. */
  usage(query: UsageQuery = {}, options: CallOptions = {}): Promise<Usage> {
    return this.#json({ path: '/v1/usage', query, ...options })
  }

  /** The rules of watch folders, and how many files of each are in which state. */
  async watchFolders(options: CallOptions = {}): Promise<WatchFolder[]> {
    return (await this.#json<{ items: WatchFolder[] }>({ path: '/v1/watch-folders', ...options })).items
  }

  /** One page of the files that were seen in watch folders, those that changed their state last first. */
  watchedFiles(query: WatchedFileQuery = {}, options: CallOptions = {}): Promise<WatchedFilePage> {
    return this.#json({ path: '/v1/watch-folders/files', query, ...options })
  }

  /** Workers start nothing more until `resume`; what runs goes on. */
  pause(options: CallOptions = {}): Promise<QueueInfo> {
    return this.#post('/v1/queue/pause', options)
  }

  /** Undoes a pause. */
  resume(options: CallOptions = {}): Promise<QueueInfo> {
    return this.#post('/v1/queue/resume', options)
  }

  /** The shipped presets, then those of the operator. */
  async presets(options: CallOptions = {}): Promise<Preset[]> {
    return (await this.#json<{ items: Preset[] }>({ path: '/v1/presets', ...options })).items
  }

  /** One preset; `NOT_FOUND` when there is none of that name. */
  preset(name: string, options: CallOptions = {}): Promise<Preset> {
    return this.#json({ path: `/v1/presets/${segment(name)}`, ...options })
  }

  /** Whether the API answers (`live`) and can work (`ready`). Rejects when nobody answers. */
  async health(options: CallOptions = {}): Promise<{ live: boolean; ready: boolean }> {
    const live = await isAnswered(this.#http, '/healthz', options.signal)
    return { live, ready: live && (await isAnswered(this.#http, '/readyz', options.signal)) }
  }

  #json<T>(call: Call): Promise<T> {
    return requestJson<T>(this.#http, call)
  }

  #post<T>(path: string, call: Omit<Call, 'method' | 'path'>): Promise<T> {
    return this.#json<T>({ method: 'POST', path, ...call })
  }

  /** A call that cannot be done twice: when an earlier try may have done it, the job tells. */
  async #transition(
    jobId: string,
    action: string,
    { signal }: CallOptions,
    reached: (job: Job) => boolean,
  ): Promise<Job> {
    let unsure = false
    const onRetry = (error: unknown) => void (unsure ||= isUnsure(error))
    try {
      return await this.#post<Job>(jobPath(jobId, action), { signal, onRetry })
    } catch (error) {
      if (!unsure || !(error instanceof FfleetApiError) || error.status !== 409) throw error
      const job = await this.get(jobId, { signal })
      if (!reached(job)) throw error
      return job
    }
  }

  #source(path: string, endsWithJob: boolean): EventSource {
    const headers = { accept: 'text/event-stream' }
    return {
      endsWithJob,
      // As a query and not as Last-Event-ID, which a browser asks leave for across origins.
      open: (after, signal) => requestOnce(this.#http, { path, query: { after }, headers }, signal),
    }
  }
}

function isEnded(job: Job): job is Job & { state: TerminalState } {
  return isTerminal(job.state)
}

/** 128 random bits; `crypto.randomUUID` is missing on pages that are not served securely. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
