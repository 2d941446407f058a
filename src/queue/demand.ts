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

/** While the queue is paused nothing begins, so only what runs counts. */
export async function demandOf(
  redis: Connection,
  queue: { paused: boolean; waiting: number; active: number },
): Promise<NonNullable<QueueInfo['demand']>> {
  if (queue.paused) return { slots: queue.active, waiting: 0, dueSoon: 0 }
  const dueSoon = await redis.ffCountDue((Date.now() + DUE_SOON_MS) * SCORE_OF_MS)
  return { slots: queue.waiting + queue.active + dueSoon, waiting: queue.waiting, dueSoon }
}
