import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boundedFrameRate } from '../../../src/plan/frame-rate.js'
import { FFMPEG } from '../../helpers/ffmpeg-runs.js'
import { aVideo } from '../../unit/plan/inputs.js'

/** Times in seconds of the frames that a bound of 30 a second lets through, by ffmpeg itself. */
function kept(source: string, retime: string): number[] {
  const stream = aVideo({ frameRate: null, constantFrameRate: false })
  const [cap] = boundedFrameRate(stream, { maxFrameRate: 30 })
  const graph = `${source},settb=1/90000,setpts='${retime}',${cap},showinfo`
  const args = ['-nostdin', '-hide_banner', '-f', 'lavfi', '-i', graph, '-f', 'null', '-']
  const log = execFileSync('sh', ['-c', '"$0" "$@" 2>&1', FFMPEG, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  return [...log.matchAll(/pts_time:(-?[\d.]+)/g)].map(([, time]) => Number(time))
}

const frames = (rate: string, seconds: number) => `color=s=64x64:r=${rate}:d=${seconds}`

describe('at most 30 frames a second', () => {
  it.each([
    ['up to 5 ms early or late', '30', 'PTS+floor((random(0)-0.5)*900)*gt(N,0)', 300],
    ['rounded to milliseconds', '30', 'floor(PTS/90)*90', 300],
    ['of a camera with 29.97', '30000/1001', 'PTS', 300],
    ['from 1,000 s on', '30', 'PTS+90000000', 300],
    ['of a clock set back in the middle', '30', 'PTS+450000000*lt(N,150)', 300],
  ])('keeps every frame %s', (_, rate, retime, count) => expect(kept(frames(rate, 10), retime)).toHaveLength(count))

  it.each(['40', '50', '60', '120'])('keeps 30 of %s', (rate) => {
    const count = kept(frames(rate, 10), 'PTS').length
    expect(count).toBeGreaterThanOrEqual(299)
    expect(count).toBeLessThanOrEqual(302)
  })

  it('keeps every other of 60, evenly', () => {
    const times = kept(frames('60', 2), 'PTS')
    for (const [i, time] of times.slice(1).entries()) expect(time - times[i]!).toBeCloseTo(1 / 30, 3)
  })

  it('drops no frame that is a thirtieth of a second after the last kept one', () => {
    const gaps = fc.array(fc.integer({ min: 600, max: 9_000 }), { minLength: 2, maxLength: 60 }) // in 1/90,000 s
    const property = fc.property(gaps, (gaps) => {
      const times = [0]
      for (const gap of gaps) times.push(times.at(-1)! + gap)
      const retime = times.map((time, i) => `eq(N,${i})*${time}`).join('+')
      const through = kept(frames('30', times.length / 30), retime)
      const dropped = times
        .map((time) => time / 90_000)
        .filter((time) => through.every((other) => Math.abs(other - time) > 1e-5))
      for (const time of dropped) {
        const last = Math.max(...through.filter((other) => other < time))
        expect(time - last).toBeLessThan(1 / 30)
      }
    })
    fc.assert(property, { numRuns: 25 })
  })
})
