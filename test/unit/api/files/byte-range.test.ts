import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRange } from '../../../../src/api/files/byte-range.js'

describe('a Range header', () => {
  it.each([
    ['bytes=0-99', 1000, { first: 0, last: 99 }],
    ['bytes=900-', 1000, { first: 900, last: 999 }],
    ['bytes=-100', 1000, { first: 900, last: 999 }],
    ['bytes=-5000', 1000, { first: 0, last: 999 }],
    ['bytes=990-5000', 1000, { first: 990, last: 999 }],
    ['bytes=0-0', 1, { first: 0, last: 0 }],
    ['Bytes= 0-1', 10, { first: 0, last: 1 }],
    ['bytes=5-6, 0-1', 10, { first: 5, last: 6 }],
    ['bytes=50-60, 0-1', 10, { first: 0, last: 1 }],
    ['bytes=1000-', 1000, 'unsatisfiable'],
    ['bytes=-0', 1000, 'unsatisfiable'],
    ['bytes=0-', 0, 'unsatisfiable'],
    ['bytes=-1', 0, 'unsatisfiable'],
    ['bytes=5-4', 1000, 'all'],
    ['bytes=a-b', 1000, 'all'],
    ['bytes=-', 1000, 'all'],
    ['bytes=1--2', 1000, 'all'],
    ['items=0-1', 1000, 'all'],
    [undefined, 1000, 'all'],
  ])('%s of %d bytes', (header, size, range) => {
    expect(parseRange(header, size)).toEqual(range)
  })

  it('never leads out of the file', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.stringMatching(/^bytes=[\d, -]{0,40}$/), (any, size, near) => {
        for (const header of [any, near]) {
          const range = parseRange(header, size)
          if (typeof range === 'string') continue
          expect(range.first).toBeGreaterThanOrEqual(0)
          expect(range.last).toBeGreaterThanOrEqual(range.first)
          expect(range.last).toBeLessThan(size)
        }
      }),
    )
  })
})
