import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as figures from '../../../src/dashboard/words/figures.js'

const { bitrate, bytes, duration, mediaTime, percent, speed } = figures

describe('figures', () => {
  test('what is unknown is a dash, never 0', () => {
    for (const write of [bytes, bitrate, duration, mediaTime, percent, speed, figures.number]) {
      expect(write(null)).toBe('–')
    }
    expect(figures.eta(null)).toBe('–')
    expect(figures.localTime(null, 0)).toBe('–')
    expect(duration(Number.NaN)).toBe('–')
  })

  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.00 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [1_280_000, '1.28 MB'],
    [5e12, '5.00 TB'],
  ])('%i bytes', (value, text) => expect(bytes(value)).toBe(text))

  test.each([
    [0, '0.00 kbit/s'],
    [128_000, '128 kbit/s'],
    [999_500, '1.00 Mbit/s'],
    [999_499_999, '999 Mbit/s'],
    [1_200_000_000, '1.20 Gbit/s'],
  ])('%i bits a second', (value, text) => expect(bitrate(value)).toBe(text))

  test.each([
    [-5, '0.0 s'],
    [420, '0.4 s'],
    [9_949, '9.9 s'],
    [9_950, '10 s'],
    [59_499, '59 s'],
    [59_500, '1 min'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 5 min'],
    [7_201_000, '2 h'],
    [273_600_000, '3 d 4 h'],
  ])('%i ms', (value, text) => expect(duration(value)).toBe(text))

  test.each([
    [0, '0:00.0'],
    [59_999_999, '0:59.9'],
    [60_000_000, '1:00.0'],
    [3_723_400_000, '1:02:03.4'],
  ])('%i µs of media', (value, text) => expect(mediaTime(value)).toBe(text))

  test.each([
    [0, '0.00×'],
    [3.94, '3.94×'],
    [99.94, '99.9×'],
    [99.95, '100×'],
    [1_234, '1234×'],
  ])('speed %d', (value, text) => expect(speed(value)).toBe(text))

  test('none is ever written with an exponent, or as no number', () => {
    const any = fc.double({ min: 0, max: 9e14, noNaN: true }).map(Math.floor)
    fc.assert(
      fc.property(any, (value) => {
        for (const write of [bytes, duration, mediaTime]) expect(write(value)).not.toMatch(/e\+|NaN|undefined/)
      }),
    )
  })
})
