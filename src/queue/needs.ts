/** What a job needs of the worker that runs it, and how a worker that has it calls it up. ADR 35. */
import { Job, type Queue } from 'bullmq'
import { type NormalizedJob, namedEncoder } from '../contract/index.js'
import type { Connection } from './connection.js'
import type { Names } from './keys.js'

/** BullMQ's priority of a job that was called up: before all turns. */
export const CALLED_UP = 1

/** The hardware encoders that outputs name, by ffmpeg's names. */
export function needsOf({ outputs }: Pick<NormalizedJob, 'outputs'>): string[] {
  const named = outputs.map(({ recipe }) => (recipe.kind === 'arguments' ? null : namedEncoder(recipe.video)))
  return [...new Set(named.filter((name) => name !== null))].sort()
}

/**
 * As Lua, for every script. Jobs that need the same wait in one set, so that nobody looks through those that wait for something
 * else; those of tenants in the order of time, for their priorities buy nothing from others.
 */
export const needsFunctions = ({ keys }: Names) => `
local function hasAll(needs, has)
  for need in string.gmatch(needs, '[^,]+') do
    if not string.find(',' .. has .. ',', ',' .. need .. ',', 1, true) then return false end
  end
  return true
end
local function waitForNeeds(id, needs, tenant, low)
  redis.call('ZADD', '${keys.needing('')}' .. needs, tenant == '' and low or 100, id)
  redis.call('SADD', '${keys.needed}', needs)
end
local function waitNoMore(id)
  if redis.call('EXISTS', '${keys.needed}') == 0 then return end
  local needs = redis.call('HGET', jobKey(id), 'needs')
  if not needs or redis.call('ZREM', '${keys.needing('')}' .. needs, id) == 0 then return end
  if redis.call('EXISTS', '${keys.needing('')}' .. needs) == 0 then redis.call('SREM', '${keys.needed}', needs) end
end
`

/** Called up and not begun yet: as many as workers have slots. */
const CALLED_AT_MOST = 256

/** The first jobs that wait beside the line for what a worker has. ARGV: what it has, how many → ids. */
export const callable = ({ keys }: Names) => `
local waiting, ids = {}, {}
for _, needs in ipairs(redis.call('SMEMBERS', '${keys.needed}')) do
  if hasAll(needs, ARGV[1]) then
    local first = redis.call('ZRANGE', '${keys.needing('')}' .. needs, 0, ARGV[2] + ${CALLED_AT_MOST}, 'WITHSCORES')
    for i = 1, #first, 2 do
      if redis.call('ZSCORE', '${keys.bullDelayed}', first[i]) then
        waiting[#waiting + 1] = {id = first[i], low = tonumber(first[i + 1])}
      end
    end
  end
end
table.sort(waiting, function(a, b)
  if a.low ~= b.low then return a.low < b.low end
  return a.id < b.id
end)
for i = 1, math.min(ARGV[2], #waiting) do ids[i] = waiting[i].id end
return ids
`

/** How many jobs wait so. */
export const countNeeding = ({ keys }: Names) => `
local count = 0
for _, needs in ipairs(redis.call('SMEMBERS', '${keys.needed}')) do
  count = count + redis.call('ZCARD', '${keys.needing('')}' .. needs)
end
return count
`

/** Puts the first jobs that wait for these encoders at the head of the queue. */
export async function callUpNeeding(
  { redis, bull }: { redis: Connection; bull: Queue },
  { encoders, count }: { encoders: readonly string[]; count: number },
): Promise<void> {
  if (encoders.length === 0 || count <= 0) return
  for (const id of await redis.ffCallable(encoders.join(','), count)) {
    const job = new Job(bull, 'transcode', {}, {}, id)
    // Where another one was faster, or it was cancelled, there is nothing to do.
    await Promise.all([job.changePriority({ priority: CALLED_UP }).catch(() => {}), job.promote().catch(() => {})])
  }
}
