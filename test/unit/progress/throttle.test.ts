import { describe, expect, it } from 'vitest'
import { Throttle } from '../../../src/progress/index.js'

describe('Throttle', () => {
  it('lets the first through at once and then one an interval', () => {
    const throttle = new Throttle<number>(500)
    const passed = Array.from({ length: 30 }, (_, n) => throttle.offer(n, n * 100)).filter((value) => value !== null)
    expect(passed).toEqual([0, 5, 10, 15, 20, 25])
  })

  it('gives the newest that it held', () => {
    const throttle = new Throttle<string>(500)
    throttle.offer('a', 0)
    expect(throttle.offer('b', 100)).toBeNull()
    expect(throttle.offer('c', 200)).toBeNull()
    expect(throttle.waitMs(200)).toBe(300)
    expect(throttle.due(499)).toBeNull()
    expect(throttle.due(500)).toBe('c')
    expect(throttle.due(2_000)).toBeNull()
    expect(throttle.waitMs(2_000)).toBeNull()
  })

  it('lets through at once what may not wait, and drops what was held before it', () => {
    const throttle = new Throttle<{ phase: string; n: number }>(500, (next, last) => next.phase !== last.phase)
    throttle.offer({ phase: 'probing', n: 1 }, 0)
    expect(throttle.offer({ phase: 'probing', n: 2 }, 10)).toBeNull()
    expect(throttle.offer({ phase: 'encoding', n: 3 }, 20)).toEqual({ phase: 'encoding', n: 3 })
    expect(throttle.flush(30)).toBeNull()
    expect(throttle.offer({ phase: 'encoding', n: 4 }, 30)).toBeNull()
    expect(throttle.waitMs(30)).toBe(490)
  })

  it('gives what it holds at the end', () => {
    const throttle = new Throttle<number>(500)
    throttle.offer(1, 0)
    throttle.offer(2, 1)
    expect(throttle.flush(2)).toBe(2)
    expect(throttle.flush(3)).toBeNull()
  })

  it('waits no longer when the clock is set back', () => {
    const throttle = new Throttle<number>(500)
    throttle.offer(1, 3_600_000)
    expect(throttle.offer(2, 0)).toBe(2)
  })
})
