/**
 * The Lua scripts: every change of a job that must be atomic. Each starts by refusing what is no longer true (a former
 * attempt, a lost lock, a job that has ended), then writes the record, appends the event and publishes it.
 *
 * Records are `ffleet:job:<id>` hashes; their fields:
 *   req      the normalized request, JSON          created   ms
 *   attempt  newest attempt, the fencing token     running   '1' while it runs        token    BullMQ lock token of its holder
 *   worker   who runs it, or ran it last           host     of that worker            data     id of where it reports, or ''
 *   started   ms of the first attempt             begun     ms of the newest              phase    of the running attempt
 *   told     number of the last event the running attempt told
 *   seq      last progress number                  snap      last snapshot, compact   lost     attempts in a row whose worker was lost
 *   oom      attempts that ran out of memory       err       last error, JSON         cancel   '1' once asked for
 *   cpu      ms of CPU time that the running attempt has used and nobody has charged yet
 *   commit:<group>  outputs decided to be published, JSON       out:<name>  a published output and how it was written, JSON
 *   play:<name>  since when an attempt's output can be played while it is encoded, JSON
 *   done     '1' when all outputs are committed
 *   tenant   whose it is; missing for a job of no tenant       low      100 - priority: its score in the line of its tenant
 *   needs    encoders that the worker has to have, with commas between them; missing: none
 *   queued   id of job.queued, until the job's log is begun
 *   retrying '1' between a retry and the attempt or end that follows
 *   after:<id>, in:<id>/<output>, awaits, delay, freed, barred   of a job that follows others; see `followers/scripts.ts`
 *   final    the terminal resource, JSON           end       id of the terminal event term     terminal state
 */
import type { Result } from 'ioredis'
import type { Connection } from './connection.js'
import { countDue } from './demand.js'
import { FOLLOWER_SCRIPTS, followerFunctions } from './followers/scripts.js'
import {
  DAY_MS,
  FLEET_EVENTS,
  HOUR_MS,
  IDEMPOTENCY_TTL_MS,
  KEPT_FOR_WEBHOOKS_MS,
  KEPT_OUTCOMES_MS,
  KEPT_PROGRESS,
  KEPT_USAGE_MS,
  type Names,
  QUEUED_BODY,
} from './keys.js'
import { callable, countNeeding, needsFunctions } from './needs.js'
import { ALL } from './revocations.js'
import { SCHEDULE_SCRIPTS } from './schedules/scripts.js'
import { callUp, callUpFunction, lineFunctions, order, place } from './turns/lines.js'
import { UPLOAD_SCRIPTS, uploadFunctions } from './uploads/scripts.js'
import { watched } from './watched-script.js'
import { WEBHOOK_SCRIPTS, webhookFunctions } from './webhooks/scripts.js'

const prelude = (names: Names) => {
  const { channels, keys } = names
  return `
local SEP = '\\31'
local function put(stream, channel, names, values, maxlen)
  local args = {'XADD', stream}
  if maxlen then
    args[3] = 'MAXLEN'; args[4] = '~'; args[5] = maxlen
  end
  args[#args + 1] = '*'
  for i = 1, #values do
    args[#args + 1] = names[i]
    args[#args + 1] = values[i]
  end
  local id = redis.call(unpack(args))
  redis.call('PUBLISH', channel, id .. SEP .. table.concat(values, SEP))
  return id
end
local function text(id, type, jobId, ms, body)
  return id .. SEP .. type .. SEP .. jobId .. SEP .. ms .. SEP .. body
end
local function tenantOf(jobId)
  return jobId ~= '' and redis.call('HGET', '${keys.job('')}' .. jobId, 'tenant') or nil
end
-- Whoever follows the fleet for a tenant tells by the last value whose an event is.
local function emitFleet(type, jobId, ms, body)
  local tenant = tenantOf(jobId)
  local more = tenant and {'tenant', tenant} or {}
  local id = redis.call('XADD', '${keys.fleet}', 'MAXLEN', '~', ${FLEET_EVENTS}, '*', 'e', type, 'i', jobId, 't', ms, 'd', body, unpack(more))
  local message = text(id, type, jobId, ms, body)
  if tenant then message = message .. SEP .. tenant end
  redis.call('PUBLISH', '${channels.fleet}', message)
  return id, message
end
local function emitOutcome(type, jobId, ms, body)
  local _, message = emitFleet(type, jobId, ms, body)
  redis.call('PUBLISH', '${channels.outcomes}', message)
end
${webhookFunctions(names)}
local function log(jobId, id, type, ms, body)
  return redis.call('XADD', '${keys.events('')}' .. jobId, id, 'e', type, 'i', '', 't', ms, 'd', body)
end
-- Nobody needs a stream for a job that only waits: its first entry is written when a second one comes.
local function openLog(jobId, job)
  local r = redis.call('HMGET', job, 'queued', 'created')
  if not r[1] then return end
  log(jobId, r[1], 'job.queued', r[2], '${QUEUED_BODY}')
  redis.call('HDEL', job, 'queued')
end
local function progressOfFleet(id, names, values)
  values[2] = id
  local tenant = tenantOf(id)
  if tenant then
    names[#names + 1] = 'tenant'
    values[#values + 1] = tenant
  end
  put('${keys.fleet}', '${channels.fleet}', names, values, ${FLEET_EVENTS})
end
local function emit(jobId, type, ms, body)
  local id = log(jobId, '*', type, ms, body)
  redis.call('PUBLISH', '${channels.job('')}' .. jobId, text(id, type, '', ms, body))
  tellHook(jobId, type)
  return id
end
local function progressIds(id) return (string.gsub('${keys.progressIds('@')}', '@', id)) end
local function jobKey(id) return '${keys.job('')}' .. id end
local function holds(job, attempt)
  local r = redis.call('HMGET', job, 'attempt', 'running', 'final', 'cancel', 'told')
  if r[1] ~= attempt or r[2] ~= '1' or r[3] then return nil end
  return r
end
-- The first of these paths that another job has, and which: an output path belongs to one job.
local function taken(id, from, to)
  for i = from, to do
    local owner = redis.call('HGET', '${keys.outputs}', ARGV[i])
    if owner and owner ~= id then return {ARGV[i], owner} end
  end
end
local function own(id, from, to)
  for i = from, to do redis.call('HSET', '${keys.outputs}', ARGV[i], id) end
end
local function disown(id, from, to)
  for i = from, to do
    if redis.call('HGET', '${keys.outputs}', ARGV[i]) == id then redis.call('HDEL', '${keys.outputs}', ARGV[i]) end
  end
end
-- A command is sent again when its answer was lost: what has a number that was told already is not told twice.
local function toldAlready(job, held, number)
  if tonumber(number) <= tonumber(held[5] or '0') then return true end
  redis.call('HSET', job, 'told', number)
  return false
end
${needsFunctions(names)}
${lineFunctions(names)}
${uploadFunctions(names)}
${followerFunctions(names)}
-- Adds figures to what the tenant of a job used on the day: names and amounts alternating, '' where one is not known.
local function use(id, ms, ...)
  local day = math.floor(ms / ${DAY_MS})
  local usage, tenant, figures = '${keys.usage('')}' .. day, tenantOf(id) or '', {...}
  for i = 1, #figures, 2 do
    if figures[i + 1] ~= '' then redis.call('HINCRBY', usage, figures[i] .. ':' .. tenant, figures[i + 1]) end
  end
  redis.call('PEXPIREAT', usage, (day + 1) * ${DAY_MS} + ${KEPT_USAGE_MS})
end
-- An attempt ends once: the script that sees it run, and lets it run no more, charges it.
local function useAttempt(id, job, ms)
  use(id, ms, 'attempts', 1, 'cpuMs', redis.call('HGET', job, 'cpu') or '')
  redis.call('HDEL', job, 'cpu')
end
`
}

/**
 * A job is recorded and told of; what is left is to hand it to BullMQ. Nobody can watch a job yet whose id has not been told,
 * so its own channel hears nothing. ARGV: id, req, created ms, idempotency key or '', body hash, tenant or '', 100 - priority, ms
 * before which it does not start or 0, names and values of its webhook as JSON or '', what it follows as JSON or '' (`after`, `from`, `delayMs`), what it needs
 * with commas between or '', number of paths that must be free, these, tag keys… → {'CREATED', its turn, 'call' when that is for `callUp` to say, 'waits' when other jobs have
 * to complete first, or ''}; {'EARLIER', id, hash} of the job that has the key; {'TAKEN', path, job}; {'OVER', quota, limit, what there
 * is}; {'UNFIT', job, what became of it} of one that cannot be followed.
 */
const create = ({ keys }: Names) => `
local id, ms, idem, tenant, low, due, lastPath = ARGV[1], ARGV[3], ARGV[4], ARGV[6], ARGV[7], ARGV[8], 12 + ARGV[12]
if idem ~= '' then
  local r = redis.call('HMGET', idem, 'id', 'hash')
  if r[1] then return {'EARLIER', r[1], r[2]} end
end
local course = ARGV[10] ~= '' and cjson.decode(ARGV[10])
local against = course and unfit(jobKey(id), course.after)
if against then return against end
local other = taken(id, 13, lastPath)
if other then return {'TAKEN', other[1], other[2]} end
local over = overQuota(tenant)
if over then return over end
own(id, 13, lastPath)
if idem ~= '' then
  redis.call('HSET', idem, 'id', id, 'hash', ARGV[5])
  redis.call('PEXPIRE', idem, ${IDEMPOTENCY_TTL_MS})
end
if tenant ~= '' then
  redis.call('HSET', jobKey(id), 'tenant', tenant)
  redis.call('SADD', openKey(tenant), id)
end
local queued = emitFleet('job.queued', id, ms, '${QUEUED_BODY}')
redis.call('HSET', jobKey(id), 'req', ARGV[2], 'created', ms, 'queued', queued, 'low', low)
if ARGV[11] ~= '' then redis.call('HSET', jobKey(id), 'needs', ARGV[11]) end
if ARGV[9] ~= '' then
  redis.call('HSET', hookKey(id), unpack(cjson.decode(ARGV[9])))
  tellHook(id, 'job.queued')
end
redis.call('ZADD', '${keys.jobs}', 0, id)
redis.call('ZADD', '${keys.open}', 0, id)
for i = lastPath + 1, #ARGV do redis.call('ZADD', ARGV[i], 0, id) end
if course then
  for _, source in ipairs(course.from) do redis.call('HSET', jobKey(id), 'in:' .. source, '') end
  if follow(id, jobKey(id), course.after) then
    if course.delayMs > 0 then redis.call('HSET', jobKey(id), 'delay', course.delayMs) end
    return {'CREATED', 'waits'}
  end
end
if due ~= '0' then
  redis.call('ZADD', '${keys.later}', due, id)
  return {'CREATED', ''}
end
joinLine(id, tenant, low)
local turn = turnOfNew(id, tenant)
if turn and turn ~= 'call' then redis.call('ZADD', '${keys.turns}', turn, id) end
return {'CREATED', turn or ''}
`

/**
 * An attempt begins, if the caller holds BullMQ's lock. A former attempt that still counts as running was lost.
 * ARGV: id, bull lock key, token, worker, ms, body of attempt.started, body of the lost attempt.failed, starts until poisoned, error JSON
 * of a poisoned job, host, id of where it reports or '', encoders that the worker can use now; `@A` in a body stands for the number of the attempt it speaks of. → {'BEGUN' or why not, names and values of the record, what
 * is to be changed of other jobs, as `callUp` says}.
 */
const begin = (names: Names) => {
  const { keys } = names
  return `${callUpFunction(names)}
local id, job, ms = ARGV[1], jobKey(ARGV[1]), ARGV[5]
local function answer(kind) return {kind, redis.call('HGETALL', job)} end
if redis.call('GET', ARGV[2]) ~= ARGV[3] then return {'LOCK_LOST'} end
local r = redis.call('HMGET', job, 'final', 'cancel', 'running', 'attempt', 'req', 'lost', 'done', 'low', 'needs')
if not r[5] then return {'UNKNOWN'} end
if r[1] then return answer('ENDED') end
local lost = tonumber(r[6] or '0')
if r[3] == '1' then
  lost = redis.call('HINCRBY', job, 'lost', 1)
  useAttempt(id, job, ms)
  local body = string.gsub(ARGV[7], '@A', r[4])
  redis.call('HSET', job, 'running', '0', 'phase', '', 'err', cjson.encode(cjson.decode(body).error))
  emitOutcome('attempt.failed', id, ms, body)
  emit(id, 'attempt.failed', ms, body)
end
redis.call('HDEL', job, 'retrying')
if r[2] == '1' and r[7] ~= '1' then
  redis.call('ZREM', '${keys.active}', id)
  return answer('CANCELLED')
end
if lost >= tonumber(ARGV[8]) and r[7] ~= '1' then
  redis.call('ZREM', '${keys.active}', id)
  redis.call('HSET', job, 'err', (string.gsub(ARGV[9], '@A', r[4])))
  return answer('POISONED')
end
local tenant = tenantOf(id) or ''
if tenant ~= '' then redis.call('SREM', runningKey(tenant), id) end
local turn = leaveLine(id, tenant)
if roomOf(tenant) == 0 and r[7] ~= '1' then
  joinLine(id, tenant, r[8])
  redis.call('SADD', '${keys.held}', id)
  redis.call('ZREM', '${keys.active}', id)
  return answer('HELD')
end
if r[9] and r[7] ~= '1' and not hasAll(r[9], ARGV[12]) then
  waitForNeeds(id, r[9], tenant, r[8])
  redis.call('ZREM', '${keys.active}', id)
  return answer('NEEDS')
end
if turn then noteTurn(tenant, turn) end
if tenant ~= '' then redis.call('SADD', runningKey(tenant), id) end
local attempt = redis.call('HINCRBY', job, 'attempt', 1)
redis.call('HSET', job, 'running', '1', 'token', ARGV[3], 'worker', ARGV[4], 'phase', '', 'told', 0, 'host', ARGV[10], 'data', ARGV[11], 'begun', ms)
redis.call('HSETNX', job, 'started', ms)
redis.call('ZADD', '${keys.active}', 0, id)
openLog(id, job)
local body = string.gsub(ARGV[6], '@A', attempt)
emitFleet('attempt.started', id, ms, body)
emit(id, 'attempt.started', ms, body)
return {'BEGUN', redis.call('HGETALL', job), callUp(tonumber(ms), tenant, false)}
`
}

/** ARGV: id, attempt, number, for the fleet too ('1'), names and values of a snapshot alternating → {'OK', cancel} or {'STALE'}. */
const progress = ({ channels, keys }: Names) => `
local id, job = ARGV[1], jobKey(ARGV[1])
local held = holds(job, ARGV[2])
if not held then return {'STALE'} end
if toldAlready(job, held, ARGV[3]) then return {'OK', held[4]} end
local seq = redis.call('HINCRBY', job, 'seq', 1)
local names, values = {'e', 'i', 'n'}, {'p', '', seq}
for i = 5, #ARGV, 2 do
  names[#names + 1] = ARGV[i]
  values[#values + 1] = ARGV[i + 1]
end
local list = progressIds(id)
local entry = put('${keys.events('')}' .. id, '${channels.job('')}' .. id, names, values)
if redis.call('RPUSH', list, entry) > ${KEPT_PROGRESS} then
  redis.call('XDEL', '${keys.events('')}' .. id, redis.call('LPOP', list))
end
redis.call('HSET', job, 'snap', table.concat(values, SEP, 3))
tellHook(id, 'progress')
if ARGV[4] == '1' then
  progressOfFleet(id, names, values)
end
return {'OK', held[4]}
`

/** Any other event of a running attempt. ARGV: id, attempt, number, type, ms, body, field to set or '', value, only once ('1'). */
const RECORD = `
local function noteStored(jobId, entry)
  local tenant = tenantOf(jobId)
  local output = tenant and cjson.decode(entry).output
  if output and type(output.bytes) == 'number' then keepBytes(tenant, output.path, output.bytes) end
end
local id, job = ARGV[1], jobKey(ARGV[1])
local held = holds(job, ARGV[2])
if not held then return {'STALE'} end
if toldAlready(job, held, ARGV[3]) then return {'OK', held[4]} end
if ARGV[7] ~= '' then
  if ARGV[9] == '1' and redis.call('HEXISTS', job, ARGV[7]) == 1 then return {'OK', held[4]} end
  redis.call('HSET', job, ARGV[7], ARGV[8])
  if ARGV[4] == 'output.ready' then noteStored(id, ARGV[8]) end
end
emit(id, ARGV[4], ARGV[5], ARGV[6])
return {'OK', held[4]}
`

/** What the running attempt has used so far; no event tells. ARGV: id, attempt, number, CPU ms → {'OK', cancel} or {'STALE'}. */
const USED = `
local job = jobKey(ARGV[1])
local held = holds(job, ARGV[2])
if not held then return {'STALE'} end
if not toldAlready(job, held, ARGV[3]) then redis.call('HSET', job, 'cpu', ARGV[4]) end
return {'OK', held[4]}
`

/**
 * Decides that outputs will be published. ARGV: id, attempt, bull lock key, token, field, JSON, last ones ('1'), number of
 * paths that may not be another job's, these, paths that are taken over from whoever has them… → {'OK'}, {'STALE'},
 * {'CANCELLED'} or {'TAKEN', path, job}.
 */
const commit = ({ keys }: Names) => `
local id, lastPath = ARGV[1], 8 + ARGV[8]
local job = jobKey(ARGV[1])
local held = holds(job, ARGV[2])
if not held or redis.call('GET', ARGV[3]) ~= ARGV[4] then return {'STALE'} end
if held[4] == '1' then return {'CANCELLED'} end
local other = redis.call('HEXISTS', job, ARGV[5]) == 0 and taken(id, 9, lastPath)
if other then return {'TAKEN', other[1], other[2]} end
for i = 9, #ARGV do
  local former = redis.call('HGET', '${keys.outputs}', ARGV[i])
  local tenant = former and former ~= id and tenantOf(former)
  if tenant then keepBytes(tenant, ARGV[i], nil) end
end
own(id, 9, #ARGV)
redis.call('HSETNX', job, ARGV[5], ARGV[6])
if ARGV[7] == '1' then redis.call('HSET', job, 'done', '1') end
return {'OK'}
`

/** The attempt ends without success. ARGV: id, attempt, ms, body of attempt.failed or '', error JSON or '', out of memory ('1'). */
const endAttempt = ({ keys }: Names) => `
local id, job = ARGV[1], jobKey(ARGV[1])
if not holds(job, ARGV[2]) then return 'STALE' end
useAttempt(id, job, ARGV[3])
redis.call('HSET', job, 'running', '0', 'phase', '', 'lost', 0)
if ARGV[5] ~= '' then redis.call('HSET', job, 'err', ARGV[5]) end
if ARGV[6] == '1' then redis.call('HINCRBY', job, 'oom', 1) end
redis.call('ZREM', '${keys.active}', id)
local tenant = tenantOf(id) or ''
if tenant ~= '' then redis.call('SREM', runningKey(tenant), id) end
joinLine(id, tenant, redis.call('HGET', job, 'low'))
if ARGV[4] ~= '' then
  emitOutcome('attempt.failed', id, ARGV[3], ARGV[4])
  emit(id, 'attempt.failed', ARGV[3], ARGV[4])
end
return 'OK'
`

/**
 * The job ends, once. ARGV: id, state, ms, final JSON, keep events ms, outcome as the history counts it, ms of media it made,
 * ms and bytes of all its outputs, bytes of its input or '', number of paths it gives up, these, then the last snapshot, which says 100:
 * its number, names and values alternating; nothing for a job that did not complete → {id of the event, '1' when another job of its
 * tenant may have a turn now, '1' when others follow it}, nil when it had ended.
 */
const finish = ({ channels, keys }: Names) => `
local id, job = ARGV[1], jobKey(ARGV[1])
local r = redis.call('HMGET', job, 'final', 'req', 'running')
if r[1] or not r[2] then return nil end
local type, body, lastPath = 'job.' .. ARGV[2], '{"job":' .. ARGV[4] .. '}', 11 + ARGV[11]
disown(id, 12, lastPath)
openLog(id, job)
local seq = ARGV[lastPath + 1]
if seq then
  local names, values = {'e', 'i', 'n'}, {'p', '', seq}
  for i = lastPath + 2, #ARGV, 2 do
    names[#names + 1] = ARGV[i]
    values[#values + 1] = ARGV[i + 1]
  end
  put('${keys.events('')}' .. id, '${channels.job('')}' .. id, names, values)
  redis.call('HSET', job, 'seq', seq, 'snap', table.concat(values, SEP, 3))
  tellHook(id, 'progress')
  progressOfFleet(id, names, values)
end
emitOutcome(type, id, ARGV[3], body)
local entry = emit(id, type, ARGV[3], body)
redis.call('HSET', job, 'final', ARGV[4], 'end', entry, 'term', ARGV[2], 'running', '0', 'phase', '')
redis.call('HDEL', job, 'retrying')
stopFollowing(id, job)
local isFollowed = noteFollowed(id)
local tenant = tenantOf(id) or ''
local turn = leaveLine(id, tenant)
if tenant ~= '' then
  redis.call('SREM', runningKey(tenant), id)
  redis.call('SREM', openKey(tenant), id)
end
redis.call('ZREM', '${keys.open}', id)
redis.call('ZREM', '${keys.active}', id)
redis.call('ZADD', '${keys.ofState('')}' .. ARGV[2], 0, id)
redis.call('ZADD', '${keys.ended}', ARGV[3], id)
local isTold = redis.call('EXISTS', hookKey(id)) == 1
redis.call('PEXPIRE', '${keys.events('')}' .. id, isTold and math.max(ARGV[5], ${KEPT_FOR_WEBHOOKS_MS}) or ARGV[5])
redis.call('DEL', progressIds(id))
local hour = math.floor(ARGV[3] / ${HOUR_MS})
local minute = math.floor(ARGV[3] / 60000) % 60
local function count(outcomes)
  redis.call('HINCRBY', outcomes, minute .. ':' .. ARGV[6], 1)
  redis.call('HINCRBY', outcomes, minute .. ':media', ARGV[7])
  redis.call('PEXPIRE', outcomes, ${KEPT_OUTCOMES_MS + HOUR_MS})
end
count('${keys.outcomes('')}' .. hour)
if tenant ~= '' then count((string.gsub('${keys.outcomesOfTenant('@', '')}', '@', tenant)) .. hour) end
if r[3] == '1' then useAttempt(id, job, ARGV[3]) end
use(id, ARGV[3], ARGV[2], 1)
if ARGV[2] == 'completed' then
  use(id, ARGV[3], 'mediaMs', ARGV[7], 'outputMs', ARGV[8], 'outputBytes', ARGV[9], 'inputBytes', ARGV[10])
end
return {entry, (turn or roomOf(tenant)) and '1' or '', isFollowed and '1' or ''}
`

/** ARGV: id → 'UNKNOWN', 'ENDED', 'LATE' (all outputs are committed already) or 'ASKED'. */
const cancel = ({ channels }: Names) => `
local job = jobKey(ARGV[1])
local r = redis.call('HMGET', job, 'final', 'req', 'done')
if not r[2] then return 'UNKNOWN' end
if r[1] then return 'ENDED' end
if r[3] == '1' then return 'LATE' end
redis.call('HSET', job, 'cancel', '1')
redis.call('PUBLISH', '${channels.control}', 'cancel ' .. ARGV[1])
return 'ASKED'
`

/**
 * A failed or cancelled job is queued again. ARGV: id, ms, '1' when quotas count, jobs that it follows as JSON, number of paths that
 * must be free or its own, these, names of outputs to make again… → {'OK', '1' when it waits for other jobs}, {'UNKNOWN'},
 * {'REFUSED'}, {'TAKEN', path, job}, {'OVER', …} or {'UNFIT', …} as a submission.
 */
const retry = ({ keys }: Names) => `
local id, job, others, lastPath = ARGV[1], jobKey(ARGV[1]), cjson.decode(ARGV[4]), 5 + ARGV[5]
local r = redis.call('HMGET', job, 'term', 'req', 'attempt', 'tenant', 'low')
if not r[2] then return {'UNKNOWN'} end
if r[1] ~= 'failed' and r[1] ~= 'cancelled' then return {'REFUSED'} end
local against = unfit(job, others)
if against then return against end
local other = taken(id, 6, lastPath)
if other then return {'TAKEN', other[1], other[2]} end
local tenant = r[4] or ''
local over = ARGV[3] == '1' and overQuota(tenant)
if over then return over end
own(id, 6, lastPath)
redis.call('HDEL', job, 'final', 'end', 'term', 'cancel', 'err', 'lost', 'oom', 'snap', 'started', 'worker', 'done', 'barred', 'delay')
-- Followers that have not been told of its end need not be.
redis.call('HDEL', '${keys.followed}', id)
for _, field in ipairs(redis.call('HKEYS', job)) do
  if string.sub(field, 1, 7) == 'commit:' then redis.call('HDEL', job, field) end
end
for i = lastPath + 1, #ARGV do
  local made = tenant ~= '' and redis.call('HGET', job, 'out:' .. ARGV[i])
  if made then keepBytes(tenant, cjson.decode(made).output.path, nil) end
  redis.call('HDEL', job, 'out:' .. ARGV[i])
end
redis.call('HSET', job, 'retrying', '1')
local waits = follow(id, job, others)
if not waits then joinLine(id, tenant, r[5]) end
if tenant ~= '' then redis.call('SADD', openKey(tenant), id) end
redis.call('ZREM', '${keys.ofState('')}' .. r[1], id)
redis.call('ZREM', '${keys.ended}', id)
redis.call('ZADD', '${keys.open}', 0, id)
redis.call('PERSIST', '${keys.events('')}' .. id)
local body = '{"attempt":' .. (r[3] or '0') .. '}'
emitFleet('job.queued', id, ARGV[2], body)
emit(id, 'job.queued', ARGV[2], body)
return {'OK', waits and '1' or ''}
`

/** The watch links of a job are revoked. ARGV: id → how often they were by now, 0 for an unknown job. */
const revoke = ({ keys }: Names) => `
if redis.call('HEXISTS', jobKey(ARGV[1]), 'req') == 0 then return 0 end
redis.call('HINCRBY', '${keys.revoked}', '${ALL}', 1)
return redis.call('HINCRBY', '${keys.revoked}', ARGV[1], 1)
`

/** Forgets a terminal job. ARGV: id, number of its paths, these, tag keys… → 1, 0 (unknown), -1 (has not ended) or -2 (followers are to be told first). */
const forget = ({ keys }: Names) => `
local id, job, lastPath = ARGV[1], jobKey(ARGV[1]), 2 + ARGV[2]
local r = redis.call('HMGET', job, 'term', 'req')
if not r[2] then
  redis.call('ZREM', '${keys.jobs}', id)
  redis.call('ZREM', '${keys.ended}', id)
  return 0
end
if not r[1] then return -1 end
if noteFollowed(id) then return -2 end
local tenant = tenantOf(id)
if tenant then
  local fields = redis.call('HGETALL', job)
  for i = 1, #fields, 2 do
    if string.sub(fields[i], 1, 4) == 'out:' then
      local path = cjson.decode(fields[i + 1]).output.path
      local owner = redis.call('HGET', '${keys.outputs}', path)
      if not owner or owner == id then keepBytes(tenant, path, nil) end
    end
  end
end
redis.call('DEL', job, '${keys.events('')}' .. id, progressIds(id))
dropHook(id)
redis.call('HDEL', '${keys.revoked}', id)
redis.call('ZREM', '${keys.jobs}', id)
redis.call('ZREM', '${keys.ended}', id)
redis.call('ZREM', '${keys.ofState('')}' .. r[1], id)
disown(id, 3, lastPath)
for i = lastPath + 1, #ARGV do redis.call('ZREM', ARGV[i], id) end
return 1
`

/**
 * Of open jobs those that do not simply wait, for their turn or for other jobs, or run. A job that was recorded within the patience, by the clock of Redis, is
 * left to its submitter, who is about to hand it to BullMQ. ARGV: patience ms, ids… → ids.
 */
const suspects = ({ keys }: Names) => `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local function isNew(queued)
  return queued and math.abs(now - string.match(queued, '^%d+')) < tonumber(ARGV[1])
end
local found = {}
for i = 2, #ARGV do
  local id = ARGV[i]
  local r = redis.call('HMGET', jobKey(id), 'req', 'cancel', 'retrying', 'queued', 'awaits')
  local well = r[1] and r[2] ~= '1' and (r[5] or r[3] ~= '1')
    and (r[5] or redis.call('ZSCORE', '${keys.bullPrioritized}', id) or redis.call('ZSCORE', '${keys.bullDelayed}', id)
      or redis.call('EXISTS', (string.gsub('${keys.bullLock('@')}', '@', id))) == 1 or isNew(r[4]))
  if not well then found[#found + 1] = id end
end
return found
`

/** A worker's event. ARGV: type, ms, body. */
const FLEET_EVENT = `
return emitFleet(ARGV[1], '', ARGV[2], ARGV[3])
`

/** By the name of the command that calls it: a script, or one for the names of a fleet. */
const SCRIPTS: Record<string, string | ((names: Names) => string)> = {
  ffCreate: create,
  ffBegin: begin,
  ffProgress: progress,
  ffRecord: RECORD,
  ffUsed: USED,
  ffCommit: commit,
  ffEndAttempt: endAttempt,
  ffFinish: finish,
  ffCancel: cancel,
  ffRetry: retry,
  ffRevoke: revoke,
  ffForget: forget,
  ffSuspects: suspects,
  ffWatched: watched,
  ffFleetEvent: FLEET_EVENT,
  ffCallUp: callUp,
  ffPlace: place,
  ffOrder: order,
  ffCallable: callable,
  ffCountNeeding: countNeeding,
  ffCountDue: countDue,
  ...FOLLOWER_SCRIPTS,
  ...UPLOAD_SCRIPTS,
  ...SCHEDULE_SCRIPTS,
  ...WEBHOOK_SCRIPTS,
}

type Args = (string | number)[]
type Taken = ['TAKEN', path: string, job: string]
type Unfit = ['UNFIT', job: string, fate: string]
type Over = ['OVER', quota: 'queued' | 'bytes', limit: string, used: string]
declare module 'ioredis' {
  interface RedisCommander<Context> {
    ffCreate(
      ...args: Args
    ): Result<
      | ['CREATED', turn: number | 'call' | 'waits' | '']
      | ['EARLIER', id: string, bodyHash: string]
      | Taken
      | Over
      | Unfit,
      Context
    >
    ffBegin(...args: Args): Result<[string, string[]?, changes?: (string | number)[]], Context>
    ffProgress(...args: Args): Result<[string, string | null], Context>
    ffRecord(...args: Args): Result<[string, string | null], Context>
    ffUsed(...args: Args): Result<[string, string | null], Context>
    ffCommit(...args: Args): Result<['OK' | 'STALE' | 'CANCELLED'] | Taken, Context>
    ffEndAttempt(...args: Args): Result<'OK' | 'STALE', Context>
    ffFinish(...args: Args): Result<[eventId: string, freesTurn: '1' | '', isFollowed: '1' | ''] | null, Context>
    ffCancel(...args: Args): Result<'UNKNOWN' | 'ENDED' | 'LATE' | 'ASKED', Context>
    ffRetry(...args: Args): Result<['OK', waits: '1' | ''] | ['UNKNOWN' | 'REFUSED'] | Taken | Over | Unfit, Context>
    ffRevoke(...args: Args): Result<number, Context>
    ffForget(...args: Args): Result<number, Context>
    ffSuspects(...args: Args): Result<string[], Context>
    ffRelease(...args: Args): Result<[ids: string[], more: '1' | ''], Context>
    ffLeftBehind(...ids: string[]): Result<0, Context>
    ffUploadBegin(id: string, ms: number, tenant: string, file: string): Result<1, Context>
    ffUploadChange(id: string, file: string): Result<0 | 1, Context>
    ffUploadComplete(id: string, ms: number): Result<'1' | '', Context>
    ffUploadRemove(id: string, unlessUsed: '1' | ''): Result<'1' | '' | 'USED', Context>
    ffUploadUses(id: string): Result<string[], Context>
    ffUploadLock(id: string, token: string, ms: number): Result<0 | 1, Context>
    ffUploadHold(id: string, token: string, ms: number): Result<0 | 1 | 2, Context>
    ffUploadUnlock(id: string, token: string): Result<1, Context>
    ffWatched(path: string, former: string, next: string): Result<0 | 1, Context>
    ffFleetEvent(...args: Args): Result<string, Context>
    ffCallUp(ms: number, tenant: string, all: '1' | ''): Result<(string | number)[], Context>
    ffPlace(...args: Args): Result<[place: number, full: '1' | ''], Context>
    ffOrder(limit: number): Result<string[], Context>
    ffCallable(has: string, count: number): Result<string[], Context>
    ffCountNeeding(): Result<number, Context>
    ffCountDue(score: number): Result<number, Context>
    ffPutSchedule(...args: Args): Result<'CREATED' | 'REPLACED' | 'FULL', Context>
    ffPauseSchedule(...args: Args): Result<0 | 1, Context>
    ffRemoveSchedule(...args: Args): Result<string | null, Context>
    ffBeginRun(...args: Args): Result<'OVER' | [sinceMs: string, job: string, isOtherDecided: '0' | '1'], Context>
    ffEndRun(...args: Args): Result<null, Context>
    ffHookClaim(id: string, token: string): Result<[fields: string[], again: string, nowMs: string] | null, Context>
    ffHookSettle(...args: Args): Result<'OK' | 'STALE', Context>
    ffHookRest(...args: Args): Result<'OK' | 'STALE' | 'NEWS', Context>
    ffHookRelease(id: string, token: string): Result<null, Context>
    ffHookAgain(id: string, which: 'one' | 'after', event: string): Result<0 | 1, Context>
    ffHooksDue(limit: number): Result<string[], Context>
    ffHookDueIn(id: string): Result<number | null, Context>
    ffHookRotate(tenant: string, secret: string, graceMs: number): Result<string, Context>
  }
}

/** Teaches a connection the scripts of its fleet (sent once, then called by their hash). */
export function defineScripts(redis: Connection): void {
  const { names } = redis
  for (const [name, script] of Object.entries(SCRIPTS)) {
    const body = typeof script === 'string' ? script : script(names)
    redis.defineCommand(name, { numberOfKeys: 0, lua: prelude(names) + body })
  }
}
