/**
 * What every script knows of lines and turns, as Lua. A job that waits stands in the line of its tenant, in the tenant's
 * own order: priority, then time. While the lines of several tenants wait, the first jobs of each have turns, numbered one
 * after another; BullMQ's priority of such a job is its turn, of any other one behind all turns. ADR 20.
 */
import type { Names } from '../keys.js'

/** Jobs of a tenant that have turns: so many slots may come free at once before they are called up anew. */
export const CALLED = 16
/** BullMQ's priorities end at 2^21 - 1; those from here on are of jobs without a turn. */
export const BEHIND_TURNS = 2_000_000
/** Turns are counted from 1 again when the last that began is above this one. */
const FOLD_AT = 1_000_000

/** The score of a job in its line: the lowest begins first. */
export function placeInLine(priority: number): number {
  return 100 - priority
}

export const lineFunctions = ({ keys }: Names) => `
local function limitOf(tenant, what)
  if tenant == '' then return nil end
  local r = redis.call('HMGET', '${keys.quotas}', tenant .. ':' .. what, '*:' .. what)
  return tonumber(r[1] or r[2] or '')
end
local function lineKey(tenant) return '${keys.line('')}' .. tenant end
local function runningKey(tenant) return '${keys.runningOf('')}' .. tenant end
local function openKey(tenant) return '${keys.openOf('')}' .. tenant end
local function joinLine(id, tenant, low)
  redis.call('ZREM', '${keys.later}', id)
  redis.call('ZADD', lineKey(tenant), low or 100, id)
  redis.call('SADD', '${keys.lines}', tenant)
end
local function stepOut(id, tenant)
  if redis.call('ZREM', lineKey(tenant), id) == 1 and redis.call('EXISTS', lineKey(tenant)) == 0 then
    redis.call('SREM', '${keys.lines}', tenant)
  end
end
-- It waits no more. Gives the turn that it had.
local function leaveLine(id, tenant)
  stepOut(id, tenant)
  redis.call('ZREM', '${keys.later}', id)
  redis.call('SREM', '${keys.held}', id)
  waitNoMore(id)
  local turn = redis.call('ZSCORE', '${keys.turns}', id)
  if turn then redis.call('ZREM', '${keys.turns}', id) end
  return turn
end
local function begunOf(tenant) return tonumber(redis.call('HGET', '${keys.turnsBegun}', tenant) or '0') end
-- A job that came last in a line that is called up has the turn behind the one before it.
local function turnOfNew(id, tenant)
  if redis.call('SCARD', '${keys.lines}') < 2 then return nil end
  local at = redis.call('ZRANK', lineKey(tenant), id)
  if at >= ${CALLED} then return nil end
  local isLast = at + 1 == redis.call('ZCARD', lineKey(tenant))
  if not isLast or limitOf(tenant, 'running') or redis.call('HEXISTS', '${keys.turnsBegun}', '*contested') == 0 then return 'call' end
  if at == 0 then return math.max(begunOf(tenant) + 1, begunOf('*'), 1) end
  local before = redis.call('ZSCORE', '${keys.turns}', redis.call('ZRANGE', lineKey(tenant), at - 1, at - 1)[1])
  return before and before + 1 or 'call'
end
local function noteTurn(tenant, turn)
  for _, name in ipairs({tenant, '*'}) do
    if tonumber(turn) > begunOf(name) then redis.call('HSET', '${keys.turnsBegun}', name, turn) end
  end
end
-- How many more attempts of a tenant may begin now; nil: any number.
local function roomOf(tenant)
  local limit = limitOf(tenant, 'running')
  return limit and math.max(0, limit - redis.call('SCARD', runningKey(tenant)))
end
-- What of a tenant's limits leaves no room for another job: which, the limit, and what there is.
local function overQuota(tenant)
  local queued, bytes = limitOf(tenant, 'queued'), limitOf(tenant, 'bytes')
  local open = queued and redis.call('SCARD', openKey(tenant))
  if queued and open >= queued then return {'OVER', 'queued', queued, open} end
  local stored = bytes and tonumber(redis.call('HGET', '${keys.stored}', tenant) or '0')
  if bytes and stored >= bytes then return {'OVER', 'bytes', string.format('%.0f', bytes), string.format('%.0f', stored)} end
end
local function keepBytes(tenant, path, bytes)
  local stored = '${keys.storedOf('')}' .. tenant
  local former = tonumber(redis.call('HGET', stored, path) or '0')
  if bytes then redis.call('HSET', stored, path, string.format('%.0f', bytes)) else redis.call('HDEL', stored, path) end
  redis.call('HINCRBY', '${keys.stored}', tenant, string.format('%.0f', (bytes or 0) - former))
end
`

/**
 * Gives turns to the first jobs of lines, and says where BullMQ has another priority than theirs: for each job to be changed
 * its id, the priority, '1' when it goes before others of that priority, '1' when it was held and may wait in the queue again.
 */
export const callUpFunction = ({ keys }: Names) => `
local function callUp(ms, whose, all)
local marked, changes = {[whose] = true}, {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', '${keys.later}', '-inf', ms, 'LIMIT', 0, 100)) do
  local due = redis.call('ZSCORE', '${keys.bullDelayed}', id)
  if due then
    redis.call('ZADD', '${keys.later}', math.max(ms + 1, math.floor(due / 4096)), id)
  else
    local r = redis.call('HMGET', jobKey(id), 'req', 'final', 'running', 'tenant', 'low')
    redis.call('ZREM', '${keys.later}', id)
    if r[1] and not r[2] and r[3] ~= '1' then
      joinLine(id, r[4] or '', r[5])
      marked[r[4] or ''] = true
    end
  end
end
local tenants = redis.call('SMEMBERS', '${keys.lines}')
local contested = #tenants > 1
if contested then
  -- Whoever waited alone had no turns.
  if redis.call('HSETNX', '${keys.turnsBegun}', '*contested', '1') == 1 then all = true end
else
  redis.call('HDEL', '${keys.turnsBegun}', '*contested')
end
local now = begunOf('*')
if now > ${FOLD_AT} then
  all = true
  local turns = redis.call('ZRANGE', '${keys.turns}', 0, -1, 'WITHSCORES')
  for i = 1, #turns, 2 do redis.call('ZADD', '${keys.turns}', math.max(1, turns[i + 1] - now), turns[i]) end
  local begun = redis.call('HGETALL', '${keys.turnsBegun}')
  for i = 1, #begun, 2 do
    if begun[i] ~= '*contested' then redis.call('HSET', '${keys.turnsBegun}', begun[i], math.max(0, begun[i + 1] - now)) end
  end
  now = 0
end

local function arrange(tenant)
  local room = roomOf(tenant)
  local window = math.min(contested and ${CALLED} or 0, room or ${CALLED})
  local least, first, called = begunOf(tenant) + 1, nil, 0
  local line, free = {}, 0
  local from = 0
  repeat
    local batch = redis.call('ZRANGE', lineKey(tenant), from, from + 19, 'WITHSCORES')
    from = from + 20
    for i = 1, #batch, 2 do
      local id, turn = batch[i], tonumber(redis.call('ZSCORE', '${keys.turns}', batch[i]) or '')
      local place = redis.call('ZSCORE', '${keys.bullPrioritized}', id)
      local held = redis.call('SISMEMBER', '${keys.held}', id) == 1
      if place and held then redis.call('SREM', '${keys.held}', id) end
      if place or held then
        if turn then
          called = called + 1
          first = math.min(first or turn, turn)
        end
        line[#line + 1] = {id = id, low = tonumber(batch[i + 1]), turn = turn, held = not place,
          place = tonumber(place or 0), priority = place and math.floor(place / 4294967296)}
        if not turn and #line > math.max(window, math.min(room or 0, 400)) then free = free + 1 end
      elseif turn and redis.call('EXISTS', (string.gsub('${keys.bullLock('@')}', '@', id))) == 1 then
        -- A worker has it, and has not said so yet.
        least = math.max(least, turn + 1)
      elseif turn then
        -- It is about to be handed to BullMQ with this turn.
        called = called + 1
        first = math.min(first or turn, turn)
        line[#line + 1] = {id = id, turn = turn, isNew = true, place = 0}
      else
        local due = redis.call('ZSCORE', '${keys.bullDelayed}', id)
        if due then
          stepOut(id, tenant)
          from = from - 1
          redis.call('ZADD', '${keys.later}', math.floor(due / 4096), id)
        end
      end
    end
  until #batch < 40 or free > 1 or from > 400
  -- Who waits alone is not called up any further; those who were stay in order.
  if not contested then window = math.min(called, room or called) end
  first = math.max(least, first and math.min(first, now) or now, 1)
  for i, job in ipairs(line) do
    local promote = job.held and (not room or i <= room)
    local turn = i <= window and (promote or not job.held) and first + i - 1 or nil
    if turn and turn ~= job.turn then redis.call('ZADD', '${keys.turns}', turn, job.id) end
    if job.turn and not turn then redis.call('ZREM', '${keys.turns}', job.id) end
    local priority = turn or ${BEHIND_TURNS} + 1 + (job.low or 100)
    if promote or not job.held and not job.isNew and job.priority ~= priority then
      changes[#changes + 1] = {job.id, priority, turn and '' or '1', promote and '1' or '', place = job.place}
    end
  end
end

for _, tenant in ipairs(tenants) do
  if all or marked[tenant] then arrange(tenant) end
end
-- Of those with the same turn the one that was before the others still is.
table.sort(changes, function(a, b)
  if a[2] ~= b[2] then return a[2] < b[2] end
  if a.place ~= b.place then return a.place < b.place end
  return a[1] < b[1]
end)
local words = {}
for _, change in ipairs(changes) do
  for i = 1, 4 do words[#words + 1] = change[i] end
end
return words
end
`

/** ARGV: ms, tenant, '1' for all tenants → what is to be changed. */
export const callUp = (names: Names) => `${callUpFunction(names)}
return callUp(tonumber(ARGV[1]), ARGV[2], ARGV[3] == '1')
`

/** How the lines stand; for scripts that only read. */
const standing = ({ keys }: Names) => `
local now = begunOf('*')
-- The turn of a line's first job, and how many of it may begin.
local function standingOf(tenant)
  local head = redis.call('ZRANGE', lineKey(tenant), 0, 0)[1]
  local count, room = redis.call('ZCARD', lineKey(tenant)), roomOf(tenant)
  local turn = head and redis.call('ZSCORE', '${keys.turns}', head)
  return {tenant = tenant, count = room and math.min(room, count) or count,
    first = tonumber(turn or math.max(begunOf(tenant) + 1, now, 1))}
end
-- Of jobs with the same turn those go first that were called up first. Who is called up next is told by who begins next,
-- so that the order of one turn is that of the turn which is called up as it begins.
local function callOf(line, at)
  local id = redis.call('ZRANGE', lineKey(line.tenant), at % ${CALLED}, at % ${CALLED})[1]
  local place = id and redis.call('ZSCORE', '${keys.bullPrioritized}', id)
  return {lap = math.floor(at / ${CALLED}), count = place and place % 4294967296 or 4294967296, tenant = line.tenant}
end
local function wasCalledBefore(a, b)
  if a.lap ~= b.lap then return a.lap < b.lap end
  if a.count ~= b.count then return a.count < b.count end
  return a.tenant < b.tenant
end
local function upTo(line, turn) return math.min(line.count, math.max(0, turn - line.first + 1)) end
`

/**
 * Where a job waits. ARGV: id, or '' and tenant and 100 - priority of one that would come now → its place, 1 for the next, or 0
 * when it has none; '1' when its tenant runs as many as it may.
 */
export const place = (names: Names) => `${standing(names)}
local id, tenant = ARGV[1], ARGV[2]
if id ~= '' then tenant = tenantOf(id) or '' end
local room = roomOf(tenant)
local waits = id == '' or redis.call('ZSCORE', '${names.keys.bullPrioritized}', id)
if room == 0 then
  local held = redis.call('SISMEMBER', '${names.keys.held}', id) == 1
  return {0, (waits or held) and '1' or ''}
end
if not waits then return {0, ''} end
local tenants = redis.call('SMEMBERS', '${names.keys.lines}')
local alone = #tenants == 0 or #tenants == 1 and (id ~= '' or tenants[1] == tenant)
if alone and id ~= '' then return {redis.call('ZRANK', '${names.keys.bullPrioritized}', id) + 1, ''} end
if alone then
  local behind = (${BEHIND_TURNS} + 2 + ARGV[3]) * 4294967296
  return {redis.call('ZCOUNT', '${names.keys.bullPrioritized}', '-inf', '(' .. string.format('%.0f', behind)) + 1, ''}
end
local at
if id == '' then at = redis.call('ZCOUNT', lineKey(tenant), '-inf', ARGV[3]) else at = redis.call('ZRANK', lineKey(tenant), id) end
if not at then return {0, ''} end
if room and at >= room then return {0, ''} end
local own = standingOf(tenant)
local turn, call, ahead = own.first + at, callOf(own, at), at
for _, other in ipairs(tenants) do
  if other ~= tenant then
    local line = standingOf(other)
    local before = upTo(line, turn - 1)
    local shares = upTo(line, turn) > before
    ahead = ahead + before + (shares and wasCalledBefore(callOf(line, before), call) and 1 or 0)
  end
end
return {ahead + 1, ''}
`

/** The jobs that wait, in the order in which they will begin. ARGV: how many at most → ids. */
export const order = (names: Names) => `${standing(names)}
local limit = tonumber(ARGV[1])
local tenants = redis.call('SMEMBERS', '${names.keys.lines}')
if #tenants < 2 then return redis.call('ZRANGE', '${names.keys.bullPrioritized}', 0, limit - 1) end
local lines, low, high = {}, 0, 0
for i, tenant in ipairs(tenants) do
  lines[i] = standingOf(tenant)
  high = math.max(high, lines[i].first + lines[i].count)
end
-- The turn by which so many have begun.
while low < high do
  local middle, sum = math.floor((low + high) / 2), 0
  for _, line in ipairs(lines) do sum = sum + upTo(line, middle) end
  if sum >= limit then high = middle else low = middle + 1 end
end
local jobs = {}
for _, line in ipairs(lines) do
  local count = upTo(line, low)
  local ids = count > 0 and redis.call('ZRANGE', lineKey(line.tenant), 0, count - 1) or {}
  for i, id in ipairs(ids) do
    if redis.call('ZSCORE', '${names.keys.bullPrioritized}', id) then
      jobs[#jobs + 1] = {id = id, turn = line.first + i - 1, call = callOf(line, i - 1)}
    end
  end
end
table.sort(jobs, function(a, b)
  if a.turn ~= b.turn then return a.turn < b.turn end
  return wasCalledBefore(a.call, b.call)
end)
local ids = {}
for i = 1, math.min(limit, #jobs) do ids[i] = jobs[i].id end
return ids
`
