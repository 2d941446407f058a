import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Report } from '../../../src/contract/index.js'
import { type Sample, samplesOf, stallsOf, withBreaks } from '../../../src/dashboard/job/samples.js'

const aSample = (atMs: number, outTimeUs: number | null, more: Partial<Sample> = {}): Sample => ({
  ...{ atMs, attempt: 1, pass: 1, outTimeUs, speed: 1, fps: 25, bitrate: null, bytes: null, quality: null },
  ...more,
})

test('no line leads from one pass or attempt to the next', () => {
  const samples = [aSample(0, 0), aSample(1_000, 1), aSample(3_000, 0, { pass: 2 }), aSample(5_000, 0, { attempt: 2 })]
  expect(withBreaks(samples).map(({ atMs, fps }) => [atMs, fps])).toEqual([
    [0, 25],
    [1_000, 25],
    [2_000, null],
    [3_000, 25],
    [4_000, null],
    [5_000, 25],
  ])
  expect(withBreaks([])).toEqual([])
})

describe('where media time stood still', () => {
  test('from the first to the last sample that says the same, when that is long enough', () => {
    const samples = [aSample(0, 0), aSample(1_000, 10), aSample(2_000, 10), aSample(5_000, 10), aSample(6_000, 20)]
    expect(stallsOf(samples, 3_000)).toEqual([{ fromMs: 1_000, toMs: 5_000, outTimeUs: 10 }])
    expect(stallsOf(samples, 4_001)).toEqual([])
  })

  test('not over the end of a pass or of an attempt', () => {
    const samples = [aSample(0, 10), aSample(5_000, 10, { pass: 2 }), aSample(10_000, 10, { attempt: 2 })]
    expect(stallsOf(samples, 1_000)).toEqual([])
  })

  test('nor over the time between two attempts', () => {
    const samples = [
      aSample(0, 0),
      aSample(500, 10),
      aSample(20_000, 0, { attempt: 2 }),
      aSample(20_500, 10, { attempt: 2 }),
    ]
    expect(stallsOf(withBreaks(samples), 1_000)).toEqual([])
  })

  test('unknown times are no stall', () => {
    expect(stallsOf([aSample(0, null), aSample(9_000, null)], 1_000)).toEqual([])
  })

  test('stalls are at least that long, in order, and do not meet', () => {
    const times = fc.array(fc.tuple(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 0, max: 2 })), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 2_000 }), (steps, leastMs) => {
        let atMs = 0
        let us = 0
        const samples = steps.map(([ms, advance]) => {
          atMs += ms
          us += advance
          return aSample(atMs, us)
        })
        let endMs = -1
        for (const { fromMs, toMs } of stallsOf(samples, leastMs)) {
          expect(toMs - fromMs).toBeGreaterThanOrEqual(leastMs)
          expect(fromMs).toBeGreaterThan(endMs)
          endMs = toMs
        }
      }),
    )
  })
})

describe('the samples of a report', () => {
  const columns = ['atMs', 'outTimeUs', 'frame', 'fps', 'speed', 'bitrate', 'bytesWritten', 'quality']
  const aPass = (wallMs: number, rows: (number | null)[][]) => ({ summary: { wallMs }, timeline: { columns, rows } })
  const reportOf = (...attempts: object[]) => ({ attempts }) as unknown as Report

  test('pass after pass, null where a figure is unknown', () => {
    const passes = [aPass(2_000, [[500, 10, 1, null, null, null, null]]), aPass(1_000, [[500, 20, 2, 25, 1, 9, 7, 28]])]
    const startedAt = '2026-01-01T00:00:00.000Z'
    const finishedAt = '2026-01-01T00:00:03.000Z'
    const begunMs = Date.parse(startedAt)
    expect(samplesOf(reportOf({ attempt: 2, startedAt, finishedAt, passes }))).toEqual([
      aSample(begunMs + 500, 10, { attempt: 2, speed: null, fps: null }),
      aSample(begunMs + 2_500, 20, { attempt: 2, pass: 2, bitrate: 9, bytes: 7, quality: 28 }),
    ])
  })

  test('none of a report without passes', () => {
    const attempt = { attempt: 1, startedAt: '2026-01-01T00:00:00.000Z', finishedAt: null, passes: [] }
    expect(samplesOf(reportOf(attempt))).toEqual([])
  })
})
