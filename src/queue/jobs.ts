import {
  FfleetError,
  inputsOf,
  type Job,
  type JobState,
  type NormalizedJob,
  parseJobSource,
  type QueueInfo,
} from '../contract/index.js'
import { guarded, isUnavailable } from './availability.js'
import type { Connection } from './connection.js'
import { demandOf } from './demand.js'
import { type EnqueueOptions, enqueue } from './enqueue.js'
import { courseOf, predecessorsOf, sourcesOf, unfit, whyBarred } from './followers/course.js'
import { createForecaster } from './forecast/forecaster.js'
import { indexKeys } from './keys.js'
import { listJobs } from './listing.js'
import { needsOf } from './needs.js'
import { createIds } from './new-ids.js'
import { readHistory } from './outcomes.js'
import { quotaExceeded } from './quotas.js'
import {
  exclusivePaths,
  givenPaths,
  type JobRecord,
  newRecord,
  openJob,
  outputOf,
  outputTaken,
  readRecord,
  type Waiting,
} from './record.js'
import { requeue } from './requeue.js'
import { isEnded, release, settle } from './settle.js'
import { jobsOfTenant } from './tenant-jobs.js'
import { placeInLine } from './turns/lines.js'
import type { Turns } from './turns/turns.js'
import type {
  FleetRegistry,
  Idempotency,
  JobFilter,
  JobPage,
  JobQueue,
  KnownOutput,
  Prerequisites,
  Publication,
  RanOn,
  Submission,
} from './types.js'
import { UPLOAD } from './uploads/scripts.js'
import { readUsage, type UsageRange } from './usage.js'
import { webhookFields } from './webhooks/record.js'

export type JobsOptions = EnqueueOptions & {
  redis: Connection
  fleet: FleetRegistry
  turns: Turns
  keepEventsMs: number
}

/** Jobs as the API sees them. Scheduling is BullMQ's; what a job is and what became of it stands in its record. */
export function createJobs(options: JobsOptions): JobQueue {
  const { redis, bull, turns } = options
  const { keys } = redis.names
  const nextId = createIds()
  const deps = { redis, bull, turns, keepEventsMs: options.keepEventsMs, backoffMs: options.backoffMs }
  const forecaster = createForecaster(options)

  async function submit(
    job: NormalizedJob,
    { idempotency, tenant = null }: { idempotency?: Idempotency; tenant?: string | null } = {},
  ): Promise<Submission> {
    const id = nextId()
    const createdMs = Date.now()
    const mustBeFree = exclusivePaths(job.outputs)
    const [answer, ...told] = await redis.ffCreate(
      id,
      JSON.stringify(job),
      createdMs,
      idempotency ? keys.idempotency(idempotency.scope, idempotency.key) : '',
      idempotency?.bodyHash ?? '',
      tenant ?? '',
      placeInLine(job.priority),
      job.delayMs > 0 ? createdMs + job.delayMs : 0,
      webhookFields(job.webhook),
      courseOf(job),
      needsOf(job).join(','),
      mustBeFree.length,
      ...mustBeFree,
      ...indexKeys(keys, job.tags, tenant),
    )
    if (answer === 'TAKEN') throw takenBy(job, String(told[0]), String(told[1]))
    if (answer === 'OVER') throw quotaExceeded(tenant!, told.map(String))
    if (answer === 'UNFIT') throw unfit(String(told[0]), String(told[1]), pointerTo(job, String(told[0])))
    if (answer === 'EARLIER') {
      const former = await jobOfKey([String(told[0]), String(told[1])], idempotency!)
      return { id: former.id, created: false, job: former }
    }
    const record = newRecord(id, job, createdMs, tenant)
    if (told[0] === 'waits') {
      const job = await get(id).catch(() => null)
      return { id, created: true, job: job ?? openJob(record, 'queued', { place: null, forecast: null }) }
    }
    return { id, created: true, job: openJob(record, 'queued', await handOver(record, told[0]!)) }
  }

  /**
   * Gives BullMQ a job that was recorded just now, and says its place in the queue, if it has one, and what to expect. Once
   * there is a record the job is accepted: when Redis goes away here, the sweeper hands it over.
   */
  async function handOver(record: JobRecord, turn: number | string): Promise<Waiting> {
    try {
      await enqueue(options, record, typeof turn === 'number' ? turn : null)
      if (turn === 'call') await turns.callUp(record.tenant)
      return await waitOf(record)
    } catch (error) {
      if (isUnavailable(error)) return { place: null, forecast: null }
      throw error
    }
  }

  async function waitOf(record: JobRecord): Promise<Waiting> {
    if (record.awaits) return { place: null, forecast: null, waitsFor: record.awaits }
    const { place, full } = await turns.placeOf(record.id)
    const needs = needsOf(record.request).join(',')
    if (place === null && needs !== '' && (await redis.zscore(keys.needing(needs), record.id)) !== null) {
      return { place: null, forecast: null, waitsFor: 'encoder' }
    }
    if (full && !record.running) return { place: null, forecast: null, waitsFor: 'quota' }
    return { place, forecast: await forecaster.of(record, place) }
  }

  async function next(limit: number): Promise<Job[]> {
    const ids = await turns.first(limit)
    const jobs = await Promise.all(ids.map((id) => get(id)))
    // Between the two looks one may have been started.
    return jobs.filter((job) => job?.state === 'queued') as Job[]
  }

  async function earlier(idempotency: Idempotency): Promise<Job | null> {
    const [id, bodyHash] = await redis.hmget(keys.idempotency(idempotency.scope, idempotency.key), 'id', 'hash')
    return id && bodyHash ? jobOfKey([id, bodyHash], idempotency) : null
  }

  async function jobOfKey([id, bodyHash]: [string, string], idempotency: Idempotency): Promise<Job> {
    if (bodyHash !== idempotency.bodyHash) {
      throw new FfleetError(
        'IDEMPOTENCY_KEY_REUSED',
        'This Idempotency-Key was sent with another body in the last 24 hours.',
      )
    }
    const job = await get(id)
    if (job === null) {
      const detail = `Job ${id}, which this Idempotency-Key made, has been removed; use a new key to make another.`
      throw new FfleetError('NOT_FOUND', detail)
    }
    return job
  }

  async function get(id: string): Promise<Job | null> {
    const [fields, state] = await Promise.all([redis.hgetall(keys.job(id)), bull.getJobState(id)])
    const record = readRecord(id, fields)
    if (record === null) return null
    if (record.ended) return record.ended.job
    if (isEnded(state) && !record.retrying) return (await settle(deps, id)) ?? get(id)
    return openJob(record, openState(state, record), await waitOf(record))
  }

  async function cancel(id: string): Promise<Job | null> {
    const answer = await redis.ffCancel(id)
    if (answer === 'UNKNOWN') return null
    if (answer === 'ENDED') throw new FfleetError('JOB_ALREADY_FINISHED', 'The job ended before it could be cancelled.')
    // Waiting or delayed: it ends here. Active: its lock refuses the removal, and the worker ends it.
    if (answer === 'ASKED') await settle(deps, id)
    return get(id)
  }

  async function openAgain(id: string, gone: string[], { isLimited }: { isLimited: boolean }) {
    const record = readRecord(id, await redis.hgetall(keys.job(id)))
    const paths = exclusivePaths(record?.request.outputs ?? [])
    const [answer, ...taken] = await redis.ffRetry(
      id,
      Date.now(),
      isLimited ? '1' : '',
      JSON.stringify(record === null ? [] : predecessorsOf(record.request)),
      paths.length,
      ...paths,
      ...gone,
    )
    return { record, answer, taken }
  }

  async function retry(id: string, gone: string[] = []): Promise<Job | null> {
    const { record, answer, taken } = await openAgain(id, gone, { isLimited: true })
    if (record === null || answer === 'UNKNOWN') return null
    if (answer === 'TAKEN') throw takenBy(record.request, taken[0]!, taken[1]!)
    if (answer === 'OVER') throw quotaExceeded(record.tenant!, taken)
    if (answer === 'UNFIT') {
      const hint = `Retry job ${taken[0]} first, and this one when that waits, runs or has completed.`
      throw new FfleetError('JOB_NOT_RETRYABLE', whyBarred(taken.join(' ')), { hint })
    }
    if (answer === 'REFUSED') {
      throw new FfleetError('JOB_NOT_RETRYABLE', 'The job is not failed and not cancelled.')
    }
    if (taken[0] !== '1') {
      await requeue(options, id)
      await turns.callUp(record.tenant)
    }
    return get(id)
  }

  async function publication(id: string, name: string): Promise<Publication | null> {
    const record = readRecord(id, await redis.hgetall(keys.job(id)))
    const output = record?.request.outputs.find((each) => each.name === name)
    if (!record || !output) return null
    return {
      output: outputOf(record, output),
      attempt: record.attempt,
      isToBePlayed: record.running && record.playing.get(name)?.attempt !== record.attempt,
      isFolder: output.recipe.extension === '',
      written: record.written.get(name) ?? null,
      owner: output.path === null ? id : await redis.hget(keys.outputs, output.path),
    }
  }

  async function request(id: string): Promise<NormalizedJob | null> {
    const json = await redis.hget(keys.job(id), 'req')
    return json === null ? null : (JSON.parse(json) as NormalizedJob)
  }

  async function ranOn(id: string): Promise<RanOn | null> {
    const [worker, host, data] = await redis.hmget(keys.job(id), 'worker', 'host', 'data')
    return worker && host ? { worker, host, data: data || null } : null
  }

  async function hasCommitted(id: string, attempt: number): Promise<boolean> {
    const record = readRecord(id, await redis.hgetall(keys.job(id)))
    return [...(record?.commits.values() ?? [])].some(
      (plan) => (JSON.parse(plan) as { attempt?: number }).attempt === attempt,
    )
  }

  async function remove(id: string): Promise<boolean> {
    const record = readRecord(id, await redis.hgetall(keys.job(id)))
    if (record === null) return false
    const paths = givenPaths(record.request.outputs)
    const indexes = indexKeys(keys, record.request.tags, record.tenant)
    const forget = () => redis.ffForget(id, paths.length, ...paths, ...indexes)
    let answer = await forget()
    while (answer === -2) {
      await release(deps, id)
      answer = await forget()
    }
    if (answer === -1) throw new FfleetError('JOB_NOT_FINISHED', 'Only a finished job can be removed; cancel it first.')
    await bull.remove(id)
    return answer === 1
  }

  async function prerequisites(job: NormalizedJob): Promise<Prerequisites> {
    const after = predecessorsOf(job)
    const isThere = after.map(async (id) => {
      if (!id.startsWith(UPLOAD)) return (await redis.hget(keys.job(id), 'term')) === 'completed'
      return (await redis.hexists(keys.upload(id.slice(UPLOAD.length)), 'completed')) === 1
    })
    const states = await Promise.all(isThere)
    const known = await Promise.all(
      sourcesOf(job).map(async (uri) => {
        const source = parseJobSource(uri)!
        const json = await redis.hget(keys.job(source.job), `out:${source.output}`)
        return json === null ? [] : [[uri, JSON.parse(json) as KnownOutput] as const]
      }),
    )
    return { awaited: after.filter((_, i) => !states[i]), sources: Object.fromEntries(known.flat()) }
  }

  async function foresee(job: NormalizedJob, tenant: string | null = null) {
    const { awaited } = await prerequisites(job)
    return awaited.length > 0 ? null : forecaster.ofNext(job, tenant)
  }

  async function info(): Promise<QueueInfo> {
    const [counts, paused, completed, failed, cancelled, oldest, workers, forecast, held, needing, following] =
      await Promise.all([
        bull.getJobCounts('prioritized', 'waiting', 'delayed', 'active'),
        bull.isPaused(),
        redis.zcard(keys.ofState('completed')),
        redis.zcard(keys.ofState('failed')),
        redis.zcard(keys.ofState('cancelled')),
        bull.getRanges(['prioritized'], 0, 199, true),
        options.fleet.list(),
        forecaster.queue(),
        redis.scard(keys.held),
        redis.ffCountNeeding(),
        redis.zcard(keys.following),
      ])
    const count = (name: string) => counts[name] ?? 0
    const delayed = count('delayed')
    const waiting = count('prioritized') + count('waiting')
    return {
      paused,
      counts: {
        queued: waiting + delayed + following,
        // Those that are held wait for their tenant, others for an encoder, not for a time.
        delayed: Math.max(0, delayed - held - needing),
        active: count('active'),
        completed,
        failed,
        cancelled,
      },
      oldestWaitMs: oldest.length === 0 ? null : Math.max(0, Date.now() - (await oldestSinceMs(redis, oldest))),
      demand: await demandOf(redis, { paused, waiting, active: count('active') }),
      workers: workers.length,
      slots: workers.reduce((sum, worker) => sum + worker.slots, 0),
      // Nobody knows when those begin.
      forecast: following + needing > 0 ? null : forecast,
    }
  }

  /** Null for a job of a tenant, too. */
  async function ofNone(id: string): Promise<Job | null> {
    return (await redis.hget(keys.job(id), 'tenant')) === null ? get(id) : null
  }

  /** As many as an operator names tenants. */
  const ofTenants = new Map<string | null, JobQueue>()
  const jobs: JobQueue = {
    of(tenant) {
      const view = ofTenants.get(tenant) ?? jobsOfTenant(jobs, { redis, turns }, tenant)
      ofTenants.set(tenant, view)
      return view
    },
    submit: guarded(submit),
    earlier: guarded(earlier),
    get: guarded(get),
    has: async () => true,
    list: guarded(
      (filter: JobFilter): Promise<JobPage> => listJobs({ redis, view: filter.tenant === null ? ofNone : get }, filter),
    ),
    cancel: guarded(cancel),
    retry: guarded(retry),
    reopen: async (id) => (await openAgain(id, [], { isLimited: false })).answer === 'OK',
    publication: guarded(publication),
    hasCommitted: guarded(hasCommitted),
    request: guarded(request),
    ranOn: guarded(ranOn),
    ownerOf: guarded((path: string) => redis.hget(keys.outputs, path)),
    remove: guarded(remove),
    revokeLinks: guarded(async (id: string) => (await redis.ffRevoke(id)) > 0),
    prerequisites: guarded(prerequisites),
    foresee: guarded(foresee),
    info: guarded(info),
    next: guarded(next),
    usage: guarded((range: UsageRange) => readUsage(redis, range)),
    history: guarded((minutes: number) => readHistory(redis, minutes, Date.now())),
    pause: guarded(() => bull.pause().finally(forecaster.lookAgain)),
    resume: guarded(() => bull.resume().finally(forecaster.lookAgain)),
    async ping(timeoutMs) {
      const answer = redis.ping().then(
        () => true,
        () => false,
      )
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<boolean>((done) => {
        timer = setTimeout(done, timeoutMs, false)
      })
      return Promise.race([answer, late]).finally(() => clearTimeout(timer))
    },
  }
  return jobs
}

/** The field of a request that names the job. */
function pointerTo(job: NormalizedJob, id: string): string {
  const i = inputsOf(job).findIndex(({ uri }) => parseJobSource(uri)?.job === id || uri === id)
  if (i < 0) return '/after'
  return job.inputs ? `/inputs/${i}` : '/input'
}

function takenBy(job: NormalizedJob, path: string, owner: string): FfleetError {
  const i = job.outputs.findIndex((output) => output.path === path)
  const { message: detail } = outputTaken(path, owner)
  return outputTaken(path, owner, [{ pointer: `/outputs/${i}/path`, detail }])
}

/** The state of a job that has not ended, from BullMQ's. */
export function openState(state: string, record: JobRecord): JobState {
  return state === 'active' && record.running ? 'active' : 'queued'
}

async function oldestSinceMs(redis: Connection, ids: string[]): Promise<number> {
  const since = await Promise.all(ids.map((id) => redis.hmget(redis.names.keys.job(id), 'freed', 'created')))
  return Math.min(...since.map(([freed, created]) => Number(freed ?? created ?? Date.now())))
}
