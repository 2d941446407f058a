import { describe, expect, it } from 'vitest'
import { frameFacts } from '../../../src/probe/frame-facts.js'

const times = (count: number, rate: number, ticks = 90_000) =>
  Array.from({ length: count }, (_, i) => Math.round((i / rate) * ticks) / ticks)

describe('frameFacts', () => {
  it.each([24, 25, 30, 50, 60, 24_000 / 1001, 30_000 / 1001, 60_000 / 1001, 12.5, 14.2])(
    '%d frames a second',
    (rate) => {
      const facts = frameFacts(times(500, rate), 1 / rate, 90_000)
      expect(facts).toMatchObject({ frames: 500, constantFrameRate: true })
      expect(facts.frameRate).toBeCloseTo(rate, 4)
    },
  )

  it('sees through the milliseconds of Matroska', () => {
    expect(frameFacts(times(500, 30_000 / 1001, 1_000), 0.033, 1_000)).toEqual({
      frames: 500,
      frameRate: 30_000 / 1001,
      constantFrameRate: true,
    })
  })

  it('takes frames in the order of decoding', () => {
    const [a, b, c, d, ...rest] = times(100, 25)
    expect(frameFacts([a!, d!, b!, c!, ...rest], 0.04, 90_000)).toMatchObject({
      frameRate: 25,
      constantFrameRate: true,
    })
  })

  it.each([
    ['a frame is missing', times(100, 25).toSpliced(50, 1), 0.04],
    ['one comes late', times(100, 25).with(50, 50 / 25 + 0.01), 0.04],
    ['the rate changes', [...times(50, 25), ...times(50, 50).map((time) => time + 2)], 0.02],
    ['the last one stays', times(100, 25), 5],
  ])('is not constant when %s', (_, list, last) => {
    expect(frameFacts(list, last, 90_000).constantFrameRate).toBe(false)
  })

  it.each([[[]], [[0]], [[1, 1, 1]]])('knows no rate of %j', (list) => {
    expect(frameFacts(list, 0, 1_000)).toEqual({ frames: list.length, frameRate: null, constantFrameRate: false })
  })
})
