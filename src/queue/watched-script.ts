import type { Names } from './keys.js'

/**
 * Puts a record in the place of another one, with all its indexes, unless somebody else has changed it since. ARGV: path, the former
 * text or '', the new one or '' → 1; 0: the former is another by now.
 */
export const watched = ({ keys }: Names) => `
local path, former, following = ARGV[1], ARGV[2], ARGV[3]
local files, identities, jobs = '${keys.watchedFiles}', '${keys.watchedIdentities}', '${keys.watchedJobs}'
if (redis.call('HGET', files, path) or '') ~= former then return 0 end
local function index(record)
  return (string.gsub(string.gsub('${keys.watchedBy('@rule', '@state')}', '@rule', record.rule), '@state', record.state))
end
local function due(record) return (string.gsub('${keys.watchedDue('@rule')}', '@rule', record.rule)) end
local function drop(hash, field)
  if redis.call('HGET', hash, field) == path then redis.call('HDEL', hash, field) end
end
if former ~= '' then
  local record = cjson.decode(former)
  redis.call('ZREM', index(record), path)
  redis.call('ZREM', due(record), path)
  drop(identities, record.rule .. ':' .. record.identity)
  if record.job ~= cjson.null then drop(jobs, record.job) end
end
if following == '' then
  redis.call('HDEL', files, path)
  return 1
end
local record = cjson.decode(following)
redis.call('HSET', files, path, following)
redis.call('ZADD', index(record), string.format('%.0f', record.sinceMs), path)
if record.dueMs then redis.call('ZADD', due(record), string.format('%.0f', record.dueMs), path) end
redis.call('HSET', identities, record.rule .. ':' .. record.identity, path)
if record.job ~= cjson.null and record.state == 'submitted' then redis.call('HSET', jobs, record.job, path) end
return 1
`
