/** Inputs that are joined or changed on their way, against what plain ffmpeg and ffprobe see in real outputs. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type ClipName, makeClip } from '../../fixtures/media/recipes.js'
import type { NormalizedInput } from '../../src/contract/index.js'
import type { Clip, PresetOutput } from '../../src/plan/index.js'
import { useEncoder } from '../helpers/encode.js'
import { aFolder } from '../helpers/folder.js'
import { long, some } from '../helpers/long.js'

const encoder = useEncoder()

type Played = Partial<Omit<NormalizedInput, 'uri' | 'soundtrack'>> & { soundtrack?: ClipName }

async function clipsOf(inputs: [ClipName, Played?][]): Promise<Clip[]> {
  const file = async (name: ClipName) => {
    const inputPath = await makeClip(name)
    return { inputPath, probe: await encoder.prober.probe(inputPath) }
  }
  const clips: Clip[] = []
  for (const [name, { soundtrack, ...played } = {}] of inputs) {
    const sound = soundtrack === undefined ? {} : { soundtrack: await file(soundtrack) }
    clips.push({ startMs: null, endMs: null, expectedDurationMs: null, ...played, ...(await file(name)), ...sound })
  }
  return clips
}

async function play(inputs: [ClipName, Played?][], ...outputs: (string | PresetOutput)[]) {
  const clips = await clipsOf(inputs)
  return encoder.encode(inputs[0]![0], outputs, { clips })
}

const plan = async (inputs: [ClipName, Played?][], ...outputs: string[]) => {
  const clips = await clipsOf(inputs)
  return encoder.encode(inputs[0]![0], outputs, { clips })
}

/** Lengths of the streams in seconds, and the size. */
function facts(path: string) {
  const args = ['-v', 'error', '-of', 'json', '-show_streams', '-show_format', '-count_frames', path]
  const { streams } = JSON.parse(execFileSync('ffprobe', args, { encoding: 'utf8' })) as {
    streams: Record<string, string>[]
  }
  const of = (type: string) => streams.find(({ codec_type }) => codec_type === type)
  const [video, audio] = [of('video'), of('audio')]
  return {
    size: video && `${video.width}x${video.height}`,
    frames: video && Number(video.nb_read_frames),
    videoS: video && Number(Number(video.duration).toFixed(1)),
    audioS: audio && Number(Number(audio.duration).toFixed(1)),
    sound: audio && `${audio.sample_rate} ${audio.channels}`,
  }
}

/** The mean light of the picture at a time, 0 to 255. */
function lightAt(path: string, timeS: number): number {
  const args = [
    '-v',
    'error',
    '-ss',
    `${timeS}`,
    '-i',
    path,
    '-frames:v',
    '1',
    '-vf',
    'scale=1:1',
    '-pix_fmt',
    'gray',
    '-f',
    'rawvideo',
    '-',
  ]
  return execFileSync('ffmpeg', args)[0]!
}

/** The mean volume from a time on for a length, in dB. */
function volumeOf(path: string, fromS: number, lengthS: number): number {
  const args = [
    '-hide_banner',
    '-ss',
    `${fromS}`,
    '-t',
    `${lengthS}`,
    '-i',
    path,
    '-af',
    'volumedetect',
    '-vn',
    '-f',
    'null',
    '-',
  ]
  const said = execFileSync('sh', ['-c', 'ffmpeg "$@" 2>&1', 'sh', ...args], { encoding: 'utf8' })
  return Number(/mean_volume: (\S+) dB/.exec(said)?.[1])
}

/** How alike a picture of one file at a time is to one of another, 1 is the same. */
function likeness(one: [string, number], other: [string, number], size = '320:180'): number {
  const inputs = [one, other].flatMap(([path, timeS]) => ['-ss', `${timeS}`, '-i', path])
  const graph = `[0:v]scale=${size},format=yuv420p,trim=end_frame=1[a];[1:v]scale=${size},format=yuv420p,trim=end_frame=1[b];[a][b]ssim`
  const args = ['-hide_banner', ...inputs, '-filter_complex', graph, '-f', 'null', '-']
  const said = execFileSync('sh', ['-c', 'ffmpeg "$@" 2>&1', 'sh', ...args], { encoding: 'utf8' })
  return Number(/All:(\S+)/.exec(said)?.[1])
}

describe('joined', () => {
  test('films of other sizes, rates and sounds come into the frame of the first, each as it was', async () => {
    const { outputs, groups } = await play([['h264-aac'], ['50-fps'], ['portrait']], 'h264-720p')
    const { path, verified, warnings, frames } = outputs['h264-720p']!
    expect(facts(path)).toMatchObject({ size: '320x180', frames: 50 + 100 + 50, videoS: 6 })
    expect(facts(path).audioS).toBeGreaterThan(5.9)
    expect(verified).toMatchObject({ duration: true })
    expect(warnings).toEqual([])
    const { expectedUs, expectedFrames } = groups[0]!.passes[0]!.plan
    expect(expectedUs! / 1e6).toBeCloseTo(6, 1)
    // The preset bounds the rate, and the rates differ.
    expect([expectedFrames, frames]).toEqual([null, 200])
    expect(likeness([path, 0.5], [await makeClip('h264-aac'), 0.5])).toBeGreaterThan(0.88)
    expect(likeness([path, 2.5], [await makeClip('50-fps'), 0.5])).toBeGreaterThan(0.9)
  })
  test('where one has no sound, there is silence', async () => {
    const { outputs } = await play([['video-only'], ['h264-aac']], 'h264-720p')
    const { path } = outputs['h264-720p']!
    expect(volumeOf(path, 0.2, 1.5)).toBeLessThan(-80)
    expect(volumeOf(path, 2.2, 1.5)).toBeGreaterThan(-30)
  })
  long('ranges of one file, in any order', async () => {
    const { outputs } = await play(
      [
        ['h264-aac-6s', { startMs: 4_000, endMs: 5_000 }],
        ['h264-aac-6s', { startMs: 1_000, endMs: 2_500 }],
      ],
      'h264-720p',
      'poster',
      'mp3-192k',
    )
    const { path } = outputs['h264-720p']!
    expect(facts(path)).toMatchObject({ videoS: 2.5 })
    const source = await makeClip('h264-aac-6s')
    expect(likeness([path, 0.2], [source, 4.2])).toBeGreaterThan(0.9)
    expect(likeness([path, 1.52], [source, 1.52])).toBeGreaterThan(0.9)
    expect(facts(outputs['mp3-192k']!.path).audioS).toBeCloseTo(2.5, 1)
    expect(facts(outputs.poster!.path).size).toBe('320x180')
  })
  test.each<[ClipName, ClipName]>(
    some(
      [
        ['h264-aac-ts', 'mpeg4-mp3-avi'],
        ['mpeg2-raw', 'vp8-opus-webm'],
        ['rotated-90', 'anamorphic'],
        ['interlaced', 'vfr'],
        ['hdr10', 'bt709'],
        ['untagged-hd', 'h264-aac'],
      ],
      3,
    ),
  )('%s and %s', async (one, other) => {
    const { outputs, groups } = await play([[one], [other, { startMs: 500 }]], 'h264-720p')
    expect(outputs['h264-720p']!.verified).toMatchObject({ duration: true })
    expect(groups[0]!.passes[0]!.plan.expectedUs).not.toBeNull()
  })
  long('two of high dynamic range stay so', async () => {
    const { outputs } = await play([['hdr10'], ['hdr10', { endMs: 300 }]], 'hevc-1080p')
    const { probe } = outputs['hevc-1080p']!
    expect(probe.streams[0]).toMatchObject({ transfer: 'smpte2084', pixelFormat: 'yuv420p10le' })
  })
  test('makes every other kind of output', async () => {
    const inputs: [ClipName, Played?][] = [
      ['h264-aac', { endMs: 400 }],
      ['png', { durationMs: 600 }],
    ]
    const kinds = [
      'gif',
      'webp',
      'prores',
      'frames',
      'contact-sheet',
      'poster',
      'thumbnails',
      'waveform',
      'peaks',
    ] as const
    const { outputs } = await play(inputs, ...kinds)
    expect(Object.keys(outputs).sort()).toEqual([...kinds].sort())
    expect(facts(outputs.prores!.path)).toMatchObject({ size: '320x180', videoS: 1 })
    expect(outputs.gif!.verified).toMatchObject({ duration: true })
  })
  test('sounds alone', async () => {
    const { outputs } = await play([['mp3'], ['wav'], ['opus-ogg', { endMs: 500 }]], 'mp3-192k')
    expect(facts(outputs['mp3-192k']!.path).audioS).toBeCloseTo(4.5, 0)
  })
  long('measured and in two passes as any other', async () => {
    const clips = await clipsOf([['letterbox'], ['letterbox']])
    const { anOutput } = await import('../helpers/encode.js')
    const output = anOutput('h264-720p', (recipe) => {
      recipe.video!.crop = 'auto'
      recipe.video!.crf = null
      recipe.video!.bitrate = 200_000
      recipe.video!.passes = 2
    })
    const { groups, outputs } = await encoder.encode('letterbox', [output], { clips })
    expect(groups[0]!.passes.map(({ plan: { label } }) => label)).toEqual(['measure', 'analyse', 'encode'])
    const { outputs: alone } = await encoder.encode('letterbox', [output])
    expect(facts(outputs['h264-720p']!.path).size).toBe(facts(alone['h264-720p']!.path).size)
  })
})

/** Four seconds of two films over one another for half a second, by plain ffmpeg. */
async function fadedByHand(one: ClipName, other: ClipName, offsetS: number): Promise<string> {
  const path = join(await aFolder(), 'by-hand.mkv')
  const [first, second] = [await makeClip(one), await makeClip(other)]
  const graph = `[0:v]fps=25,settb=AVTB,format=yuv420p[a];[1:v]fps=25,scale=320:180,settb=AVTB,format=yuv420p[b];[a][b]xfade=duration=0.5:offset=${offsetS}`
  const args = ['-v', 'error', '-i', first, '-i', second, '-filter_complex', graph, '-c:v', 'ffv1', path]
  execFileSync('ffmpeg', args)
  return path
}

describe('cross-faded', () => {
  test('two films go over into one another, picture and sound, for as long as was said', async () => {
    const { outputs, groups } = await play([['h264-aac'], ['h264-aac-6s', { crossfadeMs: 500 }]], 'h264-720p', 'poster')
    const { path, verified, warnings, frames } = outputs['h264-720p']!
    expect(warnings).toEqual([])
    expect(verified).toMatchObject({ duration: true })
    const { expectedUs, expectedFrames } = groups.at(-1)!.passes[0]!.plan
    expect(facts(path).frames).toBe(expectedFrames)
    expect(facts(path).videoS).toBeCloseTo(expectedUs! / 1e6, 1)
    expect(frames).toBe(expectedFrames)
    expect(expectedUs! / 1e6).toBeCloseTo(2 + 6 - 0.5, 1)
    const byHand = await fadedByHand('h264-aac', 'h264-aac-6s', expectedUs! / 1e6 - 6)
    for (const timeS of [0.5, 1.6, 1.72, 1.84, 3]) {
      expect(likeness([path, timeS], [byHand, timeS]), `${timeS}`).toBeGreaterThan(0.88)
    }
    expect(Math.abs(volumeOf(path, 1.7, 0.1) - volumeOf(path, 1, 0.1))).toBeLessThan(6)
  })
  long('stills, repeats, speeds, other rates and silence', async () => {
    const { outputs, groups } = await play(
      [
        ['png', { durationMs: 1_010 }],
        ['50-fps', { crossfadeMs: 300, speed: 2, endMs: 1_500 }],
        ['h264-aac', { loop: 2, endMs: 700 }],
        ['video-only', { crossfadeMs: 200 }],
        ['vfr', { crossfadeMs: 400, endMs: 1_000, fadeOutMs: 200 }],
      ],
      'h264-720p',
    )
    const { path, verified, warnings } = outputs['h264-720p']!
    expect(warnings).toEqual([])
    expect(verified).toMatchObject({ duration: true })
    const lastsS = 1.01 + 0.75 + 1.4 + 2 + 1 - 0.3 - 0.2 - 0.4
    expect(groups[0]!.passes[0]!.plan.expectedUs! / 1e6).toBeCloseTo(lastsS, 1)
    expect(groups[0]!.passes[0]!.plan.expectedFrames).toBe(facts(path).frames)
    expect(facts(path).videoS).toBeCloseTo(lastsS, 1)
    expect(facts(path).audioS).toBeCloseTo(lastsS, 1)
  })
  test('sounds alone', async () => {
    const { outputs } = await play([['mp3'], ['wav', { crossfadeMs: 1_000 }]], 'mp3-192k')
    expect(outputs['mp3-192k']!.verified).toMatchObject({ duration: true })
    expect(facts(outputs['mp3-192k']!.path).audioS).toBeCloseTo(3, 0)
  })
})

describe('changed', () => {
  test.each(some([0.5, 2, 4], 3))('played at speed %s, picture and sound together', async (speed) => {
    const { outputs, groups } = await play([['h264-aac', { speed }]], 'h264-720p', 'mp3-192k', 'thumbnails')
    const { path, verified, warnings } = outputs['h264-720p']!
    expect(warnings).toEqual([])
    expect(verified).toMatchObject({ duration: true })
    // The preset shows no more than 60 a second.
    expect(facts(path)).toMatchObject({ frames: speed === 4 ? 30 : 50, videoS: 2 / speed })
    expect(facts(path).audioS).toBeCloseTo(2 / speed, 0)
    expect(groups.at(-1)!.passes[0]!.plan.expectedUs! / 1e6).toBeCloseTo(2 / speed, 1)
  })
  test.each(some([0.5, 2], 2))('frames that do not last equally long, at speed %s', async (speed) => {
    const { outputs } = await play([['vfr', { speed }]], 'h264-720p')
    const { frames } = facts(await makeClip('vfr'))
    const lost = speed > 1 && encoder.capabilities.major < 5 ? 1 : 0
    expect(facts(outputs['h264-720p']!.path).frames).toBe(frames! - lost)
  })
  test('repeated', async () => {
    const { outputs } = await play([['h264-aac', { loop: 3 }]], 'h264-720p')
    expect(facts(outputs['h264-720p']!.path)).toMatchObject({ frames: 150, videoS: 6 })
  })
  test('faded in and out', async () => {
    const { outputs } = await play([['h264-aac', { fadeInMs: 500, fadeOutMs: 500 }]], 'h264-720p')
    const { path } = outputs['h264-720p']!
    expect(lightAt(path, 0)).toBeLessThan(25)
    expect(lightAt(path, 1)).toBeGreaterThan(60)
    expect(lightAt(path, 1.92)).toBeLessThan(40)
    expect(volumeOf(path, 0, 0.05)).toBeLessThan(volumeOf(path, 0.9, 0.2) - 15)
    expect(volumeOf(path, 1.9, 0.1)).toBeLessThan(volumeOf(path, 0.9, 0.2) - 10)
  })
  test('a still picture lasts as long as is said, or as its soundtrack', async () => {
    const { outputs } = await play(
      [
        ['png', { durationMs: 1_500 }],
        ['jpeg', { soundtrack: 'mp3' }],
      ],
      'h264-720p',
    )
    const { path, verified } = outputs['h264-720p']!
    expect(verified).toMatchObject({ duration: true })
    expect(facts(path).videoS).toBeCloseTo(1.5 + 2.1, 1)
    expect(volumeOf(path, 0.1, 1.2)).toBeLessThan(-80)
    expect(volumeOf(path, 1.8, 1)).toBeGreaterThan(-40)
  })
  test('a soundtrack that is shorter is followed by silence', async () => {
    const { outputs } = await play([['h264-aac-6s', { soundtrack: 'mp3' }]], 'h264-360p')
    const { path, warnings } = outputs['h264-360p']!
    expect(warnings).toEqual([])
    expect(facts(path)).toMatchObject({ videoS: 6 })
    expect(facts(path).audioS).toBeCloseTo(6, 0)
    expect(volumeOf(path, 3, 2)).toBeLessThan(-80)
  })
  test('a soundtrack takes the place of the sound, and ends with the picture', async () => {
    const { outputs } = await play([['video-only', { startMs: 1_000, soundtrack: 'wav' }]], 'h264-720p')
    expect(facts(outputs['h264-720p']!.path)).toMatchObject({ videoS: 1, audioS: 1 })
  })
})

describe('is refused', () => {
  test.each<[string, [ClipName, Played?][], RegExp]>([
    [
      'a still picture that is faster',
      [['png', { durationMs: 500, speed: 2 }]],
      /^The input is a still picture, so speed/,
    ],
    ['a soundtrack for a sound', [['mp3', { soundtrack: 'wav' }]], /^The input has a soundtrack, and no video/],
    ['what has nothing in common', [['video-only'], ['mp3']], /^Input 2 has no video and input 1 no audio/],
    ['a still picture of no length', [['h264-aac'], ['png']], /^Input 2 is a still picture/],
    ['a length for a film', [['h264-aac', { durationMs: 500 }]], /^The input is no still picture/],
    [
      'a soundtrack without sound',
      [['h264-aac', { soundtrack: 'video-only' }]],
      /^The soundtrack of the input has no audio/,
    ],
    [
      'a range past the end',
      [['h264-aac'], ['h264-aac', { startMs: 9_000 }]],
      /^Input 2: startMs 9000 is past the end/,
    ],
    [
      'a cross-fade that is longer',
      [['h264-aac'], ['h264-aac', { crossfadeMs: 3_000 }]],
      /^Input 1 is 2\d\d\d ms long, and its cross-fades last 3000 ms/,
    ],
    ['fades that are longer', [['h264-aac', { fadeInMs: 1_500, fadeOutMs: 1_500 }]], /^The input is 2\d\d\d ms long/],
  ])('%s', async (_, inputs, message) => {
    await expect(plan(inputs, 'h264-720p')).rejects.toThrow(message)
  })
})
