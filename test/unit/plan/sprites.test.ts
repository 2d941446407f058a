import { describe, expect, it } from 'vitest'
import { shownSize } from '../../../src/plan/framing.js'
import { SHEET_NAME, type SpriteLayout, spriteLayout } from '../../../src/plan/sprites.js'
import { spriteCues } from '../../../src/verify/webvtt.js'
import { anOutput, aProbe, aVideo, option, plan, preset } from './inputs.js'

const recipe = preset('thumbnails').sprites!
const seconds = (value: number) => value * 1e6

describe('the layout of sheets', () => {
  it.each([
    ['an hour: at most 400', 3_600, { intervalMs: 9_000, count: 400, columns: 5, rows: 5 }],
    ['ten minutes: as wished', 600, { intervalMs: 5_000, count: 120, columns: 5, rows: 5 }],
    ['half a minute: at least ten', 30, { intervalMs: 3_000, count: 10, columns: 5, rows: 2 }],
    ['a moment: not closer than 100 ms', 0.3, { intervalMs: 100, count: 3, columns: 3, rows: 1 }],
    ['one frame', 0.04, { intervalMs: 100, count: 1, columns: 1, rows: 1 }],
  ])('%s', (_, duration, expected) => {
    expect(spriteLayout(recipe, shownSize(aVideo()), seconds(duration))).toMatchObject(expected)
  })

  it('does not guess a count', () => {
    expect(spriteLayout(recipe, shownSize(aVideo()), null)).toMatchObject({
      intervalMs: 5_000,
      count: null,
      columns: 5,
      rows: 5,
    })
  })

  it.each([
    ['landscape', aVideo(), 160, 90],
    ['portrait', aVideo({ displayWidth: 1080, displayHeight: 1920 }), 160, 284],
    ['smaller than a thumbnail', aVideo({ width: 64, height: 36 }), 64, 36],
  ])('%s', (_, video, width, height) => {
    expect(spriteLayout(recipe, shownSize(video), seconds(60))).toMatchObject({ width, height })
  })

  it('makes single thumbnails, of limited number whatever a gap in the time stamps asks for, and then sheets', () => {
    const [group] = plan(aProbe([aVideo()]), [anOutput('thumbnails')])
    const [encode, sheets] = group!.passes
    expect(option(encode!.args, '-frames:v')).toBe('10')
    const [unknown] = plan(aProbe([aVideo({ durationUs: null })], { durationUs: null }), [anOutput('thumbnails')])
    expect(option(unknown!.passes[0]!.args, '-frames:v')).toBe('400')
    expect(option(encode!.args, '-vf')).toBe(
      'fps=1000/1000:round=up:start_time=0,scale=160:90:in_color_matrix=bt709:out_color_matrix=bt601,setsar=1,format=yuv444p,scale=out_range=full,format=yuv420p',
    )
    expect(encode!.args.at(-1)).toBe('out-0-%05d.jpg')
    expect(encode!.plan.expectedFrames).toBe(10)
    expect(option(sheets!.args, '-i')).toBe(encode!.args.at(-1))
    expect(option(sheets!.args, '-vf')).toBe('tile=5x2')
    expect(sheets!.args.at(-1)).toBe('out-0/sprite-%03d.jpg')
    expect('sprite-001.jpg').toMatch(SHEET_NAME)
  })
})

describe('the index', () => {
  const layout: SpriteLayout = {
    intervalMs: 2_000,
    columns: 2,
    rows: 2,
    width: 160,
    height: 90,
    count: 5,
    durationUs: seconds(9.5),
  }

  it('tells for each interval the sheet and the place in it', () => {
    expect(spriteCues(['sprite-001.jpg', 'sprite-002.jpg'], layout)).toEqual([
      '00:00:00.000 --> 00:00:02.000\nsprite-001.jpg#xywh=0,0,160,90',
      '00:00:02.000 --> 00:00:04.000\nsprite-001.jpg#xywh=160,0,160,90',
      '00:00:04.000 --> 00:00:06.000\nsprite-001.jpg#xywh=0,90,160,90',
      '00:00:06.000 --> 00:00:08.000\nsprite-001.jpg#xywh=160,90,160,90',
      '00:00:08.000 --> 00:00:09.500\nsprite-002.jpg#xywh=0,0,160,90',
    ])
  })

  it('has no cues for sheets that are not there', () => {
    expect(spriteCues(['sprite-001.jpg'], layout)).toHaveLength(4)
    expect(spriteCues(['sprite-001.jpg'], { ...layout, count: null, durationUs: null })).toHaveLength(4)
  })

  it('counts hours', () => {
    const long = { ...layout, intervalMs: 3_600_000, count: 120, durationUs: null }
    const sheets = Array.from({ length: 30 }, (_, i) => `sprite-${i}.jpg`)
    expect(spriteCues(sheets, long).at(-1)).toMatch(/^119:00:00\.000 --> 120:00:00\.000\n/)
  })
})
