/**
 * Uploads as `upload:<id>`, which jobs follow as they follow other jobs: one waits until the file is whole. An upload's record:
 *   created   ms       tenant   missing: of none        file   what tus knows of it, JSON        completed   ms, once it is whole
 */
import type { Names } from '../keys.js'

/** Before the id of an upload where jobs that are followed stand. */
export const UPLOAD = 'upload:'

/** As every script has it; before what follows. */
export const uploadFunctions = ({ keys }: Names) => `
local function uploadOf(id) return string.sub(id, 1, ${UPLOAD.length}) == '${UPLOAD}' and string.sub(id, ${UPLOAD.length + 1}) end
local function uploadKey(id) return '${keys.upload('')}' .. id end
-- What became of an upload, false while bytes are missing.
local function fateOfUpload(id)
  local r = redis.call('HMGET', uploadKey(id), 'created', 'completed')
  if not r[1] then return 'removed' end
  return r[2] and 'completed'
end
-- The job reads it: until that has ended it stays.
local function useUpload(upload, id) redis.call('SADD', uploadKey(upload) .. ':jobs', id) end
`

/** An upload begins. ARGV: id, ms, tenant or '', file. */
const begin = ({ keys }: Names) => `
redis.call('HSET', uploadKey(ARGV[1]), 'created', ARGV[2], 'file', ARGV[4])
if ARGV[3] ~= '' then redis.call('HSET', uploadKey(ARGV[1]), 'tenant', ARGV[3]) end
redis.call('ZADD', '${keys.uploads}', ARGV[2], ARGV[1])
return 1
`

/** What is known of it has changed. ARGV: id, file → 0 where it is gone. */
const change = () => `
if redis.call('EXISTS', uploadKey(ARGV[1])) == 0 then return 0 end
redis.call('HSET', uploadKey(ARGV[1]), 'file', ARGV[2])
return 1
`

/** It is whole. ARGV: id, ms → '1' when jobs are to be told. */
const complete = () => `
local fate = fateOfUpload(ARGV[1])
if fate == 'removed' then return '' end
redis.call('HSETNX', uploadKey(ARGV[1]), 'completed', ARGV[2])
return noteFollowed('${UPLOAD}' .. ARGV[1]) and '1' or ''
`

/**
 * It is forgotten. ARGV: id, '1' when jobs that have not ended must not lose it → 'USED'; '1' when jobs are to be told that it will not
 * come, else ''.
 */
const remove = ({ keys }: Names) => `
local key = uploadKey(ARGV[1])
if ARGV[2] == '1' then
  for _, id in ipairs(redis.call('SMEMBERS', key .. ':jobs')) do
    if fateOf(id) == false then return 'USED' end
  end
end
redis.call('DEL', key, key .. ':jobs')
redis.call('ZREM', '${keys.uploads}', ARGV[1])
return noteFollowed('${UPLOAD}' .. ARGV[1]) and '1' or ''
`

/** What became of the jobs that read it. ARGV: id → words of \`fateOf\`, '' of an open one. */
const uses = () => `
local fates = {}
for _, id in ipairs(redis.call('SMEMBERS', uploadKey(ARGV[1]) .. ':jobs')) do fates[#fates + 1] = fateOf(id) or '' end
return fates
`

/** One request at a time writes to it. ARGV: id, token, ms → 1 when it is the caller's; else its holder will see that somebody asks. */
const lock = () => `
local key = uploadKey(ARGV[1]) .. ':lock'
if redis.call('SET', key, ARGV[2], 'NX', 'PX', ARGV[3]) then return 1 end
redis.call('SET', key .. ':asked', '1', 'PX', ARGV[3])
return 0
`

/** It goes on. ARGV: id, token, ms → 1; 2 when somebody else asks for it; 0 when it is another's by now. */
const hold = () => `
local key = uploadKey(ARGV[1]) .. ':lock'
if redis.call('GET', key) ~= ARGV[2] then return 0 end
redis.call('PEXPIRE', key, ARGV[3])
return 1 + redis.call('DEL', key .. ':asked')
`

/** It is done. ARGV: id, token. */
const unlock = () => `
local key = uploadKey(ARGV[1]) .. ':lock'
if redis.call('GET', key) == ARGV[2] then redis.call('DEL', key) end
return 1
`

export const UPLOAD_SCRIPTS = {
  ffUploadBegin: begin,
  ffUploadChange: change,
  ffUploadComplete: complete,
  ffUploadRemove: remove,
  ffUploadUses: uses,
  ffUploadLock: lock,
  ffUploadHold: hold,
  ffUploadUnlock: unlock,
}
