/**
 * The Lua scripts of schedules. Fields of `ffleet:schedule:<id>`:
 *   spec      what it is, JSON          made     whose rights its jobs have, JSON     paused  '1' while it is
 *   created, updated  ms                of       this schedule: another one under its name later has another
 *   job       the newest job it made    began:<slot ms>  ms since when that run is being decided
 */
import { KEPT_RUNS, MAX_SCHEDULES } from '../../contract/index.js'
import type { Names } from '../keys.js'

const names = ({ keys }: Names) => `
local id = ARGV[1]
local schedule, runs = '${keys.schedule('')}' .. id, '${keys.runs('@')}'
runs = string.gsub(runs, '@', function() return id end)
`

/** ARGV: id, spec, made, paused '1', '0' or '' for as it is, ms, `of` of a new one, range of the tenant's ids. → CREATED, REPLACED or FULL */
const putSchedule = (fleet: Names) => `${names(fleet)}
local isNew = redis.call('EXISTS', schedule) == 0
if isNew then
  if redis.call('ZLEXCOUNT', '${fleet.keys.schedules}', ARGV[7], ARGV[8]) >= ${MAX_SCHEDULES} then return 'FULL' end
  redis.call('ZADD', '${fleet.keys.schedules}', 0, id)
  redis.call('HSET', schedule, 'created', ARGV[5], 'of', ARGV[6], 'paused', '0')
end
redis.call('HSET', schedule, 'spec', ARGV[2], 'made', ARGV[3], 'updated', ARGV[5])
if ARGV[4] ~= '' then redis.call('HSET', schedule, 'paused', ARGV[4]) end
return isNew and 'CREATED' or 'REPLACED'
`

/** ARGV: id, paused. → 1; 0 when there is none */
const pauseSchedule = (fleet: Names) => `${names(fleet)}
if redis.call('EXISTS', schedule) == 0 then return 0 end
redis.call('HSET', schedule, 'paused', ARGV[2])
return 1
`

/** ARGV: id. → its 'of'; null when there was none */
const removeSchedule = (fleet: Names) => `${names(fleet)}
local of = redis.call('HGET', schedule, 'of')
redis.call('DEL', schedule, runs)
redis.call('ZREM', '${fleet.keys.schedules}', id)
return of
`

/**
 * A run begins: from now on it is decided, even when that takes until long after its time. ARGV: id, of, slot ms, ms, ms since when
 * another one counts as being decided. → 'OVER' when it is decided, or is not to run; else {ms since when it is decided, newest job or '',
 * '1' when another run is just being decided}
 */
const beginRun = (fleet: Names) => `${names(fleet)}
local r = redis.call('HMGET', schedule, 'of', 'paused', 'job', 'began:' .. ARGV[3])
if r[1] ~= ARGV[2] or redis.call('HEXISTS', runs, ARGV[3]) == 1 then return 'OVER' end
if not r[4] and r[2] == '1' then return 'OVER' end
redis.call('HSETNX', schedule, 'began:' .. ARGV[3], ARGV[4])
local all, others = redis.call('HGETALL', schedule), '0'
for i = 1, #all, 2 do
  local slot = string.match(all[i], '^began:(%d+)$')
  if slot and slot ~= ARGV[3] and tonumber(all[i + 1]) > tonumber(ARGV[5]) then others = '1' end
end
return {r[4] or ARGV[4], r[3] or '', others}
`

/** A run is decided, once. ARGV: id, of, field of the run, JSON, its job or ''. */
const endRun = (fleet: Names) => `${names(fleet)}
if redis.call('HGET', schedule, 'of') ~= ARGV[2] then return end
redis.call('HDEL', schedule, 'began:' .. ARGV[3])
if redis.call('HSETNX', runs, ARGV[3], ARGV[4]) == 0 then return end
if ARGV[5] ~= '' then redis.call('HSET', schedule, 'job', ARGV[5]) end
local over = redis.call('HLEN', runs) - ${KEPT_RUNS}
if over <= 0 then return end
local slots = redis.call('HKEYS', runs)
table.sort(slots, function(a, b) return tonumber(string.match(a, '^%d+')) < tonumber(string.match(b, '^%d+')) end)
for i = 1, over do redis.call('HDEL', runs, slots[i]) end
`

export const SCHEDULE_SCRIPTS = {
  ffPutSchedule: putSchedule,
  ffPauseSchedule: pauseSchedule,
  ffRemoveSchedule: removeSchedule,
  ffBeginRun: beginRun,
  ffEndRun: endRun,
}
