/** The queue as those of one tenant see it: jobs of others are looked up and missed as jobs that never were. */
import type { Job, JobState, QueueInfo } from '../contract/index.js'
import { guarded } from './availability.js'
import type { Connection } from './connection.js'
import { readHistory } from './outcomes.js'
import { quotaUseOf } from './quotas.js'
import type { Turns } from './turns/turns.js'
import type { JobQueue } from './types.js'

/** Jobs that wait, looked through for those of a tenant. */
const LOOKED_AT = 1_000

/** `tenant` null: jobs that belong to none. What is the whole fleet's (pause, resume) is not for it to ask. */
export function jobsOfTenant(
  jobs: JobQueue,
  { redis, turns }: { redis: Connection; turns: Turns },
  tenant: string | null,
): JobQueue {
  const { keys } = redis.names

  /** One look, the same for a job of another tenant and for one that never was: neither answer nor time tells them apart. */
  async function belongs(id: string): Promise<boolean> {
    const [request, owner] = await redis.hmget(keys.job(id), 'req', 'tenant')
    return request !== null && owner === tenant
  }

  const owned = <A extends unknown[], T, N>(ask: (id: string, ...args: A) => Promise<T>, nothing: N) =>
    guarded(async (id: string, ...args: A): Promise<T | N> => ((await belongs(id)) ? ask(id, ...args) : nothing))

  /** A place among the jobs of all would count those of others. */
  const shown = <J extends Job | null>(job: J): J =>
    job === null || tenant === null ? job : { ...job, queuePosition: null }

  const shownAfter = <A extends unknown[]>(ask: (id: string, ...args: A) => Promise<Job | null>) => {
    const own = owned(ask, null)
    return async (id: string, ...args: A) => shown(await own(id, ...args))
  }

  async function next(limit: number): Promise<Job[]> {
    const ids = await turns.first(LOOKED_AT)
    const mine = await Promise.all(ids.map(belongs))
    const found = await Promise.all(
      ids
        .filter((_, i) => mine[i])
        .slice(0, limit)
        .map((id) => jobs.get(id)),
    )
    return found.filter((job) => job?.state === 'queued').map((job) => shown(job!))
  }

  /** Of its own jobs; how long others wait, and what is foreseen for all, is not told. */
  async function info(): Promise<QueueInfo> {
    const all = await jobs.info()
    if (tenant === null) return all
    const among = async (set: string) => (await redis.zinter(2, keys.tenant(tenant), set)).length
    const ended = (state: Extract<JobState, 'completed' | 'failed' | 'cancelled'>) => among(keys.ofState(state))
    const [open, active, completed, failed, cancelled] = await Promise.all([
      among(keys.open),
      among(keys.active),
      ended('completed'),
      ended('failed'),
      ended('cancelled'),
    ])
    const [waiting, held, quotas] = await Promise.all([
      among(keys.bullDelayed),
      among(keys.held),
      quotaUseOf(redis, tenant),
    ])
    const delayed = Math.max(0, waiting - held)
    const counts = { queued: Math.max(0, open - active), delayed, active, completed, failed, cancelled }
    return { ...all, counts, oldestWaitMs: null, demand: null, forecast: null, quotas }
  }

  return {
    ...jobs,
    of: jobs.of,
    submit: async (job, options) => {
      const submission = await jobs.submit(job, { ...options, tenant })
      return { ...submission, job: shown(submission.job) }
    },
    earlier: async (idempotency) => shown(await jobs.earlier(idempotency)),
    get: shownAfter(jobs.get),
    has: guarded(belongs),
    foresee: (job) => jobs.foresee(job, tenant),
    list: async (filter) => {
      const page = await jobs.list({ ...filter, tenant })
      return { ...page, items: page.items.map(shown) }
    },
    cancel: shownAfter(jobs.cancel),
    publication: owned(jobs.publication, null),
    request: owned(jobs.request, null),
    ranOn: owned(jobs.ranOn, null),
    retry: shownAfter(jobs.retry),
    reopen: owned(jobs.reopen, false),
    remove: owned(jobs.remove, false),
    revokeLinks: owned(jobs.revokeLinks, false),
    usage: (range) => jobs.usage({ ...range, tenant }),
    next: guarded(next),
    info: guarded(info),
    // Whoever has no tenant is told how the whole fleet does.
    history: tenant === null ? jobs.history : guarded((minutes) => readHistory(redis, minutes, Date.now(), tenant)),
  }
}
