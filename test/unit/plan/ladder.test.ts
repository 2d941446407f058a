import { describe, expect, it } from 'vitest'
import { wholeSound } from '../../../src/ladder/index.js'
import { mostBits, rungsOf } from '../../../src/plan/ladder/rungs.js'
import { anAudio, anOutput, aProbe, aVideo, option, plan } from './inputs.js'

const linesOf = (width: number, height: number) => rungsOf({ width, height }, {}).map(({ lines }) => lines)

describe('which rungs', () => {
  it('are those below the film that are far enough from each other', () => {
    expect(linesOf(1_920, 1_080)).toEqual([1_080, 720, 480, 360, 240])
    expect(linesOf(1_024, 576)).toEqual([576, 360, 240])
    expect(linesOf(320, 180)).toEqual([180])
    expect(linesOf(3_840, 2_160)).toEqual([2_160, 1_440, 1_080, 720, 480, 360, 240])
  })

  it('have the shape of the film and even sides, and are called by the shorter one', () => {
    const sizes = rungsOf({ width: 1_918, height: 1_078 }, {}).map(({ width, height }) => `${width}x${height}`)
    expect(sizes).toEqual(['1918x1078', '1282x720', '854x480', '640x360', '428x240'])
    expect(rungsOf({ width: 1_080, height: 1_920 }, { rungs: [{ height: 720 }] })).toEqual([
      { width: 720, height: 1_280, lines: 720, bitrate: null },
    ])
  })

  it('are never larger than the film, however many were asked for', () => {
    const rungs = [{ height: 2160, bitrate: 9_000_000 }, { height: 1440 }, { height: 480, bitrate: 1_000_000 }]
    expect(rungsOf({ width: 1280, height: 720 }, { rungs })).toEqual([
      { width: 1_280, height: 720, lines: 720, bitrate: 9_000_000 },
      { width: 854, height: 480, lines: 480, bitrate: 1_000_000 },
    ])
  })

  it('may take fewer bits the smaller they are and the newer their codec, and more where frames are many', () => {
    const [hd, sd] = [
      { width: 1920, height: 1080 },
      { width: 640, height: 360 },
    ]
    expect(mostBits(hd, 'h264', 25)).toBe(5_000_000)
    expect(mostBits(hd, 'h264', 60)).toBe(7_500_000)
    expect(mostBits(hd, 'hevc', null)).toBe(3_250_000)
    expect(mostBits(sd, 'h264', 30)).toBeGreaterThan(5_000_000 / 9)
    expect(mostBits({ width: 16, height: 16 }, 'av1', 1)).toBe(100_000)
  })
})

describe('the plan', () => {
  const outputs = (video: Parameters<typeof aVideo>[0]) => {
    const [group] = plan(aProbe([aVideo(video)]), [
      anOutput('hls', (recipe) => Object.assign(recipe.ladder!, { rungs: [{ height: 720 }] })),
    ])
    return group!.passes[0]!.args
  }

  it('has the same number of frames in each segment where all last equally long, and the next one that is due elsewhere', () => {
    const even = outputs({ frameRate: 24_000 / 1_001 })
    expect(option(even, '-g')).toBe('96')
    expect(option(even, '-force_key_frames')).toBe('expr:if(isnan(prev_forced_n),1,gte(n,prev_forced_n+96))')
    const uneven = outputs({ constantFrameRate: false })
    expect(option(uneven, '-force_key_frames')).toBe('expr:if(isnan(prev_forced_t),1,gte(t,prev_forced_t+4-0.001))')
  })

  it('decodes once for all, thumbnails among that; a poster is taken behind it', () => {
    const [group] = plan(aProbe([aVideo()]), [
      anOutput('hls', (recipe) => Object.assign(recipe.ladder!, { poster: true, thumbnails: true })),
    ])
    const [encode, ...behind] = group!.passes
    expect(encode!.args.filter((arg) => arg === '-i')).toHaveLength(1)
    expect(encode!.args.at(-1)).toBe('out-0-%05d.jpg')
    expect(behind.map(({ label }) => label)).toEqual(['sheets', 'picture'])
    expect(group!.passes.reduce((sum, { plan }) => sum + plan.weight, 0)).toBeCloseTo(1)
  })

  it('has nothing beside it that was not asked for', () => {
    const [group] = plan(aProbe([aVideo()]), [anOutput('hls')])
    expect(group!.passes).toHaveLength(1)
  })

  it('shares no file with that of another ladder of the job, which is verified at the same time', () => {
    const [one, other] = ['one', 'other'].map((name) => ({ ...anOutput('hls'), name }))
    const [group] = plan(aProbe([aVideo(), anAudio()]), [one!, other!])
    const files = group!.outputs.flatMap(({ ladder }) =>
      [...ladder!.pictures, ...ladder!.sounds].map(({ file }) => file).concat(ladder!.sounds.map(wholeSound)),
    )
    expect(files).toHaveLength(group!.outputs.length * (group!.outputs[0]!.ladder!.pictures.length + 2))
    expect(new Set(files).size).toBe(files.length)
  })
})
