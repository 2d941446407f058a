import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitWithin } from '../../../src/plan/size.js'

const HD = { width: 1280, height: 720 }
const ANY = { width: null, height: null }

describe('fitWithin', () => {
  it.each([
    ['a larger landscape', [1920, 1080], HD, [1280, 720]],
    ['a larger portrait: the bounds change places', [1080, 1920], HD, [720, 1280]],
    ['a smaller one is never made larger', [640, 360], HD, [640, 360]],
    ['wider than the bounds', [2560, 1080], HD, [1280, 540]],
    ['narrower than the bounds', [1440, 1080], HD, [960, 720]],
    ['a square', [1000, 1000], HD, [720, 720]],
    ['no bounds', [1919, 1079], ANY, [1918, 1078]],
    ['odd sides that fit', [321, 181], HD, [320, 180]],
    ['one bound only', [1920, 1080], { width: null, height: 480 }, [854, 480]],
    ['odd bounds', [1920, 1080], { width: 101, height: 101 }, [100, 56]],
    ['a line', [4000, 1], HD, [1280, 2]],
    ['one pixel', [1, 1], ANY, [2, 2]],
  ] as const)('%s', (_, [width, height], bounds, expected) => {
    const size = fitWithin({ width, height }, bounds)
    expect([size.width, size.height]).toEqual(expected)
  })

  it('keeps within the bounds, even, no larger, and in shape, whatever comes', () => {
    const side = fc.integer({ min: 16, max: 8_000 })
    const bound = fc.option(fc.integer({ min: 16, max: 8_000 }))
    fc.assert(
      fc.property(side, side, bound, bound, (width, height, boundWidth, boundHeight) => {
        const size = fitWithin({ width, height }, { width: boundWidth, height: boundHeight })
        const [mostWidth, mostHeight] = height > width ? [boundHeight, boundWidth] : [boundWidth, boundHeight]
        expect(size.width % 2).toBe(0)
        expect(size.height % 2).toBe(0)
        expect(size.width).toBeLessThanOrEqual(Math.min(width, mostWidth ?? width))
        expect(size.height).toBeLessThanOrEqual(Math.min(height, mostHeight ?? height))
        const factor = Math.min(1, (mostWidth ?? width) / width, (mostHeight ?? height) / height)
        if (Math.min(width, height) * factor < 2) return // an even side has to be at least 2
        expect(Math.abs(size.width - width * factor)).toBeLessThan(2)
        expect(Math.abs(size.height - height * factor)).toBeLessThan(2)
      }),
    )
  })
})
