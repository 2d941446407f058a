import { describe, expect, it } from 'vitest'
import { Rate } from '../../../src/progress/rate.js'

describe('Rate', () => {
  it('is exact from the second value on while the pace is steady', () => {
    const rate = new Rate(15_000)
    rate.sample(100, 0)
    expect(rate.perMs).toBeNull()
    for (let n = 1; n < 100; n++) {
      rate.sample(100 + n * 7, n * 350)
      expect(rate.perMs).toBeCloseTo(0.02, 12)
    }
  })

  it('has moved by 63 % to a new pace after tau', () => {
    const rate = new Rate(10_000)
    for (let ms = 0; ms <= 200_000; ms += 500) rate.sample(ms, ms)
    for (let ms = 500; ms <= 10_000; ms += 500) rate.sample(200_000 + ms * 3, 200_000 + ms)
    expect(rate.perMs).toBeCloseTo(1 + 2 * (1 - Math.exp(-1)), 6)
  })

  it('does not depend on when it is asked between bursts', () => {
    const rate = new Rate()
    for (let ms = 0; ms <= 60_000; ms += 500) {
      rate.sample(Math.floor(ms / 3_000), ms)
      if (ms >= 3_000) expect(rate.perMs).toBeCloseTo(1 / 3_000, 12)
    }
    expect(rate.lastAdvanceMs).toBe(60_000)
  })

  it('leaves out what came before the first advance, once the second shows that it was another pace', () => {
    const rate = new Rate()
    for (let ms = 0; ms <= 15_000; ms += 500) rate.sample(0, ms)
    rate.sample(400, 15_500)
    rate.sample(900, 16_000)
    expect(rate.perMs).toBeCloseTo(0.9, 1)
    for (let ms = 16_500; ms <= 20_000; ms += 500) rate.sample(900 + ms - 16_000, ms)
    expect(rate.perMs).toBeCloseTo(1, 1)
  })

  it('measures from a step back on anew', () => {
    const rate = new Rate()
    rate.sample(1_000, 0)
    rate.sample(2_000, 1_000)
    rate.sample(500, 2_000)
    expect(rate.perMs).toBe(1)
    rate.sample(1_500, 3_000)
    expect(rate.perMs).toBe(1)
  })

  it('leaves out what it is told to', () => {
    const rate = new Rate()
    rate.sample(0, 0)
    rate.leaveOut(9_000, 10_000)
    rate.sample(1_000, 10_000)
    expect(rate.perMs).toBe(1)
  })

  it('takes no time for no measure', () => {
    const rate = new Rate()
    rate.sample(0, 1_000)
    rate.sample(10, 1_000)
    rate.sample(20, 999)
    expect(rate.perMs).toBeNull()
    rate.sample(30, 1_030)
    expect(rate.perMs).toBe(1)
  })
})
