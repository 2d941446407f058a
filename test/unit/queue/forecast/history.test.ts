import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { featuresOf } from '../../../../src/queue/forecast/features.js'
import {
  driftOf,
  estimate,
  type History,
  hostField,
  learn,
  slownessOf,
} from '../../../../src/queue/forecast/history.js'
import { slopeOf, withPoint } from '../../../../src/queue/forecast/line.js'
import { spanOf } from '../../../../src/queue/forecast/span.js'
import { aJob } from '../../../helpers/jobs.js'

const features = (makes: string, bytes: number | null = 1e6) => ({
  classes: ['all', makes, `${makes} from .mp4`],
  bytes,
})

function historyOf(runs: { makes: string; bytes?: number | null; tookMs: number; host?: string }[]): History {
  const history = new Map()
  for (const { makes, bytes = 1e6, tookMs, host = 'studio' } of runs) {
    for (const [field, line] of learn(history, { features: features(makes, bytes), host, tookMs }))
      history.set(field, line)
  }
  return history
}
const times = <T>(count: number, of: T): T[] => Array.from({ length: count }, () => of)
const tookMs = (history: History, makes: string, bytes: number | null = 1e6) =>
  Math.exp(estimate(history, features(makes, bytes))!.logMs)

describe('what was learnt', () => {
  test('is nothing before three attempts', () => {
    expect(estimate(historyOf(times(2, { makes: 'a', tookMs: 1_000 })), features('a'))).toBeNull()
    expect(estimate(historyOf(times(3, { makes: 'a', tookMs: 1_000 })), features('a'))).not.toBeNull()
  })

  test('is told apart by what is made', () => {
    const history = historyOf(
      times(20, null).flatMap(() => [
        { makes: 'slow', tookMs: 60_000 },
        { makes: 'quick', tookMs: 1_000 },
      ]),
    )
    expect(tookMs(history, 'slow')).toBeGreaterThan(50_000)
    expect(tookMs(history, 'quick')).toBeLessThan(1_200)
    const unseen = spanOf(estimate(history, features('new'))!, 0)
    expect(unseen.low).toBeLessThan(2_000)
    expect(unseen.high).toBeGreaterThan(30_000)
  })

  test('grows with the size of the input, and as little as what was seen did', () => {
    const sizes = [1, 2, 4, 8, 16].map((times) => times * 1e6)
    const linear = historyOf([...sizes, ...sizes].map((bytes) => ({ makes: 'a', bytes, tookMs: bytes / 1_000 })))
    expect(tookMs(linear, 'a', 32e6)).toBeCloseTo(32_000, -3)
    const flat = historyOf([...sizes, ...sizes, ...sizes].map((bytes) => ({ makes: 'poster', bytes, tookMs: 300 })))
    expect(tookMs(flat, 'poster', 32e6)).toBeLessThan(450)
  })

  test('is a typical job where the size is not known', () => {
    const history = historyOf(times(10, { makes: 'a', bytes: 4e6, tookMs: 5_000 }))
    expect(tookMs(history, 'a', null)).toBeCloseTo(5_000, -1)
  })

  test('follows a change', () => {
    const history = historyOf([
      ...times(100, { makes: 'a', tookMs: 1_000 }),
      ...times(60, { makes: 'a', tookMs: 3_000 }),
    ])
    expect(tookMs(history, 'a') * Math.exp(slownessOf(history, 'studio'))).toBeGreaterThan(2_300)
  })

  test('knows a slow host', () => {
    const history = historyOf(
      times(20, null).flatMap(() => [
        { makes: 'a', tookMs: 1_000, host: 'fast' },
        { makes: 'a', tookMs: 4_000, host: 'slow' },
      ]),
    )
    const on = (host: string) => tookMs(history, 'a') * Math.exp(slownessOf(history, host))
    expect(on('slow') / on('fast')).toBeGreaterThan(3)
    expect(history.has(hostField('slow'))).toBe(true)
    expect(slownessOf(history, 'never seen')).toBe(0)
  })

  test('says how far the pace strays', () => {
    const steady = historyOf(times(100, { makes: 'a', tookMs: 1_000 }))
    const straying = historyOf([1, 2, 1, 2, 1].flatMap((pace) => times(40, { makes: 'a', tookMs: 1_000 * pace })))
    expect(driftOf(new Map())).toBe(0.1)
    expect(driftOf(steady)).toBeLessThan(0.06)
    expect(driftOf(straying)).toBeGreaterThan(0.15)
  })

  test('is finite and in order, whatever was seen', () => {
    const runs = fc.array(
      fc.record({
        makes: fc.constantFrom('a', 'b', 'c'),
        bytes: fc.option(fc.nat(1e12)),
        tookMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
        host: fc.constantFrom('h1', 'h2'),
      }),
      { minLength: 3, maxLength: 60 },
    )
    fc.assert(
      fc.property(runs, fc.constantFrom('a', 'd'), fc.option(fc.nat(1e12)), (seen, makes, bytes) => {
        const history = historyOf(seen)
        const { low, middle, high, mean, ownSd, sharedSd } = spanOf(estimate(history, features(makes, bytes))!, 0)
        for (const ms of [low, middle, high, mean, ownSd, sharedSd]) expect(Number.isFinite(ms)).toBe(true)
        expect(low).toBeLessThanOrEqual(middle)
        expect(middle).toBeLessThanOrEqual(high)
      }),
    )
  })
})

test('a line is that of least squares when nothing decays', () => {
  const points = [
    [1, 3],
    [2, 5],
    [4, 9.5],
    [7, 15],
  ] as const
  const line = points.reduce<ReturnType<typeof withPoint> | undefined>(
    (so, [x, y]) => withPoint(so, x, y, 1),
    undefined,
  )!
  expect(line).toMatchObject({ weight: 4, meanX: 3.5, meanY: 8.125 })
  expect(slopeOf(line, 0, 0)).toBeCloseTo(2.0119, 4)
})

describe('jobs are alike', () => {
  const classes = (job: Parameters<typeof aJob>[0]) => featuresOf(aJob(job)).classes
  const [output] = aJob().outputs

  test('when they make the same, in whatever order and under whatever name', () => {
    const other = { ...output!, preset: 'poster', recipe: { ...output!.recipe, extension: 'jpg' } }
    expect(classes({ outputs: [output!, other] })).toEqual(classes({ outputs: [other, { ...output!, name: 'b' }] }))
    expect(classes({})[1]).toMatch(/^h264-360p~[0-9a-f]{8}$/)
  })

  test('not when a recipe has changed, nor when only a part is made', () => {
    const changed = { ...output!, recipe: { ...output!.recipe, container: 'webm' } as never }
    expect(classes({ outputs: [changed] })[1]).not.toBe(classes({})[1])
    const part = featuresOf(aJob({ input: { ...aJob().input, startMs: 5_000 } }))
    expect(part.bytes).toBeNull()
    expect(part.classes[1]).toMatch(/ of a part$/)
  })

  test('more when their inputs are of one kind', () => {
    const of = (uri: string) => classes({ input: { ...aJob().input, uri } })[2]
    expect(of('a/b.MOV')).toBe(of('c.mov'))
    expect(of('a.mov')).not.toBe(of('a.mp4'))
  })
})
