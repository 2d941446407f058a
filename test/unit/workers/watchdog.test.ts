import { describe, expect, test } from 'vitest'
import { Watchdog } from '../../../workers/watchdog.js'

const limits = { stallMs: 100, startMs: 1000, finalizeMs: 500, mediaMs: null }
const at = (outTimeUs: number | null, frame: number | null = null, bytesWritten: number | null = null) => ({
  outTimeUs,
  frame,
  bytesWritten,
})

describe('the watchdog', () => {
  test('waits for a slow start longer than for a stall', () => {
    const dog = new Watchdog(limits, 0, null)
    for (let now = 0; now <= 1000; now += 50) {
      dog.report(at(0, 0, 48), now)
      expect(dog.check(now)).toBeNull()
    }
    expect(dog.check(1001)).toMatchObject({ code: 'STALLED' })
  })

  test('is not fooled by reports that say the same again', () => {
    const dog = new Watchdog(limits, 0, null)
    dog.report(at(1_000), 10)
    for (let now = 20; now <= 110; now += 10) {
      dog.report(at(1_000, null), now)
      expect(dog.check(now)).toBeNull()
    }
    expect(dog.check(111)).toMatchObject({ code: 'STALLED' })
  })

  test.each([
    ['time', at(2_000, 5, 10)],
    ['frames', at(1_000, 6, 10)],
    ['bytes', at(1_000, 5, 11)],
  ])('takes %s alone as an advance', (_, next) => {
    const dog = new Watchdog(limits, 0, null)
    dog.report(at(1_000, 5, 10), 10)
    dog.report(next, 100)
    expect(dog.check(190)).toBeNull()
    expect(dog.check(201)).toMatchObject({ code: 'STALLED' })
  })

  test('a jump back is no advance', () => {
    const dog = new Watchdog(limits, 0, null)
    dog.report(at(5_000, 50), 10)
    dog.report(at(1_000, 10), 90)
    expect(dog.check(111)).toMatchObject({ code: 'STALLED' })
  })

  test('finalizing has a limit of its own', () => {
    const dog = new Watchdog(limits, 0, null)
    dog.report(at(5_000), 10)
    dog.finalizing(100)
    dog.finalizing(400)
    expect(dog.check(600)).toBeNull()
    expect(dog.check(601)).toMatchObject({ code: 'TIMED_OUT' })
  })

  test('what waits for its input is not stalled, and has as long as before once there is more', () => {
    const dog = new Watchdog(limits, 0, null)
    dog.report(at(1_000), 10)
    for (let now = 20; now <= 400; now += 10) {
      dog.starved(now)
      dog.report(at(1_000), now)
      expect(dog.check(now)).toBeNull()
    }
    expect(dog.check(500)).toBeNull()
    expect(dog.check(501)).toMatchObject({ code: 'STALLED' })
  })

  test('an encoder that has all frames may be silent as long as finishing may take', () => {
    const dog = new Watchdog(limits, 0, 100)
    dog.report(at(3_000, 98), 10)
    expect(dog.check(111)).toMatchObject({ code: 'STALLED' })
    dog.report(at(3_000, 99), 100)
    for (let now = 110; now <= 600; now += 10) dog.report(at(3_000, 99), now)
    expect(dog.check(600)).toBeNull()
    expect(dog.check(601)).toMatchObject({ code: 'TIMED_OUT' })
  })

  test('one that has all frames and says so again and again is stalled', () => {
    const dog = new Watchdog(limits, 0, 100)
    for (let now = 10; now <= 110; now += 10) {
      dog.heard()
      dog.report(at(3_000, 100), now)
    }
    expect(dog.check(111)).toMatchObject({ code: 'STALLED' })
  })

  test('null switches a limit off', () => {
    const dog = new Watchdog({ stallMs: null, startMs: null, finalizeMs: null, mediaMs: null }, 0, null)
    expect(dog.check(1e12)).toBeNull()
  })

  test('ends an output that runs on and on, whatever its input said', () => {
    const dog = new Watchdog({ ...limits, mediaMs: 1_000 }, 0, null)
    dog.report(at(1_100_000), 10)
    expect(dog.check(10)).toBeNull()
    dog.report(at(1_100_001), 20)
    expect(dog.check(20)).toMatchObject({ code: 'DURATION_TOO_LONG' })
  })
})
