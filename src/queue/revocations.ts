/** How often the watch links of jobs were revoked: a count for each job whose links ever were, gone with the job. */
import { guarded } from './availability.js'
import type { Connection } from './connection.js'

/** Counts every revocation there is, so that it is one look whether there is a new one. */
export const ALL = '*'

export type Revocations = {
  /** How often the links of a job were revoked. */
  of(jobId: string): Promise<number>
  /** Those of all jobs, and a mark of the look; null when nothing was revoked since the look with that mark. */
  since(mark: string): Promise<{ mark: string; revoked: Map<string, number> } | null>
}

export function createRevocations(redis: Connection): Revocations {
  const key = redis.names.keys.revoked
  return {
    of: guarded(async (jobId: string) => Number((await redis.hget(key, jobId)) ?? 0)),
    since: guarded(async (mark: string) => {
      if (((await redis.hget(key, ALL)) ?? '') === mark) return null
      const { [ALL]: now = '', ...counts } = await redis.hgetall(key)
      return { mark: now, revoked: new Map(Object.entries(counts).map(([id, count]) => [id, Number(count)])) }
    }),
  }
}
