import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Forecast } from '../../../../src/contract/index.js'
import { type History, learn } from '../../../../src/queue/forecast/history.js'
import { createOutlook, type QueueState, type Running } from '../../../../src/queue/forecast/outlook.js'

const NOW = Date.UTC(2026, 0, 1)
const JOB = { classes: ['all', 'a'], bytes: 1e6 }
const SHORT = { classes: ['all', 'short'], bytes: 1e6 }

/** Jobs took about 10 s, short ones 1 s. */
const HISTORY: History = [10_000, 9_000, 11_000, 10_000, 9_500, 10_500].reduce((history, tookMs) => {
  for (const [features, ms] of [
    [JOB, tookMs],
    [SHORT, tookMs / 10],
  ] as const) {
    for (const [field, line] of learn(history, { features, host: 'studio', tookMs: ms })) history.set(field, line)
  }
  return history
}, new Map())

const WORKER = { id: 'w-1', host: 'studio', slots: 1 }

function state(over: Partial<QueueState> = {}): QueueState {
  const waiting = over.waiting ?? []
  return {
    atMs: NOW,
    paused: false,
    workers: [WORKER],
    running: [],
    waiting,
    waitingCount: waiting.length,
    delayed: [],
    delayedCount: over.delayed?.length ?? 0,
    ...over,
  }
}
const outlook = (over: Partial<QueueState> = {}) => createOutlook(HISTORY, state(over))!
const times = <T>(count: number, of: T): T[] => Array.from({ length: count }, () => of)
const inS = (at: string) => (Date.parse(at) - NOW) / 1000

const attempt = (over: Partial<Running> = {}): Running => ({
  features: JOB,
  worker: 'w-1',
  host: 'studio',
  startedMs: NOW - 4_000,
  elapsedMs: 4_000,
  ownTotalMs: null,
  seen: 0,
  ...over,
})

describe('a job that waits', () => {
  test('starts when those before it have ended', () => {
    const { startsAt, endsAt, basis } = outlook({ waiting: times(4, JOB) }).waiting(JOB, 4, NOW)!
    expect(inS(startsAt)).toBeCloseTo(30, -1)
    expect(inS(endsAt)).toBeCloseTo(40, -1)
    expect(basis).toBe('history')
  })

  test('shares the slots with the others', () => {
    const workers = [
      { ...WORKER, slots: 2 },
      { ...WORKER, id: 'w-2', slots: 2 },
    ]
    const { startsAt } = outlook({ workers, waiting: times(41, JOB) }).waiting(JOB, 41, NOW)!
    expect(inS(startsAt)).toBeGreaterThan(90)
    expect(inS(startsAt)).toBeLessThan(115)
  })

  test('waits for what runs, and not for what runs on a worker that drains', () => {
    expect(inS(outlook({ running: [attempt()] }).waiting(JOB, 1, NOW)!.startsAt)).toBeCloseTo(6, 0)
    expect(inS(outlook({ running: [attempt({ worker: 'w-drains' })] }).waiting(JOB, 1, NOW)!.startsAt)).toBe(0)
  })

  test('behind all that were looked at is told from these', () => {
    const far = outlook({ waiting: times(1_000, JOB), waitingCount: 100_000 }).waiting(JOB, 100_000, NOW)!
    expect(inS(far.startsAt) / 1_000_000).toBeCloseTo(1, 0)
  })

  test('is not known of while the queue is paused, without a worker, or without a history', () => {
    expect(outlook({ paused: true }).waiting(JOB, 1, NOW)).toBeNull()
    expect(outlook({ workers: [] }).waiting(JOB, 1, NOW)).toBeNull()
    expect(createOutlook(new Map(), state())).toBeNull()
  })

  test('keeps its bounds in order, is never in the past, and later the further back it is', () => {
    const queues = fc.record({
      slots: fc.integer({ min: 1, max: 9 }),
      running: fc.array(
        fc.record({
          elapsedMs: fc.nat(60_000),
          ownTotalMs: fc.option(fc.nat(60_000)),
          seen: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
        { maxLength: 9 },
      ),
      waiting: fc.array(fc.constantFrom(JOB, SHORT), { maxLength: 40 }),
      beyond: fc.nat(100_000),
      laterMs: fc.nat(2_000),
    })
    fc.assert(
      fc.property(queues, ({ slots, running, waiting, beyond, laterMs }) => {
        const nowMs = NOW + laterMs
        const seen = outlook({
          workers: [{ ...WORKER, slots }],
          running: running.map(attempt),
          waiting,
          waitingCount: waiting.length + beyond,
        })
        const places = [...Array.from({ length: waiting.length + 1 }, (_, i) => i + 1), waiting.length + 1 + beyond]
        const all = places.map((place) => seen.waiting(JOB, place, nowMs)!)
        const whole = seen.queue(nowMs)
        for (const each of [...all, ...(whole ? [whole] : [])]) {
          expect(each.earliest <= each.endsAt && each.endsAt <= each.latest).toBe(true)
          expect(Date.parse(each.earliest)).toBeGreaterThanOrEqual(nowMs)
        }
        const of = (field: keyof Forecast) => all.map((each) => each[field])
        for (const field of ['startsAt', 'endsAt', 'latest'] as const) expect(of(field)).toEqual(of(field).toSorted())
      }),
    )
  })
})

describe('a job that waits for a time', () => {
  test('does not start before it', () => {
    const { startsAt, earliest } = outlook().delayed(JOB, NOW + 60_000, NOW)!
    expect(inS(startsAt)).toBe(60)
    expect(inS(earliest)).toBeGreaterThan(60)
  })

  test('goes behind what waits by then, or before it', () => {
    const { startsAt, endsAt, earliest } = outlook({ waiting: times(10, JOB) }).delayed(JOB, NOW + 20_000, NOW)!
    expect(inS(startsAt)).toBeCloseTo(100, -1)
    expect(earliest < endsAt).toBe(true)
    expect(inS(earliest)).toBeLessThan(40)
  })
})

describe('a job that runs', () => {
  test('takes what like ones took', () => {
    const { startsAt, endsAt } = outlook().running(attempt(), NOW)
    expect(inS(startsAt)).toBe(-4)
    expect(inS(endsAt)).toBeCloseTo(6, 0)
  })

  test('goes by its own pace the more, the further it has come', () => {
    const at = (seen: number) =>
      inS(outlook().running(attempt({ elapsedMs: 15_000, ownTotalMs: 20_000, seen }), NOW).endsAt)
    expect(at(0.75)).toBeGreaterThan(at(0.2))
    expect(at(1)).toBeCloseTo(5, 1)
  })

  test('that takes longer than any goes on', () => {
    const { earliest, endsAt, latest } = outlook().running(attempt({ elapsedMs: 600_000 }), NOW)
    expect([inS(earliest), inS(endsAt), inS(latest)]).toEqual([0, 30, 60])
  })

  test('is known of while the queue is paused', () => {
    expect(outlook({ paused: true, running: [attempt()] }).queue(NOW)).not.toBeNull()
  })
})

describe('the queue', () => {
  test('ends with its last job, and starts with the first that waits', () => {
    const running = [attempt()]
    const seen = outlook({ running, waiting: [JOB, SHORT], delayed: [{ features: JOB, dueMs: NOW + 3_600_000 }] })
    const { startsAt, endsAt } = seen.queue(NOW)!
    expect(inS(startsAt)).toBeCloseTo(6, 0)
    expect(inS(endsAt)).toBeCloseTo(3_610, -1)
  })

  test('counts those that were not looked at', () => {
    const { endsAt } = outlook({ waiting: times(100, JOB), waitingCount: 10_000 }).queue(NOW)!
    expect(inS(endsAt) / 100_000).toBeCloseTo(1, 0)
  })

  test('is not known when nothing waits or runs, while it waits in vain, or when nobody looked at what it waits for', () => {
    expect(outlook().queue(NOW)).toBeNull()
    expect(outlook({ paused: true, running: [attempt()], waiting: [JOB] }).queue(NOW)).toBeNull()
    expect(outlook({ workers: [], waiting: [JOB] }).queue(NOW)).toBeNull()
    expect(outlook({ delayed: [{ features: JOB, dueMs: NOW }], delayedCount: 2 }).queue(NOW)).toBeNull()
  })
})
