import fc from 'fast-check'
import { expect, it } from 'vitest'
import { likeness } from '../../../src/plan/quality/likeness.js'
import { MOST_TRIES, nextPlace, type Tried, takenOf } from '../../../src/plan/quality/search.js'
import { lengthOf, windowsOf } from '../../../src/plan/quality/windows.js'

const found = (excessAt: (place: number) => number, start: number) => {
  const tries: Tried[] = []
  const sought = { from: 1, to: 51, start, slope: 0.09 }
  for (let at = nextPlace(tries, sought); at !== null; at = nextPlace(tries, sought)) {
    tries.push({ at, excess: excessAt(at) })
  }
  return { tries, taken: takenOf(tries).at }
}

it('takes the last place that does, within a step, in a few tries, wherever it begins', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 51 }),
      fc.double({ min: -3, max: 54, noNaN: true }),
      fc.double({ min: 0.05, max: 0.16, noNaN: true }),
      (start, limit, slope) => {
        const { tries, taken } = found((at) => (at - limit) * slope, start)
        expect(tries.length).toBeLessThanOrEqual(MOST_TRIES)
        expect(new Set(tries.map(({ at }) => at)).size).toBe(tries.length)
        const best = Math.min(Math.max(Math.floor(limit), 1), 51)
        expect(taken).toBeGreaterThanOrEqual(best - 1)
        expect(taken).toBeLessThanOrEqual(best)
      },
    ),
  )
})

it('does not believe that what falls off at once is a slope', () => {
  const { taken } = found((at) => (at <= 30 ? -0.3 : 3), 20)
  expect(taken).toBeLessThanOrEqual(30)
  expect(taken).toBeGreaterThanOrEqual(26)
})

it('tells of a likeness that the lowest crf does not reach, and of one that is reached nothing', () => {
  const options = () => []
  const target = likeness(0.99, { codec: 'h264', crf: 23, maxCrf: 51, inputs: [], files: 1, rate: '25', options })
  const [figure, better] = ['0.98', '0.995'].map((score) => target.figureIn(`lavfi.ssim.All=${score}\n`))
  expect(target.warningsOf(1, figure!)).toEqual([
    {
      code: 'QUALITY_NOT_REACHED',
      detail: 'An SSIM of 0.99 was asked for; at the lowest crf of h264, 1, that of the samples is 0.98000.',
    },
  ])
  expect(target.warningsOf(20, better!)).toEqual([])
})

it('samples lie evenly in a film, a short one stands for itself, and a large picture takes no more room', () => {
  const at = (minutes: number, bytesPerSecond = 1e6) =>
    windowsOf({ fromUs: 5e6, lengthUs: minutes * 60e6 }, bytesPerSecond)
  expect(at(0.1)).toEqual([{ startUs: 5e6, limitUs: 6e6 }])
  expect(at(0.5).map(({ limitUs }) => limitUs)).toEqual([2e6, 2e6, 2e6])
  const long = at(90)
  expect(lengthOf(long)).toBe(15e6)
  const middles = long.map(({ startUs, limitUs }) => (startUs + limitUs! / 2 - 5e6) / (90 * 60e6))
  expect(middles.map((middle) => Number(middle.toFixed(3)))).toEqual([0.1, 0.3, 0.5, 0.7, 0.9])
  expect(lengthOf(at(90, 750e6))).toBeLessThan(5.4e6)
  expect(windowsOf({ fromUs: 0, lengthUs: null }, 1e6)).toEqual([{ startUs: 0, limitUs: 10e6 }])
})
