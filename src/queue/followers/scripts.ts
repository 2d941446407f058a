/**
 * What every script knows of jobs that follow others, as Lua. A job that follows has in its record
 *   after:<id>            of each job that it follows, and each `upload:<id>` that it reads: 'completed', or '' before it has
 *   in:<id>/<output>      of each output that it takes as input: how that was written, once that job has completed
 *   awaits                how many of them have not completed, while it waits for them; then nothing of it is in BullMQ
 *   delay                 ms that it waits behind them, where it does
 *   freed                 ms at which the last of them had completed
 *   barred                '<id> <fate>' of the first of them that ended otherwise: it has to end, too
 * The end of a job is noted for its followers in the script that ends it; they are told in steps, each of which may be
 * repeated. ADR 27.
 */
import type { Names } from '../keys.js'

export const followerFunctions = ({ keys }: Names) => `
local function followersKey(id) return '${keys.followers('')}' .. id end
-- What became of a job, false while it is open: completed, cancelled, 'failed <code>', or removed.
local function fateOf(id)
  local upload = uploadOf(id)
  if upload then return fateOfUpload(upload) end
  local r = redis.call('HMGET', jobKey(id), 'req', 'term', 'final')
  if not r[1] then return 'removed' end
  if r[2] ~= 'failed' then return r[2] end
  return 'failed ' .. cjson.decode(r[3]).error.code
end
local function isMet(job, other) return redis.call('HGET', job, 'after:' .. other) == 'completed' end
-- The first of these jobs that cannot be followed, and what became of it.
local function unfit(job, others)
  for _, other in ipairs(others) do
    local fate = not isMet(job, other) and fateOf(other)
    if fate and fate ~= 'completed' then return {'UNFIT', other, fate} end
  end
end
-- A job that it follows has completed: what it takes of that one is known from now on, though that be removed.
local function meet(job, other)
  redis.call('HSET', job, 'after:' .. other, 'completed')
  local prefix = 'in:' .. other .. '/'
  for _, field in ipairs(redis.call('HKEYS', job)) do
    if string.sub(field, 1, #prefix) == prefix then
      redis.call('HSET', job, field, redis.call('HGET', jobKey(other), 'out:' .. string.sub(field, #prefix + 1)) or '')
    end
  end
end
-- Whether it waits for any of them.
local function follow(id, job, others)
  local awaits = 0
  for _, other in ipairs(others) do
    if uploadOf(other) then useUpload(uploadOf(other), id) end
    if fateOf(other) == 'completed' then
      meet(job, other)
    elseif not isMet(job, other) then
      redis.call('HSET', job, 'after:' .. other, '')
      redis.call('SADD', followersKey(other), id)
      awaits = awaits + 1
    end
  end
  if awaits > 0 then
    redis.call('HSET', job, 'awaits', awaits)
    redis.call('ZADD', '${keys.following}', 0, id)
  end
  return awaits > 0
end
local function awaitNothing(id, job)
  redis.call('HDEL', job, 'awaits')
  redis.call('ZREM', '${keys.following}', id)
end
-- It ends, and follows nobody any more.
local function stopFollowing(id, job)
  local r = redis.call('HMGET', job, 'awaits', 'barred')
  if not r[1] and not r[2] then return end
  awaitNothing(id, job)
  local fields = redis.call('HGETALL', job)
  for i = 1, #fields, 2 do
    if string.sub(fields[i], 1, 6) == 'after:' and fields[i + 1] == '' then
      redis.call('SREM', followersKey(string.sub(fields[i], 7)), id)
    end
  end
end
-- Whether a job that has ended has followers who are to be told.
local function noteFollowed(id)
  if redis.call('EXISTS', followersKey(id)) == 0 then return false end
  redis.call('HSET', '${keys.followed}', id, fateOf(id))
  return true
end
`

/**
 * Some followers of a job that has ended are told. ARGV: id, ms, how many, those of the answer before that are done… → ids of jobs
 * that may run or have to end, '1' when there are more.
 */
const release = ({ keys }: Names) => `
local other, ms = ARGV[1], ARGV[2]
local followers, fate = followersKey(other), redis.call('HGET', '${keys.followed}', other)
if not fate then return {{}, ''} end
for i = 4, #ARGV do
  -- One that has ended has left already, and may have come back.
  if isMet(jobKey(ARGV[i]), other) then redis.call('SREM', followers, ARGV[i]) end
end
local found = {}
for _, id in ipairs(redis.call('SRANDMEMBER', followers, ARGV[3])) do
  local job = jobKey(id)
  local r = redis.call('HMGET', job, 'req', 'final', 'after:' .. other, 'barred', 'tenant', 'low', 'delay')
  local isOver = not r[1] or r[2]
  if isOver then
    redis.call('SREM', followers, id)
  elseif fate ~= 'completed' then
    if not r[4] then redis.call('HSET', job, 'barred', other .. ' ' .. fate) end
    awaitNothing(id, job)
    found[#found + 1] = id
  else
    if r[3] == '' then
      meet(job, other)
      if not r[4] and redis.call('HINCRBY', job, 'awaits', -1) == 0 then
        awaitNothing(id, job)
        redis.call('HSET', job, 'freed', ms)
        if r[7] then redis.call('ZADD', '${keys.later}', ms + r[7], id) else joinLine(id, r[5] or '', r[6]) end
      end
    end
    if r[4] or redis.call('HEXISTS', job, 'awaits') == 1 then
      redis.call('SREM', followers, id)
    else
      found[#found + 1] = id
    end
  end
end
local left = redis.call('SCARD', followers)
if left == 0 then redis.call('HDEL', '${keys.followed}', other) end
return {found, left > 0 and '1' or ''}
`

/**
 * Notes the end of jobs that others wait for, where nobody did: somebody removed it by hand, or an older version ended it.
 * ARGV: ids of jobs that wait.
 */
const leftBehind = ({ keys }: Names) => `
for _, id in ipairs(ARGV) do
  local fields = redis.call('HGETALL', jobKey(id))
  for i = 1, #fields, 2 do
    if string.sub(fields[i], 1, 6) == 'after:' and fields[i + 1] == '' then
      local other = string.sub(fields[i], 7)
      local fate = fateOf(other)
      if fate and redis.call('HEXISTS', jobKey(id), 'awaits') == 1 then
        redis.call('SADD', followersKey(other), id)
        redis.call('HSETNX', '${keys.followed}', other, fate)
      end
    end
  end
  if #fields == 0 then redis.call('ZREM', '${keys.following}', id) end
end
return 0
`

export const FOLLOWER_SCRIPTS = { ffRelease: release, ffLeftBehind: leftBehind }
