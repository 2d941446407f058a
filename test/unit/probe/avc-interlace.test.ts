import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { avcMayBeInterlaced } from '../../../src/probe/avc-interlace.js'

/** An avcC record of one sequence parameter set, as x264 wrote it. */
const record = (sps: string) => {
  const nal = Buffer.from(sps, 'hex')
  return new Uint8Array([1, nal[1]!, nal[2]!, nal[3]!, 0xff, 0xe1, nal.length >> 8, nal.length & 0xff, ...nal])
}

// What x264 wrote for 320x180.
const BASELINE = '6742c00cda05067e7c0440000003004000000c83c50aa8'
const HIGH = '6764000cacd941419f9f011000000300100000030320f1429960'
const HIGH_444 = '67f4000c919681419f8dc044000003000400000300c83c50aa80'
const MAIN_INTERLACED = '674d4015f40a19f93011000003000200000300321f142aa0'
const HIGH_INTERLACED = '67640015acd941433f260220000003004000000643e28532c0'

describe('avcMayBeInterlaced', () => {
  it.each([BASELINE, HIGH, HIGH_444])('trusts a set that allows frames only: %s', (sps) => {
    expect(avcMayBeInterlaced(record(sps))).toBe(false)
  })

  it.each([MAIN_INTERLACED, HIGH_INTERLACED])('suspects one that allows fields: %s', (sps) => {
    expect(avcMayBeInterlaced(record(sps))).toBe(true)
  })

  it('suspects what it can not read', () => {
    expect(avcMayBeInterlaced(new Uint8Array())).toBe(true)
    expect(avcMayBeInterlaced(record(BASELINE).subarray(0, 12))).toBe(true)
    expect(avcMayBeInterlaced(record(`68${BASELINE.slice(2)}`))).toBe(true)
  })

  it('never throws or hangs', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => typeof avcMayBeInterlaced(bytes) === 'boolean'))
    const noise = fc.uint8Array({ minLength: 4, maxLength: 200 })
    fc.assert(
      fc.property(
        noise,
        (sps) => typeof avcMayBeInterlaced(record(`67${Buffer.from(sps).toString('hex')}`)) === 'boolean',
      ),
    )
  })
})
