import { describe, expect, it } from 'vitest'
import { areApart, cutInto, isOnGrid, overlapOf } from '../../../../src/plan/split/cuts.js'

/** 25 pictures a second, a key frame every so many. */
const film = (seconds: number, every: number) => {
  const times = Array.from({ length: seconds * 25 }, (_, i) => i * 40_000)
  return { times, keys: times.filter((_, i) => i % every === 0), rate: { num: 25, den: 1 } }
}
const begins = (parts: ReturnType<typeof cutInto>) => parts.map(({ times }) => times[0]! / 1e6)

describe('cuts', () => {
  it('come with the first key frame from the length that is asked for on', () => {
    expect(begins(cutInto(film(20, 75), 5_000_000))).toEqual([0, 6, 12])
  })

  it('come anywhere where no key frame is near', () => {
    expect(begins(cutInto(film(12, 10_000), 4_000_000))).toEqual([0, 4, 8])
  })

  it('leave no short last part, and no picture in two parts or in none', () => {
    const whole = film(11, 25)
    const parts = cutInto(whole, 5_000_000)
    expect(begins(parts)).toEqual([0, 5])
    expect(parts.flatMap(({ times }) => times)).toEqual(whole.times)
    expect(parts[0]!.toUs).toBe(parts[1]!.fromUs)
  })

  it('lie between two pictures; what is sought is before the first of them', () => {
    const [, second] = cutInto(film(10, 25), 5_000_000)
    expect(second).toMatchObject({ fromUs: 4_980_000, seekUs: 4_959_000, toUs: null })
  })
})

it('pictures that are decoded twice are counted from the key frame before', () => {
  const whole = film(12, 10_000)
  expect(overlapOf(whole, cutInto(whole, 4_000_000))).toBeCloseTo(1, 1)
  const keyed = film(12, 25)
  expect(overlapOf(keyed, cutInto(keyed, 4_000_000))).toBeLessThan(0.2)
})

it.each([
  ['its rate', [0, 40_000, 80_000], true],
  ['its rate, some left out', [0, 40_000, 200_000], true],
  ['its rate, rounded to ms a little late', [7_000, 47_000, 87_000], true],
  ['between two ticks', [20_000, 60_000, 100_000], false],
  ['two in one tick', [0, 40_000, 45_000], false],
])('pictures at %s', (_, times, expected) => {
  expect(isOnGrid({ times, keys: [], rate: { num: 25, den: 1 } })).toBe(expected)
})

it('a bound on the rate leaves nothing out where pictures are as far apart', () => {
  expect(areApart(film(1, 25), 25)).toBe(true)
  expect(areApart(film(1, 25), 24)).toBe(false)
})
