import { describe, expect, it } from 'vitest'
import { anAudio, anOutput, aProbe, aVideo, plan as planFrom } from '../inputs.js'

/** 25 pictures a second, a key frame every 2 s, so many µs late. */
const film = (seconds: number, { every = 50, lateUs = 0 } = {}) => {
  const times = Array.from({ length: seconds * 25 }, (_, i) => i * 40_000 + lateUs)
  return { times, keys: times.filter((_, i) => i % every === 0), rate: { num: 25, den: 1 } }
}
const plan = (seconds: number, split: 'auto' | { segmentMs: number }, frames = film(seconds)) => {
  const durationUs = seconds * 1e6
  const probe = aProbe([aVideo({ durationUs }), anAudio({ durationUs })], { durationUs })
  const output = { ...anOutput('h264-720p'), split }
  const [group] = planFrom(probe, [output], { frames })
  return { passes: group!.passes, warnings: group!.outputs[0]!.warnings }
}
const whole = (why: string) => [{ code: 'NOT_SPLIT', detail: expect.stringContaining(why) }]

describe('an output in parts', () => {
  it('has a pass for each, and one that joins; weights sum to 1', () => {
    const { passes, warnings } = plan(60, { segmentMs: 20_000 })
    expect(passes.map(({ label }) => label)).toEqual(['part 1 of 3', 'part 2 of 3', 'part 3 of 3', 'join'])
    expect(passes.reduce((sum, pass) => sum + pass.plan.weight, 0)).toBeCloseTo(1)
    expect(passes[0]!.args).not.toContain('-c:a')
    expect(passes[3]!.args.join(' ')).toMatch(/-map 1:v:0 -c:v:0 copy .*-c:a aac/)
    expect(warnings).toEqual([])
  })

  it('has at most 1,000', () => {
    expect(plan(3_000, { segmentMs: 1_000 }).passes.length).toBeLessThanOrEqual(1_001)
  })

  it.each<[string, ReturnType<typeof plan>]>([
    ['it is no longer than one part', plan(20, { segmentMs: 20_000 })],
    ['it is shorter than 600 s', plan(300, 'auto')],
    ['its key frames are too far apart', plan(900, 'auto', film(900, { every: 100_000 }))],
    ['between those of its frame rate', plan(60, { segmentMs: 20_000 }, film(60, { lateUs: 20_000 }))],
  ])('is made in one piece, because %s', (why, { passes, warnings }) => {
    expect(passes.map(({ label }) => label)).toEqual(['encode'])
    expect(warnings).toEqual(whole(why))
  })

  it('is split where that pays', () => {
    expect(plan(900, 'auto').passes).toHaveLength(31)
  })
})

describe('a ladder in parts', () => {
  const passesOf = (video: Parameters<typeof aVideo>[0], frames: ReturnType<typeof film>, withSound = true) => {
    const durationUs = 60e6
    const streams = [aVideo({ durationUs, ...video }), ...(withSound ? [anAudio({ durationUs })] : [])]
    const output = { ...anOutput('hls'), split: { segmentMs: 20_000 } }
    return planFrom(aProbe(streams, { durationUs }), [output], { frames })[0]!
  }
  /** Of each part, when its first picture is shown, in ms. */
  const beginsOf = ({ passes }: ReturnType<typeof passesOf>) =>
    passes.flatMap(({ part }) => (part ? [part.times[0]! / 1_000] : []))

  it('has all rungs in each of them, joined into the files of its tracks; then comes the sound', () => {
    const { passes, joins, outputs } = passesOf({}, film(60))
    const rungs = outputs[0]!.ladder!.pictures.map(({ file }) => file)
    expect(rungs.length).toBeGreaterThan(1)
    expect(joins).toEqual({ into: rungs, isStream: true, proved: rungs })
    expect(passes.map(({ part }) => part?.tracks)).toEqual([rungs.length, rungs.length, rungs.length, undefined])
    expect(passes[0]!.args).not.toContain('-c:a')
    expect(passes[3]!.args.join(' ')).toContain('-c:a aac')
    expect(passes[3]!.args).not.toContain('-c:v')
    expect(passes.reduce((sum, pass) => sum + pass.plan.weight, 0)).toBeCloseTo(1)
  })

  it('has no pass but its parts where there is nothing beside the picture', () => {
    const { passes } = passesOf({}, film(60), false)
    expect(passes.map(({ label }) => label)).toEqual(['part 1 of 3', 'part 2 of 3', 'part 3 of 3'])
    expect(passes.reduce((sum, pass) => sum + pass.plan.weight, 0)).toBeCloseTo(1)
  })

  it('begins parts where segments of 4 s do, and nowhere else though key frames are there', () => {
    expect(beginsOf(passesOf({}, film(60, { every: 75 })))).toEqual([0, 24_000, 48_000])
  })

  it('begins them with the first picture that is due, where pictures do not last equally long', () => {
    const frames = film(60)
    const times = frames.times.filter((us) => us < 22_000_000 || us > 25_500_000)
    expect(beginsOf(passesOf({ constantFrameRate: false }, { ...frames, times }))).toEqual([0, 20_000, 41_520])
  })
})
