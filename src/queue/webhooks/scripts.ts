/**
 * What scripts know of webhooks. The event log is the outbox: whoever appends an event that is subscribed marks the job as
 * due in the same step, so that nothing is between the two. `ffleet:webhook:<id>` hashes say how far the endpoint is:
 *
 *   types    subscribed types of events, ` job.completed job.failed `         url      where to
 *   interval least ms between two deliveries of progress                       next     ms before which there is none
 *   cursor   id of the last event that is done with                            news     how many subscribed events there ever were
 *   holder   who delivers now                                                  off      '1' after 410
 *   tries    tries of the event behind the cursor that failed                  retry    ms before which it is not tried again
 *
 * Times are those of the clock of Redis.
 */
import { KEPT_PROGRESS_TRIES, KEPT_TRIES, type Names } from '../keys.js'

/** Each is a signature more on every delivery. */
const KEPT_FORMER_SECRETS = 4
/** A claim counts for longer than any try takes: then the job is due again, whoever held it. */
const CLAIM_MS = 120_000

/** For the scripts that append events. */
export const webhookFunctions = ({ keys, channels }: Names) => `
local function hookKey(id) return '${keys.webhook('')}' .. id end
local function nowMs()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function markDue(id, now, due)
  redis.call('ZADD', '${keys.webhooksDue}', due, id)
  redis.call('PUBLISH', '${channels.webhooks}', id .. ' ' .. math.max(0, due - now))
end
-- An event of the job was appended. What is tried again keeps its time; what waits for the interval of progress does not.
local function tellHook(id, type)
  local r = redis.call('HMGET', hookKey(id), 'types', 'off', 'tries', 'next')
  if not r[1] or r[2] or not string.find(r[1], ' ' .. type .. ' ', 1, true) then return end
  redis.call('HINCRBY', hookKey(id), 'news', 1)
  local now = nowMs()
  redis.call('ZADD', '${keys.webhooksWaiting}', 'NX', now, id)
  local due = type == 'progress' and math.max(now, tonumber(r[4] or '0')) or now
  local former = redis.call('ZSCORE', '${keys.webhooksDue}', id)
  if former and (tonumber(former) <= due or (r[3] or '0') ~= '0') then return end
  markDue(id, now, due)
end
local function dropHook(id)
  local hook = hookKey(id)
  local dropped = redis.call('DEL', hook, hook .. ':log', hook .. ':log:progress', hook .. ':again')
  -- Whoever hears of it finds nothing to deliver, and takes the job out of BullMQ, too.
  if dropped > 0 then redis.call('PUBLISH', '${channels.webhooks}', id .. ' 0') end
  redis.call('ZREM', '${keys.webhooksDue}', id)
  redis.call('ZREM', '${keys.webhooksWaiting}', id)
end
`

/** Somebody begins to deliver. ARGV: id, token → names and values of the hash, [the oldest that is to be sent again or ''], now; nil without a webhook. */
const claim = ({ keys }: Names) => `
local id, hook = ARGV[1], hookKey(ARGV[1])
if redis.call('EXISTS', hook) == 0 then
  dropHook(id)
  return nil
end
local now = nowMs()
redis.call('HSET', hook, 'holder', ARGV[2])
redis.call('ZADD', '${keys.webhooksDue}', 'XX', now + ${CLAIM_MS}, id)
local again = redis.call('ZRANGE', hook .. ':again', 0, 0)
return {redis.call('HGETALL', hook), again[1] or '', tostring(now)}
`

/**
 * What one try came to. ARGV: id, token, row of the log, '1' of progress, the cursor behind an event that is done with or '', else
 * its failed tries and ms until the next; '1' when the endpoint wants no more; the event where it was sent because somebody asked
 * for it again, else '' → 'OK' or 'STALE'.
 */
const settle = () => `
local id, hook = ARGV[1], hookKey(ARGV[1])
local r = redis.call('HMGET', hook, 'holder', 'interval')
if r[1] ~= ARGV[2] then return 'STALE' end
local isProgress = ARGV[4] ~= ''
local log = hook .. (isProgress and ':log:progress' or ':log')
redis.call('LPUSH', log, ARGV[3])
redis.call('LTRIM', log, 0, (isProgress and ${KEPT_PROGRESS_TRIES} or ${KEPT_TRIES}) - 1)
if isProgress then redis.call('HSET', hook, 'next', nowMs() + r[2]) end
if ARGV[9] ~= '' then redis.call('ZREM', hook .. ':again', ARGV[9]) end
if ARGV[5] ~= '' then
  redis.call('HSET', hook, 'cursor', ARGV[5], 'tries', 0)
  redis.call('HDEL', hook, 'retry')
elseif ARGV[9] == '' then
  redis.call('HSET', hook, 'tries', ARGV[6], 'retry', nowMs() + ARGV[7])
end
if ARGV[8] ~= '' then
  redis.call('HSET', hook, 'off', '1')
  redis.call('DEL', hook .. ':again')
end
return 'OK'
`

/**
 * Nothing is to be sent now. ARGV: id, token, cursor, news that were looked at, ms until something is or '', ms of the oldest event that
 * waits → 'OK', 'STALE', or 'NEWS' when there is more to look at.
 */
const rest = ({ keys }: Names) => `
local id, hook = ARGV[1], hookKey(ARGV[1])
local r = redis.call('HMGET', hook, 'holder', 'news', 'off')
if r[1] ~= ARGV[2] then return 'STALE' end
redis.call('HSET', hook, 'cursor', ARGV[3])
if r[2] ~= ARGV[4] and not r[3] then return 'NEWS' end
redis.call('HDEL', hook, 'holder')
if ARGV[5] == '' then
  redis.call('ZREM', '${keys.webhooksDue}', id)
  redis.call('ZREM', '${keys.webhooksWaiting}', id)
else
  redis.call('ZADD', '${keys.webhooksDue}', nowMs() + ARGV[5], id)
  redis.call('ZADD', '${keys.webhooksWaiting}', ARGV[6], id)
end
return 'OK'
`

/** Who delivers stops before it has an answer. ARGV: id, token. */
const release = () => `
local id, hook = ARGV[1], hookKey(ARGV[1])
if redis.call('HGET', hook, 'holder') ~= ARGV[2] then return end
redis.call('HDEL', hook, 'holder')
local now = nowMs()
markDue(id, now, now)
`

/**
 * Events are to be sent once more. ARGV: id, 'one' and the event, or 'after' and the event behind which it begins → 1; 0 without a
 * webhook. Turns an endpoint on again that wanted no more.
 */
const again = ({ keys }: Names) => `
local id, hook = ARGV[1], hookKey(ARGV[1])
if redis.call('EXISTS', hook) == 0 then return 0 end
local function isBefore(a, b)
  local ams, aseq = string.match(a .. '-0', '^(%d+)-(%d+)')
  local bms, bseq = string.match(b .. '-0', '^(%d+)-(%d+)')
  if ams ~= bms then return tonumber(ams) < tonumber(bms) end
  return tonumber(aseq) < tonumber(bseq)
end
local now = nowMs()
if ARGV[2] == 'one' then
  redis.call('ZADD', hook .. ':again', string.match(ARGV[3], '^%d+'), ARGV[3])
else
  redis.call('HDEL', hook, 'retry')
  if isBefore(ARGV[3], redis.call('HGET', hook, 'cursor') or '0') then
    -- Whoever delivers now would move it on.
    redis.call('HSET', hook, 'cursor', ARGV[3], 'holder', '', 'tries', 0)
  end
end
redis.call('HDEL', hook, 'off')
redis.call('HINCRBY', hook, 'news', 1)
redis.call('ZADD', '${keys.webhooksWaiting}', 'NX', now, id)
markDue(id, now, now)
return 1
`

/** Which jobs are due. ARGV: how many at most → ids. */
const due = ({ keys }: Names) => `
return redis.call('ZRANGEBYSCORE', '${keys.webhooksDue}', '-inf', nowMs(), 'LIMIT', 0, ARGV[1])
`

/** In how many ms a job is due: nil, never. ARGV: id. */
const dueIn = ({ keys }: Names) => `
local at = redis.call('ZSCORE', '${keys.webhooksDue}', ARGV[1])
return at and math.max(0, tonumber(at) - nowMs())
`

/** A fresh secret takes the place of a tenant's. ARGV: tenant or '', the secret, ms for which the former counts on → what holds now, JSON. */
const rotate = ({ keys }: Names) => `
local now = nowMs()
local kept = cjson.decode(redis.call('HGET', '${keys.webhookSecrets}', ARGV[1]))
local formers = {{secret = kept.secret, untilMs = now + ARGV[3]}}
for _, former in ipairs(kept.formers) do
  if former.untilMs > now and #formers < ${KEPT_FORMER_SECRETS} then formers[#formers + 1] = former end
end
local written = cjson.encode({secret = ARGV[2], formers = formers})
redis.call('HSET', '${keys.webhookSecrets}', ARGV[1], written)
return written
`

export const WEBHOOK_SCRIPTS = {
  ffHookClaim: claim,
  ffHookSettle: settle,
  ffHookRest: rest,
  ffHookRelease: release,
  ffHookAgain: again,
  ffHooksDue: due,
  ffHookDueIn: dueIn,
  ffHookRotate: rotate,
}
