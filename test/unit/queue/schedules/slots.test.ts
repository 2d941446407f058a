import { CronExpressionParser } from 'cron-parser'
import { describe, expect, it } from 'vitest'
import { dueAt } from '../../../../src/queue/schedules/due.js'
import {
  newestSlot,
  nextSlot,
  nextSlots,
  patternOf,
  type Timing,
  timingFault,
  timingOf,
} from '../../../../src/queue/schedules/slots.js'

const at = (text: string) => Date.parse(text)
const cron = (pattern: string, timeZone = 'UTC'): Timing => ({ cron: pattern, everyMs: null, timeZone })
const every = (everyMs: number): Timing => ({ cron: null, everyMs, timeZone: 'UTC' })
/** As `11-27 03:30`, in UTC. */
const slots = (timing: Timing, after: string, count: number) =>
  nextSlots(timing, at(after), count).map((ms) => new Date(ms).toISOString().slice(5, 16).replace('T', ' '))

describe('slots', () => {
  it('of an interval are its multiples, whoever computes them and when', () => {
    expect(nextSlots(every(1_500), 3_000, 3)).toEqual([4_500, 6_000, 7_500])
    expect(nextSlot(every(1_500), 2_999)).toBe(3_000)
    expect(slots(every(6 * 3_600_000), '2026-11-27T05:59:59.999Z', 2)).toEqual(['11-27 06:00', '11-27 12:00'])
  })

  it('of a pattern come after a time, never at it', () => {
    expect(slots(cron('30 3 * * *'), '2026-11-27T03:30:00Z', 1)).toEqual(['11-28 03:30'])
    expect(slots(cron('0 30 3 * * MON-FRI'), '2026-11-27T04:00:00Z', 1)).toEqual(['11-30 03:30'])
    expect(slots(cron('0 9 * * *', 'Asia/Tokyo'), '2026-11-27T00:00:00Z', 1)).toEqual(['11-28 00:00'])
  })

  it('go through BullMQ as patterns and come back', () => {
    for (const timing of [cron('30 3 * * *', 'Europe/Berlin'), every(60_000)]) {
      expect(timingOf(patternOf(timing), timing.timeZone)).toEqual(timing)
    }
  })
})

/** Each slot is computed from the one before alone, as after each tick; what docs/guides/schedules.md promises. */
describe('where clocks are set forward, a time that does not exist', () => {
  it('comes due as much later as they are set', () => {
    expect(slots(cron('30 2 * * *', 'Europe/Berlin'), '2026-03-27T12:00:00Z', 3)).toEqual([
      '03-28 01:30',
      '03-29 01:30', // 03:30 there
      '03-30 00:30',
    ])
    expect(slots(cron('30 2 * * *', 'America/New_York'), '2026-03-07T12:00:00Z', 2)).toEqual([
      '03-08 07:30',
      '03-09 06:30',
    ])
  })
  it('is one run with others of that hour', () => {
    expect(slots(cron('15,45 2 * * *', 'Europe/Berlin'), '2026-03-28T12:00:00Z', 2)).toEqual([
      '03-29 01:15',
      '03-30 00:15',
    ])
    expect(slots(cron('30 2,3 * * *', 'Europe/Berlin'), '2026-03-28T12:00:00Z', 2)).toEqual([
      '03-29 01:30',
      '03-30 00:30',
    ])
  })
  it('is left out on that day when it is midnight', () => {
    expect(slots(cron('0 0 * * *', 'Africa/Cairo'), '2026-04-22T12:00:00Z', 3)).toEqual([
      '04-22 22:00',
      '04-24 21:00',
      '04-25 21:00',
    ])
  })
})

describe('where clocks are set back, a time that exists twice', () => {
  it('comes due once, the first time', () => {
    expect(slots(cron('30 2 * * *', 'Europe/Berlin'), '2026-10-23T12:00:00Z', 3)).toEqual([
      '10-24 00:30',
      '10-25 00:30',
      '10-26 01:30',
    ])
    expect(slots(cron('30 1 * * *', 'America/New_York'), '2026-10-31T12:00:00Z', 2)).toEqual([
      '11-01 05:30',
      '11-02 06:30',
    ])
  })
  it('comes due both times where the hour says nothing', () => {
    expect(slots(cron('30 * * * *', 'Europe/Berlin'), '2026-10-25T00:00:00Z', 3)).toEqual([
      '10-25 00:30',
      '10-25 01:30',
      '10-25 02:30',
    ])
  })
})

describe('what is refused', () => {
  const now = at('2026-11-27T12:00:00Z')
  it.each([
    ['0 0 30 2 *', 'never comes due'],
    ['0 0 31 2,4,6 *', 'never comes due'],
    ['* * * *', 'takes five fields'],
    ['* * * * * * *', 'takes five fields'],
    ['', 'takes five fields'],
    ['@reboot', 'takes five fields'],
    ['61 * * * *', 'can not be read'],
    ['a * * * *', 'can not be read'],
    ['H * * * *', 'takes no H'],
    ['H/5 * * * *', 'takes no H'],
  ])('the pattern %j', (pattern, says) => {
    expect(timingFault(cron(pattern), now)).toMatchObject({ field: 'cron', says: expect.stringContaining(says) })
  })
  it.each(['Mars/Olympus', '+02:00', 'local', '', 'Europe/Berlin; DROP'])('the zone %j', (zone) => {
    expect(timingFault(cron('0 0 * * *', zone), now)).toMatchObject({ field: 'timeZone' })
    expect(timingFault({ ...every(1_000), timeZone: zone }, now)).toMatchObject({ field: 'timeZone' })
  })
  it.each(['0 0 29 2 *', '@daily', '*/15 0-6 * * 1', '0 0 L * *', '0 0 * * 1#2', '*/10 * * * * *'])(
    'but not %j',
    (pattern) => expect(timingFault(cron(pattern, 'Europe/Berlin'), now)).toBeNull(),
  )
  it('by what BullMQ itself reads patterns with', async () => {
    const [own, theirs] = await Promise.all([import('cron-parser'), import('bullmq')])
    expect(own.CronExpressionParser).toBe(CronExpressionParser)
    expect(await theirs.defaultRepeatStrategy(now, { pattern: '30 2 * * *', tz: 'Europe/Berlin' })).toBe(
      nextSlot(cron('30 2 * * *', 'Europe/Berlin'), now),
    )
  })
})

describe('after an outage', () => {
  const nightly = cron('0 3 * * *')
  const [slotMs, lateMs] = [at('2026-11-20T03:00:00Z'), 60_000]
  const due = (now: string, catchUp: 'none' | 'one') => dueAt(nightly, { slotMs, nowMs: at(now), catchUp, lateMs })

  it('of a moment a slot runs as if there had been none', () => {
    expect(due('2026-11-20T03:01:00Z', 'none')).toEqual({ kind: 'run', trigger: 'slot', slotMs, fromMs: slotMs })
  })
  it('the newest slot runs, or none', () => {
    const newestMs = at('2026-11-27T03:00:00Z')
    const newest = { slotMs: newestMs, fromMs: slotMs }
    expect(due('2026-11-27T09:00:00Z', 'one')).toEqual({ kind: 'run', trigger: 'catchUp', ...newest })
    expect(due('2026-11-27T09:00:00Z', 'none')).toEqual({ kind: 'missed', ...newest })
    // Not missed, but the one that BullMQ had for it was.
    expect(due('2026-11-27T03:00:30Z', 'none')).toEqual({ kind: 'run', trigger: 'slot', ...newest })
  })
  it('the newest slot is found however many were missed, and however unevenly they lie', () => {
    const nowMs = at('2026-11-27T12:34:56Z')
    for (const [timing, newest] of [
      [cron('* * * * * *'), '2026-11-27T12:34:56Z'],
      [cron('* * 5 * * *'), '2026-11-27T05:59:59Z'],
      [cron('0 0 29 2 *'), '2024-02-29T00:00:00Z'],
      [every(7_000), new Date(Math.floor(nowMs / 7_000) * 7_000).toISOString()],
    ] as const) {
      const first = nextSlot(timing, at('2020-01-01T00:00:00Z'))
      expect(newestSlot(timing, first, nowMs)).toBe(at(newest))
    }
    expect(newestSlot(nightly, slotMs, slotMs + 1)).toBe(slotMs)
  })
})
