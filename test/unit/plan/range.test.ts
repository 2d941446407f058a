import { describe, expect, it } from 'vitest'
import { seconds } from '../../../src/plan/range.js'
import { anAudio, anOutput, aProbe, aVideo, codeOf, option, plan } from './inputs.js'

const probe = aProbe([aVideo(), anAudio({ durationUs: 9_000_000 })])
const one = (more: Parameters<typeof plan>[2], name = 'h264-720p', of = probe) => plan(of, [anOutput(name)], more)[0]!

describe('the part of the input', () => {
  it.each([
    [null, null, undefined, undefined, 10_000_000],
    [1_500, null, '1.5', undefined, 8_500_000],
    [null, 4_000, undefined, '4', 4_000_000],
    [1_000, 4_250, '1', '3.25', 3_250_000],
    [9_000, 60_000, '9', '51', 1_000_000],
  ])('from %s to %s', (startMs, endMs, ss, t, expectedUs) => {
    const group = one({ startMs, endMs })
    const { args, plan: progress } = group.passes[0]!
    const input = args.slice(0, args.indexOf('-i'))
    expect([option(input, '-ss'), option(input, '-t')]).toEqual([ss, t])
    expect(args.slice(args.indexOf('-i'))).not.toContain('-ss')
    expect(progress.expectedUs).toBe(expectedUs)
    expect(group.outputs[0]!.expected.durationUs).toBe(expectedUs)
  })

  it.each([
    [null, 4_000, [undefined, '4'], [undefined, undefined]],
    [4_000, null, [undefined, undefined], ['4', undefined]],
    [8_500, 9_500, [undefined, undefined], ['8.5', '1']],
    [25_000, 26_500, ['15', undefined], ['10', '1.5']],
  ])('of MPEG-TS, in which a seek finds no key frame, from %s to %s', (startMs, endMs, input, output) => {
    const ts = aProbe([aVideo({ durationUs: 60_000_000 })], { container: 'mpegts', durationUs: 60_000_000 })
    for (const { args } of one({ startMs, endMs }, 'h264-720p-2pass', ts).passes) {
      const behind = args.indexOf('-i')
      const options = (part: string[]) => [option(part, '-ss'), option(part, '-t')]
      expect([options(args.slice(0, behind)), options(args.slice(behind))]).toEqual([input, output])
    }
  })

  it.each([
    [10_000, null],
    [20_000, 30_000],
    [5_000, 5_000],
    [5_000, 4_000],
  ])('from %s to %s has nothing in it', (startMs, endMs) => {
    expect(codeOf(() => one({ startMs, endMs }))).toBe('RANGE_OUTSIDE_INPUT')
  })

  it('counts the streams that are used', () => {
    expect(one({}, 'mp3-192k').outputs[0]!.expected.durationUs).toBe(9_000_000)
    expect(one({}, 'h264-720p').outputs[0]!.expected.durationUs).toBe(10_000_000)
    const mixed = aProbe([aVideo({ durationUs: null }), anAudio({ durationUs: 9_000_000 })], { durationUs: 12_000_000 })
    expect(one({}, 'h264-720p', mixed).outputs[0]!.expected.durationUs).toBe(12_000_000)
  })

  it('does not guess what is unknown', () => {
    const unknown = aProbe([aVideo({ durationUs: null })], { durationUs: null })
    const group = one({ startMs: 1_000, endMs: 3_000 }, 'h264-720p', unknown)
    expect(group.passes[0]!.plan).toMatchObject({ expectedUs: null, expectedFrames: null })
    expect(group.outputs[0]!.expected.durationUs).toBeNull()
  })

  it("takes the sender's word for progress, not for verification", () => {
    const group = one({ startMs: 1_000, expectedDurationMs: 5_000 })
    expect(group.passes[0]!.plan.expectedUs).toBe(4_000_000)
    expect(group.outputs[0]!.expected.durationUs).toBe(9_000_000)
  })

  it('can not promise how long a copy from the middle is', () => {
    expect(one({ startMs: 1_000 }, 'copy-mp4').outputs[0]!.expected.durationUs).toBeNull()
    expect(one({ endMs: 1_000 }, 'copy-mp4').outputs[0]!.expected.durationUs).toBe(1_000_000)
  })

  it('is what the limit on duration is about', () => {
    const limits = { maxDurationMs: 5_000 }
    expect(codeOf(() => one({ limits }))).toBe('DURATION_TOO_LONG')
    expect(one({ limits, startMs: 1_000, endMs: 6_000 }).passes).toHaveLength(1)
  })
})

describe('times for ffmpeg', () => {
  it.each([
    [0, '0'],
    [1, '0.000001'],
    [1_500_000, '1.5'],
    [100_000_000, '100'],
    [2_592_000_000_000, '2592000'],
  ])('%d µs', (us, text) => expect(seconds(us)).toBe(text))
})
