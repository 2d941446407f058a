import { encodeTime } from 'ulid'
import { isTerminal, type Job } from '../contract/index.js'
import type { Connection } from './connection.js'
import type { Names } from './keys.js'
import type { JobFilter, JobPage } from './types.js'

const BATCH = 100
/** Jobs looked at for one page, so that a filter that fits nothing among many holds nobody up. */
const LOOKED_AT = 2_000
/** How far the time in an id may be from that of the submission: one clock is read twice, and may have been set in between. */
const CLOCK_MS = 60_000
/** The last time that an id can tell. */
const LAST_MS = 2 ** 48 - 1

/**
 * A page of jobs, newest first. Ids are ULIDs in sets of equal score, so "after the cursor" means "older than that id"
 * and stays right whatever is added or removed in between.
 */
export async function listJobs(
  deps: { redis: Connection; view: (id: string) => Promise<Job | null> },
  filter: JobFilter,
): Promise<JobPage> {
  const index = narrowest(deps.redis.names.keys, filter)
  const fits = matcher(filter)
  const { newest, oldest } = bounds(filter)
  const items: Job[] = []
  let before = filter.cursor !== undefined && (newest === undefined || filter.cursor < newest) ? filter.cursor : newest
  for (let lookedAt = 0; ; lookedAt += BATCH) {
    if (lookedAt >= LOOKED_AT) return { items, nextCursor: before! }
    const ids = await deps.redis.zrevrangebylex(
      index,
      before === undefined ? '+' : `(${before}`,
      oldest === undefined ? '-' : `[${oldest}`,
      'LIMIT',
      0,
      BATCH,
    )
    const jobs = await Promise.all(ids.map((id) => deps.view(id)))
    for (const [i, job] of jobs.entries()) {
      before = ids[i]
      if (job === null || !fits(job)) continue
      items.push(job)
      if (items.length === filter.limit) {
        const more = i < ids.length - 1 || ids.length === BATCH
        return { items, nextCursor: more ? job.id : null }
      }
    }
    if (ids.length < BATCH) return { items, nextCursor: null }
  }
}

/** For a tenant always an index of its own: how long a look takes, and where it stops, must not tell of others. */
function narrowest(keys: Names['keys'], { state, tags = {}, tenant }: JobFilter): string {
  const [tag] = Object.entries(tags)
  if (tenant != null) return tag ? keys.tagOfTenant(tenant, ...tag) : keys.tenant(tenant)
  if (tag) return keys.tag(...tag)
  if (state === undefined) return keys.jobs
  if (state === 'active') return keys.active
  return isTerminal(state) ? keys.ofState(state) : keys.open
}

/** The ids between which jobs of a time lie, and some more. */
function bounds({ sinceMs, untilMs }: JobFilter): { newest?: string; oldest?: string } {
  const id = (ms: number, rest: string) => encodeTime(Math.min(Math.max(ms, 0), LAST_MS)) + rest.repeat(16)
  return {
    ...(untilMs !== undefined && { newest: id(untilMs + CLOCK_MS, 'Z') }),
    ...(sinceMs !== undefined && { oldest: id(sinceMs - CLOCK_MS, '0') }),
  }
}

/** Whether a job fits all that a filter asks. */
function matcher({ state, tags = {}, preset, code, text, sinceMs, untilMs }: JobFilter): (job: Job) => boolean {
  const wanted = text?.toLowerCase()
  return (job) => {
    const createdMs = Date.parse(job.createdAt)
    return (
      (state === undefined || job.state === state) &&
      Object.entries(tags).every(([key, value]) => job.tags[key] === value) &&
      (preset === undefined || job.outputs.some((output) => output.preset === preset)) &&
      (code === undefined || job.error?.code === code) &&
      (sinceMs === undefined || createdMs >= sinceMs) &&
      (untilMs === undefined || createdMs < untilMs) &&
      (wanted === undefined || wordsOf(job).toLowerCase().includes(wanted))
    )
  }
}

/** What people know a job by, a line each. */
function wordsOf(job: Job): string {
  const outputs = job.outputs.flatMap(({ name, path }) => [name, path ?? ''])
  const tags = Object.entries(job.tags).map(([key, value]) => `${key}=${value}`)
  return [job.id, job.input.uri, job.input.name ?? '', ...outputs, ...tags].join('\n')
}
