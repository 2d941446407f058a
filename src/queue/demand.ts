/** How much the fleet has to do, in one number that autoscalers go by. */
import type { QueueInfo } from '../contract/index.js'
import type { Connection } from './connection.js'
import type { Names } from './keys.js'

/** A job that comes due within this time counts already: a worker takes about as long to be there. */
const DUE_SOON_MS = 60_000

/** BullMQ scores what is delayed by its time in ms, times this. */
const SCORE_OF_MS = 4_096

/**
 * Counts jobs that BullMQ has delayed until a time at most, and that wait for that time alone: not for their tenant, nor
 * for an encoder. ARGV: the highest score → count.
 */
export const countDue = ({ keys }: Names) => `
if redis.call('EXISTS', '${keys.held}', '${keys.needed}') == 0 then
  return redis.call('ZCOUNT', '${keys.bullDelayed}', '-inf', ARGV[1])
end
local count = 0
for _, id in ipairs(redis.call('ZRANGEBYSCORE', '${keys.bullDelayed}', '-inf', ARGV[1])) do
  local needs = redis.call('HGET', '${keys.job('')}' .. id, 'needs')
  local isNeeding = needs and redis.call('ZSCORE', '${keys.needing('')}' .. needs, id)
  if not isNeeding and redis.call('SISMEMBER', '${keys.held}', id) == 0 then count = count + 1 end
end
return count
`

/** While the queue is paused nothing begins, so only what runs counts, and the parts of that. */
export async function demandOf(
  redis: Connection,
  queue: { paused: boolean; waiting: number; active: number },
): Promise<NonNullable<QueueInfo['demand']>> {
  const due = queue.paused ? 0 : redis.ffCountDue((Date.now() + DUE_SOON_MS) * SCORE_OF_MS)
  const [dueSoon, parts] = await Promise.all([due, countParts(redis)])
  const waiting = queue.paused ? 0 : queue.waiting
  const jobs = queue.active + waiting + dueSoon
  return { slots: jobs + parts, jobs, waiting, dueSoon, parts }
}

/** Those on offer, and those that slots make which have no job of their own. */
async function countParts(redis: Connection): Promise<number> {
  const { keys } = redis.names
  const kins = await redis.zrange(keys.parts, 0, -1)
  const counts = kins.flatMap((kin) => [
    redis.zcard(keys.bullParts(kin, 'prioritized')),
    redis.llen(keys.bullParts(kin, 'active')),
  ])
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
}
