import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PacketCount } from '../../../src/probe/packets.js'

/** Lines as ffprobe prints them, of packets 40 ms long; `null` has no presentation time. */
function count(container: string, times: readonly (number | null)[], duration = 0.04) {
  const packets = new PacketCount(container)
  for (const time of times) packets.line(`0,${time?.toFixed(6) ?? 'N/A'},${time?.toFixed(6) ?? 'N/A'},${duration},,`)
  return packets.end().get(0)
}
const even = (from: number, frames: number) => Array.from({ length: frames }, (_, i) => from + i * 0.04)

describe('the packets of a stream', () => {
  it('begin where they begin: an end on the clock is no length', () => {
    expect(count('matroska,webm', even(1_000, 750))).toMatchObject({
      count: 750,
      startUs: 1e9,
      lengthUs: 30e6,
      jumps: false,
    })
  })

  it.each([
    ['is set back', [...even(5_000, 250), ...even(0, 250)]],
    ['leaps ahead', [...even(0, 250), ...even(95_000, 250)]],
    ['starts anew twice', [...even(5_000, 100), ...even(0, 200), ...even(90_000, 200)]],
  ])('go on where the clock of a transport stream %s', (_, times) => {
    expect(count('mpegts', times)).toMatchObject({ lengthUs: 20e6, jumps: true })
  })

  it('keep a gap where clocks do not start anew', () => {
    expect(count('matroska,webm', [...even(0, 100), ...even(64, 100)])).toMatchObject({ lengthUs: 68e6, jumps: false })
  })

  it('are not led astray by one that is hours ahead', () => {
    const packets = new PacketCount('mov,mp4,m4a,3gp,3g2,mj2')
    for (const [i, time] of even(0, 250).entries()) packets.line(`1,${i === 120 ? time + 10_800 : time},${time},0.04`)
    expect(packets.end().get(1)).toMatchObject({ count: 250, lengthUs: 10e6, jumps: true })
  })

  it('last as long as they say where they have no times', () => {
    expect(count('h264', Array(300).fill(null))).toMatchObject({ startUs: null, lengthUs: 12e6, withoutTime: 300 })
  })

  it('know how long the last one stands, whatever the order', () => {
    const packets = new PacketCount('matroska,webm')
    for (const line of ['0,0.0,0.0,0.1', '0,0.2,0.1,8', '0,0.1,0.2,0.1']) packets.line(line)
    expect(packets.end().get(0)).toMatchObject({ lastUs: 8e6, lengthUs: 8.2e6 })
  })

  it('are whatever the text says, without a fault', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.tuple(fc.nat(3), fc.float(), fc.float(), fc.float()).map(String))),
        (lines) => {
          const packets = new PacketCount('mpegts')
          for (const line of lines) packets.line(line)
          for (const { count: number, lengthUs } of packets.end().values()) {
            expect(number).toBeGreaterThan(0)
            expect(lengthUs === null || (Number.isFinite(lengthUs) && lengthUs > 0)).toBe(true)
          }
        },
      ),
    )
  })
})
