import { isTerminal, type Job } from '../contract/index.js'
import type { Connection } from './connection.js'
import type { Names } from './keys.js'
import type { JobFilter, JobPage } from './types.js'

const BATCH = 100

/**
 * A page of jobs, newest first. Ids are ULIDs in sets of equal score, so "after the cursor" means "older than that id"
 * and stays right whatever is added or removed in between.
 */
export async function listJobs(
  deps: { redis: Connection; view: (id: string) => Promise<Job | null> },
  filter: JobFilter,
): Promise<JobPage> {
  const tags = Object.entries(filter.tags ?? {})
  const index = narrowest(deps.redis.names.keys, filter, tags)
  const items: Job[] = []
  let before = filter.cursor
  for (;;) {
    const ids = await deps.redis.zrevrangebylex(
      index,
      before === undefined ? '+' : `(${before}`,
      '-',
      'LIMIT',
      0,
      BATCH,
    )
    const jobs = await Promise.all(ids.map((id) => deps.view(id)))
    for (const [i, job] of jobs.entries()) {
      before = ids[i]
      if (job === null || !matches(job, filter.state, tags)) continue
      items.push(job)
      if (items.length === filter.limit) {
        const more = i < ids.length - 1 || ids.length === BATCH
        return { items, nextCursor: more ? job.id : null }
      }
    }
    if (ids.length < BATCH) return { items, nextCursor: null }
  }
}

function narrowest(keys: Names['keys'], filter: JobFilter, tags: [string, string][]): string {
  const [tag] = tags
  if (tag) return keys.tag(...tag)
  if (filter.state === undefined) return keys.jobs
  if (filter.state === 'active') return keys.active
  return isTerminal(filter.state) ? keys.ofState(filter.state) : keys.open
}

function matches(job: Job, state: string | undefined, tags: [string, string][]): boolean {
  return (state === undefined || job.state === state) && tags.every(([key, value]) => job.tags[key] === value)
}
