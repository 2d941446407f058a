import { describe, expect, it } from 'vitest'
import type { Preset, ProbeStream } from '../../../src/contract/index.js'
import { anOutput, aProbe, aVideo, codeOf, NEW_FFMPEG, option, plan } from './inputs.js'

type Video = NonNullable<Preset['video']>
type Capabilities = typeof NEW_FFMPEG

const pass = (change: Partial<Video>, stream: Partial<ProbeStream> = {}, name = 'h264-720p', more = {}) =>
  plan(
    aProbe([aVideo({ matrix: 'bt709', ...stream })]),
    [anOutput(name, ({ video }) => Object.assign(video!, change))],
    more,
  )[0]!
const filters = (change: Partial<Video>, stream: Partial<ProbeStream> = {}, name = 'h264-720p', more = {}) =>
  option(pass(change, stream, name, more).passes[0]!.args, '-vf')!
const detail = (call: () => unknown): string => {
  try {
    call()
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing thrown'
}
const capable = (...names: string[]): { capabilities: Capabilities } => ({
  capabilities: { ...NEW_FFMPEG, filters: new Set([...NEW_FFMPEG.filters, ...names]) },
})

const PAL = { width: 720, height: 576, displayWidth: 1024, displayHeight: 576 }
const UPRIGHT = { rotation: 90, displayWidth: 1080, displayHeight: 1920 }

describe('crop', () => {
  const crop = (x: number, y: number, width: number, height: number) => ({ crop: { x, y, width, height } })

  it.each<[string, Partial<Video>, Partial<ProbeStream>, string]>([
    [
      'is scaled as any picture',
      crop(0, 140, 1920, 800),
      {},
      "crop='min(1920,iw)':'min(800,ih)':0:140,scale=1280:534,",
    ],
    ['moves odd edges inwards', crop(1, 1, 641, 361), {}, "crop='min(640,iw)':'min(360,ih)':2:2,scale=640:360,"],
    [
      'counts from the picture as it is shown',
      crop(0, 0, 512, 576),
      PAL,
      "crop='min(360,iw)':'min(576,ih)':0:0,scale=512:576,",
    ],
    [
      'counts after the turn of the input',
      crop(0, 0, 1080, 1080),
      UPRIGHT,
      "crop='min(1080,iw)':'min(1080,ih)':0:0,scale=720:720,",
    ],
    ['of all is none', crop(0, 0, 1920, 1080), {}, 'scale=1280:720,'],
  ])('%s', (_, change, stream, expected) =>
    expect(filters(change, stream)).toMatch(new RegExp(`^${literal(expected)}`)),
  )

  it.each([crop(0, 0, 1922, 1080), crop(1, 0, 1920, 1080), crop(0, 600, 100, 481), crop(9_000, 0, 16, 16)])(
    'is told where it leaves the picture: %j',
    (change) => {
      expect(codeOf(() => filters(change))).toBe('CROP_OUTSIDE_PICTURE')
      expect(detail(() => filters(change))).toMatch(
        /^The picture has 1920x1080 pixels as it is shown; `crop` asks for \d/,
      )
    },
  )
})

describe('a crop by detection', () => {
  const detected = (change: Partial<Video>, text: string, stream: Partial<ProbeStream> = {}) => {
    const { passes, outputs } = pass({ crop: 'auto', ...change }, stream, 'h264-720p', capable('cropdetect'))
    const values = passes.at(-1)!.measured!.map(({ token, value }) => [token, value([text])] as const)
    const shown = option(passes.at(-1)!.args, '-vf')!
    const filled = values.reduce((args, [token, value]) => args.replace(token, value), shown)
    return { shown, filled, measure: option(passes[0]!.args, '-vf')!, size: outputs[0]!.expected.picture!.size }
  }
  const found = (x: number, y: number, w: number, h: number) =>
    Object.entries({ w, h, x, y })
      .map(([name, value]) => `lavfi.cropdetect.${name}=${value}\n`)
      .join('')

  it('has a place in the arguments until it is known', () => {
    const { shown, filled, measure, size } = detected({}, found(0, 140, 1920, 800))
    expect(shown).toBe('<crop of out-0.mp4>,<scale of out-0.mp4>,format=yuv420p')
    expect(filled).toBe("crop='min(1920,iw)':'min(800,ih)':0:140,scale=1280:534,setsar=1,format=yuv420p")
    expect(measure).toMatch(/^select=.*,cropdetect=round=2:reset=0:skip=0,metadata=mode=print:file=bars-\w+\.txt$/)
    expect(size).toBeNull()
  })

  it('fills a frame whose size is known', () => {
    const { filled, size } = detected({ fit: 'pad', width: 640, height: 640 }, found(0, 0, 1440, 1080))
    expect(filled).toMatch(/scale=640:480,setsar=1,pad=640:640:0:80,/)
    expect(size).toEqual({ width: 640, height: 640 })
  })

  it.each([
    ['nothing was read', ''],
    ['all is black', found(1920, 1080, -1918, -1078)],
    ['a few letters stand in the dark', found(900, 500, 100, 20)],
    ['there are no bars', found(0, 0, 1920, 1080)],
  ])('keeps all where %s', (_, text) => {
    expect(detected({}, text).filled).toBe('null,scale=1280:720,setsar=1,format=yuv420p')
  })

  it('is refused where the build lacks the filter', () => {
    expect(codeOf(() => filters({ crop: 'auto' }))).toBe('FILTER_NOT_AVAILABLE')
  })
})

describe('fit', () => {
  const into = (how: NonNullable<Video['fit']>, width: number, height: number) => ({ fit: how, width, height })

  it.each<[string, Partial<Video>, Partial<ProbeStream>, string]>([
    ['pad', into('pad', 1280, 1280), {}, 'scale=1280:720,setsar=1,pad=1280:1280:0:280,format=yuv420p'],
    ['pad of a portrait', into('pad', 1280, 720), UPRIGHT, 'scale=406:720,setsar=1,pad=1280:720:436:0,format=yuv420p'],
    ['pad of a smaller one', into('pad', 3840, 2160), {}, 'scale=3840:2160,setsar=1,format=yuv420p'],
    [
      'fill',
      into('fill', 720, 720),
      {},
      "crop='min(1080,iw)':'min(1080,ih)':420:0,scale=720:720,setsar=1,format=yuv420p",
    ],
    [
      'fill of wide pixels',
      into('fill', 576, 576),
      PAL,
      "crop='min(404,iw)':'min(576,ih)':158:0,scale=576:576,setsar=1,format=yuv420p",
    ],
    ['fill of the same shape', into('fill', 640, 360), {}, 'scale=640:360,setsar=1,format=yuv420p'],
    ['stretch', into('stretch', 400, 400), {}, 'scale=400:400,setsar=1,format=yuv420p'],
    ['inside', into('inside', 4_000, 4_000), {}, 'scale=1920:1080,setsar=1,format=yuv420p'],
  ])('%s', (_, change, stream, expected) => expect(filters(change, stream)).toBe(expected))

  it('puts bars around what was cropped and turned', () => {
    const change = { crop: { x: 0, y: 0, width: 960, height: 1080 }, rotate: 90, ...into('pad', 1000, 1000) } as const
    expect(filters(change)).toBe(
      "crop='min(960,iw)':'min(1080,ih)':0:0,transpose=clock,scale=1000:888,setsar=1,pad=1000:1000:0:56,format=yuv420p",
    )
    const { picture } = pass(change).outputs[0]!.expected
    expect(picture).toMatchObject({ size: { width: 1000, height: 1000 } })
  })

  it('fills the shape that a turn makes of it', () => {
    expect(filters({ rotate: 270, ...into('fill', 360, 640) })).toBe(
      'transpose=cclock,scale=360:640,setsar=1,format=yuv420p',
    )
  })

  it('makes the bars of a JPEG black before its range is widened', () => {
    expect(filters(into('pad', 720, 720), { matrix: 'bt709' }, 'poster')).toBe(
      'scale=720:406:in_color_matrix=bt709:out_color_matrix=bt601,setsar=1,format=yuv444p,pad=720:720:0:156,scale=out_range=full,format=yuv420p,thumbnail=24',
    )
  })
})

describe('fields, noise and rates', () => {
  const interlaced = { interlaced: true, pixelFormat: 'yuv420p' }

  it.each<[string, Partial<Video>, Partial<ProbeStream>, string]>([
    ['auto', { deinterlace: 'auto' }, interlaced, 'yadif=deint=interlaced,scale'],
    ['auto of frames', { deinterlace: 'auto' }, {}, 'scale'],
    ['off', { deinterlace: 'off' }, interlaced, 'setfield=prog,scale'],
    ['off of frames', { deinterlace: 'off' }, {}, 'scale'],
    ['always', { deinterlace: 'always' }, { pixelFormat: 'yuv420p' }, 'yadif=deint=all,scale'],
    [
      'always 4:2:2',
      { deinterlace: 'always' },
      { pixelFormat: 'yuv422p' },
      'scale=interl=1,format=yuv420p,yadif=deint=all,scale',
    ],
  ])('deinterlace %s', (_, change, stream, expected) =>
    expect(filters(change, stream)).toMatch(new RegExp(`^${literal(expected)}=1280`)),
  )

  it('denoises what is left of a crop, where the build has the filter', () => {
    const change = { denoise: 'medium', crop: { x: 0, y: 0, width: 960, height: 540 } } as const
    expect(filters(change, {}, 'h264-720p', capable('hqdn3d'))).toMatch(/:0:0,hqdn3d=3:2:2:3,scale=960:540/)
    expect(codeOf(() => filters(change))).toBe('FILTER_NOT_AVAILABLE')
  })

  it.each([
    [25, 'fps=25', 250],
    [29.97, 'fps=30000/1001', 300],
    [23.976, 'fps=24000/1001', 240],
    [12.5, 'fps=12.5', 125],
  ])('brings frames to %d a second, last of all', (frameRate, filter, frames) => {
    const change = { frameRate, maxFrameRate: null }
    const held = { lastFrameUs: 3_000_000, constantFrameRate: false, frames: 100 }
    expect(filters(change, held)).toMatch(new RegExp(`,tpad=.*,PTS\\)',${filter}$`))
    const { outputs, passes } = pass(change, held)
    expect(passes[0]!.plan.expectedFrames).toBe(frames)
    expect(outputs[0]!.expected.parts!.video!.frames).toBe(frames)
    expect(outputs[0]!.expected.picture!.frameRate).toBeCloseTo(frameRate, 2)
  })
})

describe('colours', () => {
  const tags = (args: string[]) => ['-color_primaries', '-color_trc', '-colorspace'].map((name) => option(args, name))
  const HD = { width: 1920, height: 1080, matrix: null }
  const SD = { width: 720, height: 480, matrix: null }

  it.each<[string, Partial<ProbeStream>, (string | undefined)[], string]>([
    [
      'what the input says',
      { ...HD, primaries: 'bt709', transfer: 'bt709', matrix: 'bt709' },
      ['bt709', 'bt709', 'bt709'],
      '640:360',
    ],
    [
      'PAL',
      { ...SD, primaries: 'bt470bg', transfer: 'bt470bg', matrix: 'bt470bg' },
      ['bt470bg', 'gamma28', 'bt470bg'],
      '540:360',
    ],
    ['nothing', SD, [undefined, undefined, undefined], '540:360'],
    [
      'what is taken for granted of its size',
      HD,
      [undefined, undefined, 'bt709'],
      '640:360:in_color_matrix=bt709:out_color_matrix=bt709',
    ],
    [
      'red, green and blue',
      { ...SD, pixelFormat: 'gbrp' },
      ['bt709', 'bt709', 'bt709'],
      '540:360:out_color_matrix=bt709',
    ],
    ['full range', { ...SD, range: 'pc' }, [undefined, undefined, undefined], '540:360:out_range=tv'],
    [
      'a name that no option has',
      { ...SD, primaries: 'ebu3213', matrix: 'ycgco' },
      [undefined, undefined, undefined],
      '540:360',
    ],
  ])('of standard range: %s', (_, stream, expected, scale) => {
    const { args } = pass(
      { width: 640, height: 360 },
      { displayWidth: stream.width!, displayHeight: stream.height!, ...stream },
    ).passes[0]!
    expect(tags(args)).toEqual(expected)
    expect(option(args, '-vf')).toBe(`scale=${scale},setsar=1,format=yuv420p`)
  })

  it('of a JPEG are those that its readers take for granted', () => {
    expect(filters({}, HD, 'poster')).toMatch(
      /^scale=1280:720:in_color_matrix=bt709:out_color_matrix=bt601,setsar=1,format=yuv444p,scale=out_range=full,format=yuv420p,/,
    )
    expect(filters({}, { ...SD, displayWidth: 720, displayHeight: 480 }, 'poster')).toMatch(
      /^scale=720:480:out_range=full,/,
    )
  })
})

describe('dynamic range', () => {
  const display = {
    red: [0.68, 0.32],
    green: [0.265, 0.69],
    blue: [0.15, 0.06],
    white: [0.3127, 0.329],
    minLuminance: 0.0001,
    maxLuminance: 1000,
  } satisfies NonNullable<ProbeStream['hdr']>['masteringDisplay']
  const hdr = { masteringDisplay: display, contentLight: { max: 1000, average: 400 }, dolbyVision: null }
  const pq = { transfer: 'smpte2084', primaries: 'bt2020', matrix: 'bt2020nc', pixelFormat: 'yuv420p10le', hdr }

  it('is kept with what it was graded on, in the units of each encoder', () => {
    const x265 = pass({ dynamicRange: 'keep' }, pq, 'hevc-1080p')
    expect(option(x265.passes[0]!.args, '-x265-params')).toBe(
      'log-level=error:master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1):max-cll=1000,400',
    )
    expect(x265.outputs[0]!.expected.picture).toMatchObject({ transfer: 'smpte2084', masteringDisplay: true })
    expect(option(pass({}, pq, 'av1-1080p').passes[0]!.args, '-svtav1-params')).toBe(
      'mastering-display=G(0.26500,0.69000)B(0.15000,0.06000)R(0.68000,0.32000)WP(0.31270,0.32900)L(1000.0000,0.0001):content-light=1000,400',
    )
  })

  it('becomes standard where that is asked for, and says why where it can not', () => {
    const made = pass({ dynamicRange: 'standard' }, pq, 'hevc-1080p')
    expect(option(made.passes[0]!.args, '-vf')).toMatch(/tonemap.*format=yuv420p$/)
    expect(option(made.passes[0]!.args, '-x265-params')).toBe('log-level=error')
    expect(made.outputs[0]!.expected.picture).toMatchObject({ transfer: 'bt709', masteringDisplay: false })
    const bare = { capabilities: { ...NEW_FFMPEG, filters: new Set<string>() } }
    expect(codeOf(() => filters({ dynamicRange: 'standard' }, pq, 'hevc-1080p', bare))).toBe('FILTER_NOT_AVAILABLE')
  })

  it('of Dolby Vision keeps what other decoders can show, and is refused where there is nothing', () => {
    const dolby = (profile: number, compatibility: number) => ({
      ...pq,
      hdr: { ...hdr, dolbyVision: { profile, compatibility } },
    })
    const [warning] = pass({}, dolby(8, 1), 'hevc-1080p').outputs[0]!.warnings
    expect(warning).toMatchObject({ code: 'HDR_METADATA_LEFT_OUT', detail: expect.stringContaining('Dolby Vision') })
    expect(codeOf(() => filters({}, dolby(5, 0), 'hevc-1080p'))).toBe('CODEC_NOT_ALLOWED')
  })
})

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
