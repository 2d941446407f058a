import { expect, test } from 'vitest'
import { retryAfterMs } from '../../../src/outbound/index.js'
import { WAITS_MS, waitMs } from '../../../src/webhooks/schedule.js'

const HOUR_MS = 3_600_000

test('a message is tried eight times over 27 hours and a half, later by a fifth at most', () => {
  const least = WAITS_MS.map((_, failures) => waitMs(failures, null, () => 0)!)
  expect(least).toEqual([0, 5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 36_000_000])
  expect(least.reduce((sum, ms) => sum + ms) / HOUR_MS).toBeCloseTo(27.58, 1)
  expect(waitMs(4, null, () => 1)).toBe(2.4 * HOUR_MS)
  expect(waitMs(8, 1_000)).toBeNull()
})

test('who answers may ask for more patience, up to 12 hours, and never for less', () => {
  expect(waitMs(1, 60_000, () => 0)).toBe(60_000)
  expect(waitMs(3, 1_000, () => 0)).toBe(1_800_000)
  expect(waitMs(1, 90 * HOUR_MS)).toBe(12 * HOUR_MS)
})

test('Retry-After is seconds or a date', () => {
  const now = Date.parse('2026-12-01T00:00:00Z')
  expect(retryAfterMs('120', now)).toBe(120_000)
  expect(retryAfterMs('Tue, 01 Dec 2026 00:01:00 GMT', now)).toBe(60_000)
  expect(retryAfterMs('Mon, 30 Nov 2026 00:00:00 GMT', now)).toBe(0)
  for (const nothing of [undefined, '', 'soon', '-5', '1e9999']) expect(retryAfterMs(nothing, now)).toBeNull()
})
