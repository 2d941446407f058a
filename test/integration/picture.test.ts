/** What is done to the picture, held against plain ffmpeg on the same input. */
import { describe, expect, it } from 'vitest'
import { type ClipName, makeClip } from '../../fixtures/media/recipes.js'
import type { Preset, ProbeStream } from '../../src/contract/index.js'
import type { PresetOutput } from '../../src/plan/index.js'
import { ffprobe } from '../../src/probe/ffprobe.js'
import { anOutput, type Encoded, useEncoder } from '../helpers/encode.js'
import { long, some } from '../helpers/long.js'
import { pixelAt, ssim } from '../helpers/ssim.js'

type Video = Partial<NonNullable<Preset['video']>>

const encoder = useEncoder()
const videoOf = ({ probe }: Encoded): ProbeStream => probe.streams.find(({ type }) => type === 'video')!

/** An output of its own name, in a quality in which a wrong picture is told from a coarse one. */
const output = (name: string, video: Video, preset = 'h264-360p'): PresetOutput => ({
  ...anOutput(preset, (recipe) => Object.assign(recipe.video!, recipe.video!.crf === null ? {} : { crf: 12 }, video)),
  name,
})

/** Makes all of them of one decode. */
async function make(clip: ClipName, videos: Record<string, Video>, preset?: string): Promise<Record<string, Encoded>> {
  const outputs = Object.entries(videos).map(([name, video]) => output(name, video, preset))
  return (await encoder.encode(clip, outputs)).outputs
}

const area = (x: number, y: number, width: number, height: number) => ({ crop: { x, y, width, height } })
const frame = (fit: NonNullable<Video['fit']>, width: number, height: number): Video => ({ fit, width, height })

type Case = [how: string, video: Video, reference: string, size: [number, number]]

const SHAPES: Partial<Record<ClipName, Case[]>> = {
  'h264-aac': [
    ['crop', area(40, 20, 200, 100), 'crop=200:100:40:20', [200, 100]],
    ['odd crop', area(41, 21, 199, 99), 'crop=198:98:42:22', [198, 98]],
    ['pad', frame('pad', 320, 320), 'pad=320:320:0:70', [320, 320]],
    ['pad, larger', frame('pad', 640, 480), 'scale=640:360,pad=640:480:0:60', [640, 480]],
    ['fill', frame('fill', 180, 180), 'crop=180:180:70:0', [180, 180]],
    ['stretch', frame('stretch', 200, 200), 'scale=200:200', [200, 200]],
    ['rotate 90', { rotate: 90 }, 'transpose=clock', [180, 320]],
    ['rotate 180', { rotate: 180 }, 'hflip,vflip', [320, 180]],
    ['rotate 270', { rotate: 270 }, 'transpose=cclock', [180, 320]],
    ['flip', { flip: 'horizontal' }, 'hflip', [320, 180]],
    ['turn, then flip', { rotate: 90, flip: 'vertical' }, 'transpose=clock,vflip', [180, 320]],
    [
      'all of it',
      { ...area(0, 0, 160, 180), rotate: 90, flip: 'horizontal', ...frame('pad', 240, 240) },
      'crop=160:180:0:0,transpose=clock,hflip,scale=240:214,pad=240:240:0:12',
      [240, 240],
    ],
  ],
  'rotated-90': [['crop, turned by the input', area(10, 100, 100, 160), 'crop=100:160:10:100', [100, 160]]],
  anamorphic: [
    ['crop of wide pixels', area(100, 0, 400, 180), 'scale=640:180,setsar=1,crop=400:180:100:0', [400, 180]],
    ['fill of wide pixels', frame('fill', 180, 180), 'scale=640:180,setsar=1,crop=180:180:230:0', [180, 180]],
  ],
}

describe.each(Object.entries(SHAPES) as [ClipName, Case[]][])('the shape of %s', (clip, cases) => {
  it('is what plain ffmpeg makes of it', async () => {
    const made = await make(clip, Object.fromEntries(cases.map(([how, video]) => [how, video])))
    const source = await makeClip(clip)
    for (const [how, , reference, [width, height]] of cases) {
      expect(videoOf(made[how]!), how).toMatchObject({ width, height, displayWidth: width, displayHeight: height })
      expect(made[how]!.verified.duration, how).toBe(true)
      expect(await ssim(made[how]!.path, source, reference), how).toBeGreaterThan(0.95)
    }
  }, 60_000)
})

describe('a crop by detection', () => {
  it('keeps what lies between the bars, and goes on from there', async () => {
    const { outputs, groups } = await encoder.encode('letterbox', [
      output('inside', { crop: 'auto' }),
      output('filled', { crop: 'auto', ...frame('fill', 120, 120) }),
      output('turned', { crop: 'auto', rotate: 90, ...frame('pad', 180, 320) }, 'poster'),
    ])
    const passes = groups.flatMap((group) => group.passes)
    expect(passes.map(({ label }) => label)).toEqual(['measure', 'measure', 'picture', 'measure', 'encode'])
    expect(passes.reduce((sum, { plan }) => sum + plan.weight, 0)).toBeCloseTo(1)
    expect(videoOf(outputs.inside!)).toMatchObject({ width: 320, height: 120 })
    expect(videoOf(outputs.filled!)).toMatchObject({ width: 120, height: 120 })
    expect(videoOf(outputs.turned!)).toMatchObject({ width: 180, height: 320 })
    const source = await makeClip('letterbox')
    expect(await ssim(outputs.inside!.path, source, 'crop=320:120:0:30')).toBeGreaterThan(0.95)
    expect(await ssim(outputs.filled!.path, source, 'crop=120:120:100:30')).toBeGreaterThan(0.95)
    // 120x320 in the middle of 180x320.
    expect(Math.max(...(await pixelAt(outputs.turned!.path, 10, 160)))).toBeLessThan(4)
    expect(Math.max(...(await pixelAt(outputs.turned!.path, 90, 100)))).toBeGreaterThan(20)
  })

  it.each<[ClipName, number, number]>(
    some(
      [
        ['letterbox-90', 120, 320],
        ['h264-aac', 320, 180],
        ['black', 320, 180],
        ['odd', 320, 180],
      ],
      2,
    ),
  )('of %s is %dx%d', async (clip, width, height) => {
    expect(videoOf((await make(clip, { made: { crop: 'auto' } })).made!)).toMatchObject({ width, height })
  })
})

describe('a poster', () => {
  long('is cropped, turned and put into a frame whose bars are black', async () => {
    const { outputs } = await encoder.encode('h264-aac', [
      output('turned', { ...area(0, 0, 160, 90), rotate: 90 }, 'poster'),
      output('framed', frame('pad', 320, 320), 'poster'),
    ])
    expect(videoOf(outputs.turned!)).toMatchObject({ width: 90, height: 160 })
    expect(videoOf(outputs.framed!)).toMatchObject({ width: 320, height: 320 })
    expect(Math.max(...(await pixelAt(outputs.framed!.path, 10, 10)))).toBeLessThan(4)
  })

  it('has the colours of its video, though a JPEG has another matrix', async () => {
    const { outputs } = await encoder.encode('bt709', ['poster'])
    const spot = [1180, 60] as const
    const [shown, right] = [await pixelAt(outputs.poster!.path, ...spot), await referencePixel(...spot)]
    // Before 5 the filter that picks a frame takes another matrix on its way through RGB.
    const near = encoder.capabilities.major < 5 ? 24 : 8
    for (const [i, value] of shown.entries()) {
      expect(Math.abs(value - right[i]!), `${shown} for ${right}`).toBeLessThan(near)
    }
  })
})

describe('fields', () => {
  const fields = async (clip: ClipName, deinterlace: NonNullable<Video['deinterlace']>) =>
    (await make(clip, { made: { deinterlace } })).made!

  it('are taken apart where nothing tells of them, when that is asked for', async () => {
    const [always, auto] = [await fields('unmarked-fields', 'always'), await fields('unmarked-fields', 'auto')]
    const source = await makeClip('unmarked-fields')
    expect(await ssim(always.path, source, 'yadif=deint=all')).toBeGreaterThan(0.97)
    expect(await ssim(auto.path, source)).toBeGreaterThan(0.97)
    expect(await ssim(auto.path, source, 'yadif=deint=all')).toBeLessThan(0.97)
  })

  it.each([
    ['silent-fields', 'setfield=tff,yadif=deint=all', 'null'],
    ['silent-frames', 'null', 'setfield=tff,yadif=deint=all'],
  ] as const)('of %s are looked for, in a pass of its own', async (clip, right, wrong) => {
    const { outputs, groups } = await encoder.encode(clip, [output('made', { width: 720, height: 576 })])
    expect(groups[0]!.passes.map(({ label }) => label)).toEqual(['measure', 'encode'])
    const [{ path, frames }, source] = [outputs.made!, await makeClip(clip)]
    expect(frames).toBe(clip === 'silent-fields' ? 12 : 25)
    expect(await ssim(path, source, right)).toBeGreaterThan(await ssim(path, source, wrong))
    expect(await ssim(path, source, right)).toBeGreaterThan(0.97)
  })

  it('that are only said to be there stay whole frames, and are said to be so', async () => {
    const off = await fields('marked-progressive', 'off')
    expect(videoOf(off).interlaced).toBe(false)
    expect(off.frames).toBe(50)
    expect(await ssim(off.path, await makeClip('marked-progressive'))).toBeGreaterThan(0.98)
  })
})

long('noise is taken away, more of it where more is asked for', async () => {
  const levels = { none: {}, light: { denoise: 'light' }, medium: { denoise: 'medium' }, strong: { denoise: 'strong' } }
  const made = await make('noisy', levels as Record<string, Video>)
  const clean = await makeClip('h264-aac')
  const likeness = await Promise.all(Object.keys(levels).map((level) => ssim(made[level]!.path, clean)))
  expect(likeness).toEqual([...likeness].sort((a, b) => a - b))
  expect(likeness[3]! - likeness[0]!).toBeGreaterThan(0.05)
})

describe('a frame rate', () => {
  it.each<[ClipName, number, number]>([
    ['h264-aac', 50, 100],
    ['h264-aac', 12.5, 25],
    ['h264-aac', 29.97, 60],
    ['50-fps', 25, 50],
    ['vfr', 25, 81],
  ])('of %s becomes %d', async (clip, frameRate, frames) => {
    const { outputs, groups } = await encoder.encode(clip, [output('made', { frameRate, maxFrameRate: null })])
    const video = videoOf(outputs.made!)
    expect(groups[0]!.passes[0]!.plan.expectedFrames).toBe(frames)
    expect(Math.abs(video.frames! - frames)).toBeLessThanOrEqual(1)
    expect(video.constantFrameRate).toBe(true)
    expect(video.frameRate).toBeCloseTo(frameRate, 2)
    expect(outputs.made!.verified.duration).toBe(true)
  })
})

it('fills a gap of an hour where a rate is asked for, as it was said beforehand', async () => {
  const { outputs, groups } = await encoder.encode('gap', [output('made', { frameRate: 2, maxFrameRate: null })])
  expect(groups[0]!.passes[0]!.plan.expectedFrames).toBe(7202)
  expect(outputs.made!.frames).toBe(7202)
})

describe('colours', () => {
  const told = async ({ path, bytes }: Encoded) => {
    const { ffprobe: program } = encoder.capabilities
    const limits = { maxPixels: null }
    const options = { ffprobe: program!, format: null, bytes, mayBeInterlaced: false, limits, timeoutMs: 10_000 }
    const { probe } = await ffprobe(path, options as Parameters<typeof ffprobe>[1])
    return probe!.streams[0]!
  }
  const BT709 = { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709' }

  it.each(some(['h264-360p', 'hevc-1080p', 'vp9-720p'], 3))('are told on by %s', async (preset) => {
    const { outputs } = await encoder.encode('bt709', [output('made', { width: 320, height: 180 }, preset)])
    const expected = preset === 'vp9-720p' ? { matrix: 'bt709' } : BT709
    expect(await told(outputs.made!)).toMatchObject(expected)
  })

  long('that were taken for granted of a large picture are told of a small one', async () => {
    const { outputs } = await encoder.encode('untagged-hd', [output('made', {})])
    expect((await told(outputs.made!)).matrix).toBe('bt709')
    expect(await ssim(outputs.made!.path, await makeClip('untagged-hd'), 'scale=640:360')).toBeGreaterThan(0.98)
  })
})

describe('high dynamic range', () => {
  it('is kept with what it was graded on', async () => {
    const { outputs, probe } = await encoder.encode('hdr10', [
      output('hevc', { dynamicRange: 'keep' }, 'hevc-1080p'),
      output('cropped', { ...area(0, 0, 160, 90), dynamicRange: 'keep' }, 'hevc-1080p'),
    ])
    const { hdr } = probe.streams[0]!
    expect(hdr).toMatchObject({ contentLight: { max: 1000, average: 400 }, masteringDisplay: { maxLuminance: 1000 } })
    for (const made of Object.values(outputs)) {
      const video = videoOf(made)
      expect(video).toMatchObject({ transfer: 'smpte2084', primaries: 'bt2020', pixelFormat: 'yuv420p10le' })
      expect(video.hdr!.masteringDisplay).toEqual(hdr!.masteringDisplay)
      expect(video.hdr!.contentLight).toEqual(hdr!.contentLight)
      expect(made.warnings).toEqual([])
    }
  })

  long('is kept in AV1, or it is told what is not', async () => {
    const { outputs } = await encoder.encode('hdr10', [output('av1', {}, 'av1-1080p')])
    const { transfer, hdr } = videoOf(outputs.av1!)
    expect(transfer).toBe('smpte2084')
    const isTold = outputs.av1!.warnings.some(({ code }) => code === 'HDR_METADATA_LEFT_OUT')
    expect(isTold).toBe(!hdr?.masteringDisplay)
  })

  it('becomes standard range, and says so, where that is asked for and can be', async () => {
    if (!encoder.capabilities.filters.has('zscale')) {
      const asked = encoder.encode('hdr10', [output('sdr', { dynamicRange: 'standard' }, 'hevc-1080p')])
      return expect(asked).rejects.toMatchObject({ code: 'FILTER_NOT_AVAILABLE' })
    }
    const { outputs, groups } = await encoder.encode('hdr10', [
      output('sdr', { dynamicRange: 'standard' }, 'hevc-1080p'),
    ])
    expect(videoOf(outputs.sdr!)).toMatchObject({ transfer: 'bt709', matrix: 'bt709' })
    expect(videoOf(outputs.sdr!).hdr).toBeUndefined()
    expect(groups[0]!.outputs[0]!.warnings.map(({ code }) => code)).toEqual(['TONE_MAPPED'])
  })
})

/** The same pixel as a viewer shows it of the video: there the picture does not move. */
async function referencePixel(x: number, y: number): Promise<number[]> {
  return pixelAt(await makeClip('bt709'), x, y)
}
