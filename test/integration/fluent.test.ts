/** What fluent-ffmpeg's README documents, section by section, run by fluent-ffmpeg here and on the fleet: the same comes out. */
import { execFile, execFileSync } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { promisify } from 'node:util'
import ffmpeg, { type FfmpegCommand } from 'fluent-ffmpeg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeClip } from '../../fixtures/media/recipes.js'
import { type FleetOptions, type FluentProgress, onFleet } from '../../src/fluent/index.js'
import { LOCK_MS, PACED } from '../helpers/fleet-stack.js'
import { aFolder } from '../helpers/folder.js'
import { some } from '../helpers/long.js'
import { type Stack, startStack } from '../helpers/stack.js'

let stack: Stack
let here: string
const input = (name = 'in.mp4') => join(stack.mediaRoot, name)

beforeAll(async () => {
  const env = { FFLEET_ARGUMENTS: 'on', FFLEET_STATS_PERIOD_MS: '100', FFLEET_LOCK_DURATION_MS: String(LOCK_MS) }
  stack = await startStack({ env: { ...env, FFLEET_SLOTS: '2' } })
  here = await mkdtemp(join(tmpdir(), 'ffleet-fluent-'))
  await copyFile(await makeClip('h264-aac'), input())
  await copyFile(await makeClip('h264-aac-6s'), input('long.mp4'))
  await copyFile(await makeClip('audio-only'), input('sound.m4a'))
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'color=red:s=32x32', '-frames:v', '1', input('logo.png')])
}, 300_000)
afterAll(async () => {
  await stack?.stop()
  if (here) await rm(here, { recursive: true, force: true })
})

/** How a command ends: the arguments of `end`, or of `error`. */
function ended(command: FfmpegCommand): Promise<unknown[]> {
  return new Promise((done, fail) => {
    command.on('end', (...args: unknown[]) => done(args)).on('error', (error: Error) => fail(error))
  })
}

type Facts = { path: string; streams: string[]; seconds: number | null; frames: number[] }

async function factsOf(folder: string): Promise<Facts[]> {
  const names = (await readdir(folder)).sort()
  return Promise.all(
    names.map(async (path) => {
      const args = ['-v', 'error', '-of', 'json', '-count_packets', '-show_streams', '-show_format', join(folder, path)]
      const { stdout } = await promisify(execFile)('ffprobe', args)
      const { streams, format } = JSON.parse(stdout) as {
        streams: Record<string, string>[]
        format: { duration?: string }
      }
      return {
        path,
        streams: streams.map((s) => [s.codec_name, s.width, s.height, s.pix_fmt, s.sample_rate, s.channels].join(' ')),
        seconds: format.duration === undefined ? null : Math.round(Number(format.duration) * 100) / 100,
        frames: streams.map(({ nb_read_packets }) => Number(nb_read_packets)),
      }
    }),
  )
}

/** Its types know fewer overloads than it has. */
type Chain = { [method in keyof FfmpegCommand]: (...args: unknown[]) => Chain }
type Use = (command: Chain, at: (name: string) => string) => unknown
const x264 = (command: Chain): Chain => command.videoCodec('libx264').outputOptions('-preset', 'ultrafast')

const USES: Record<string, Use> = {
  'Creating an FFmpeg command': (c, at) => x264(c).save(at('out.mp4')),
  'Specifying inputs: several': (c, at) =>
    x264(c.input(input('sound.m4a')))
      .outputOptions('-map', '0:v', '-map', '1:a')
      .save(at('out.mkv')),
  inputFormat: (c, at) => x264(c.inputFormat('mp4')).save(at('out.mp4')),
  'seekInput with a number': (c, at) => x264(c.seekInput(0.5)).save(at('out.mp4')),
  'seekInput with a clock': (c, at) => x264(c.seekInput('0:00.500')).save(at('out.mp4')),
  loop: (_c, at) =>
    x264(ffmpegHere(input('logo.png')).loop(1))
      .fps(5)
      .outputOptions('-pix_fmt yuv420p')
      .save(at('out.mp4')),
  inputOptions: (c, at) => x264(c.inputOptions(['-ss 0.5', '-t 1'])).save(at('out.mp4')),
  noAudio: (c, at) => x264(c.noAudio()).save(at('out.mp4')),
  'audioCodec, audioBitrate, audioChannels': (c, at) =>
    c.noVideo().audioCodec('libmp3lame').audioBitrate('96k').audioChannels(1).save(at('out.mp3')),
  audioFrequency: (c, at) => c.noVideo().audioCodec('aac').audioFrequency(22050).save(at('out.m4a')),
  audioQuality: (c, at) => c.noVideo().audioCodec('libmp3lame').audioQuality(5).save(at('out.mp3')),
  'audioFilters as text': (c, at) =>
    c.noVideo().audioFilters('volume=0.5', 'highpass=f=200').audioCodec('flac').save(at('out.flac')),
  'audioFilters as objects': (c, at) =>
    c
      .noVideo()
      .audioFilters({ filter: 'volume', options: ['0.5'] }, { filter: 'silencedetect', options: { n: '-50dB', d: 5 } })
      .save(at('out.wav')),
  noVideo: (c, at) => c.noVideo().save(at('out.ogg')),
  'videoCodec copy': (c, at) => c.videoCodec('copy').audioCodec('copy').save(at('out.mp4')),
  videoBitrate: (c, at) => c.videoCodec('mpeg4').videoBitrate('300k').save(at('out.avi')),
  'videoBitrate, constant': (c, at) => x264(c.videoBitrate(300, true)).save(at('out.mp4')),
  'videoFilters as text': (c, at) =>
    x264(c.videoFilters('fade=in:0:10', 'pad=400:300:0:40:violet')).save(at('out.mp4')),
  'videoFilters as objects': (c, at) =>
    x264(
      c.videoFilters(
        { filter: 'fade', options: ['in', 0, 10] },
        { filter: 'pad', options: { w: 400, h: 300, x: 0, y: 40, color: 'violet' } },
      ),
    ).save(at('out.mp4')),
  fps: (c, at) => x264(c.fps(10)).save(at('out.mp4')),
  frames: (c, at) => x264(c.noAudio().frames(12)).save(at('out.mp4')),
  'size WxH': (c, at) => x264(c.size('160x120')).save(at('out.mp4')),
  'size Wx?': (c, at) => x264(c.size('160x?')).save(at('out.mp4')),
  'size ?xH': (c, at) => x264(c.size('?x90')).save(at('out.mp4')),
  'size in percent': (c, at) => x264(c.size('50%')).save(at('out.mp4')),
  aspect: (c, at) => x264(c.size('160x?').aspect('4:3')).save(at('out.mp4')),
  autopad: (c, at) => x264(c.size('160x160').autopad('#35A5FF')).save(at('out.mp4')),
  keepDAR: (c, at) => x264(c.keepDAR()).save(at('out.mp4')),
  'Multiple outputs': (c, at) =>
    c
      .output(at('picture.png'))
      .noAudio()
      .seek('0:01')
      .frames(1)
      .output(at('small.avi'))
      .audioCodec('copy')
      .size('96x54')
      .output(at('big.mkv'))
      .audioCodec('copy')
      .size('160x90')
      .run(),
  duration: (c, at) => x264(c.duration('0:01.5')).save(at('out.mp4')),
  'seek of outputs': (c, at) =>
    x264(c.output(at('a.mp4')).seek(0.5))
      .output(at('b.mp4'))
      .videoCodec('libx264')
      .seek('0:01')
      .run(),
  format: (c, at) =>
    c.format('flv').videoCodec('flv').audioCodec('libmp3lame').audioFrequency(44100).save(at('out.flv')),
  outputOptions: (c, at) =>
    c
      .outputOptions([
        '-c:v libx264',
        '-crf 30',
        '-preset ultrafast',
        '-movflags +faststart',
        '-metadata',
        'title=Some words: it, is',
      ])
      .save(at('out.mp4')),
  'preset divx': (c, at) => c.preset('divx').size('160x?').save(at('out.avi')),
  'preset of one’s own': (c, at) => c.preset((each: Chain) => void x264(each.size('96x?'))).save(at('out.mp4')),
  complexFilter: (c, at) =>
    x264(
      c.complexFilter(
        [
          'scale=160:90[rescaled]',
          { filter: 'split', options: '3', inputs: 'rescaled', outputs: ['a', 'b', 'c'] },
          { filter: 'lutrgb', options: { g: 0, b: 0 }, inputs: 'a', outputs: 'red' },
          { filter: 'lutrgb', options: { r: 0, b: 0 }, inputs: 'b', outputs: 'green' },
          { filter: 'lutrgb', options: { r: 0, g: 0 }, inputs: 'c', outputs: 'blue' },
          { filter: 'pad', options: { w: 'iw*3', h: 'ih' }, inputs: 'red', outputs: 'padded' },
          { filter: 'overlay', options: { x: 'w', y: 0 }, inputs: ['padded', 'green'], outputs: 'redgreen' },
          { filter: 'overlay', options: { x: '2*w', y: 0 }, inputs: ['redgreen', 'blue'], outputs: 'output' },
        ],
        'output',
      ),
    )
      .outputOptions('-pix_fmt', 'yuv420p')
      .save(at('out.mp4')),
  mergeToFile: (c, at) => x264(c.input(input())).outputOptions('-c:a aac').mergeToFile(at('out.mp4'), here),
  'screenshots by count': (c, at) => c.screenshots({ count: 3, folder: at('') }),
  'screenshots at times': (c, at) =>
    c.screenshots({ timestamps: [0.5, '50%', '00:01.5'], filename: 'at-%s.png', folder: at(''), size: '64x?' }),
  Cloning: (c, at) => x264(c.clone().size('96x?')).save(at('out.mp4')),
}

/** In the place of `ffmpeg` for uses that make a command of their own. */
let ffmpegHere: (source: string) => Chain

async function run(use: Use, folder: string, wrap: (command: FfmpegCommand) => FfmpegCommand): Promise<Facts[]> {
  await mkdir(folder, { recursive: true })
  let last: Promise<unknown[]> | undefined
  const watched = (command: FfmpegCommand) => {
    const wrapped = wrap(command)
    last = ended(wrapped)
    const clone = wrapped.clone.bind(wrapped)
    wrapped.clone = () => {
      const copy = clone()
      last = ended(copy)
      return copy
    }
    return wrapped
  }
  ffmpegHere = (source) => watched(ffmpeg(source)) as unknown as Chain
  use(watched(ffmpeg(input())) as unknown as Chain, (name) => join(folder, name))
  await last
  return factsOf(folder)
}

describe('as fluent-ffmpeg does here, the fleet does', () => {
  test('there are enough of them', () => expect(Object.keys(USES).length).toBeGreaterThanOrEqual(30))

  test.each(some(Object.entries(USES), 6))('%s', async (name, use) => {
    const folder = name.replaceAll(/\W+/g, '-')
    const local = await run(use, join(here, folder), (command) => command)
    expect(local.length).toBeGreaterThan(0)
    const options: FleetOptions = { mediaRoot: stack.mediaRoot, outputRoot: stack.outputRoot }
    const fleet = await run(use, join(stack.outputRoot, folder), (command) => onFleet(command, stack.client, options))
    expect(fleet).toEqual(local)
  })
})

describe('events', () => {
  const roots = () => ({ mediaRoot: stack.mediaRoot, outputRoot: stack.outputRoot })

  test('come in order and in their shapes, and the percent is true', async () => {
    await stack.startWorker(PACED)
    const told: [string, unknown[]][] = []
    const command = onFleet(ffmpeg(input('long.mp4')), stack.client, roots())
    for (const name of ['start', 'codecData', 'progress', 'stderr', 'filenames', 'end', 'error']) {
      command.on(name as 'end', (...args: unknown[]) => void told.push([name, args]))
    }
    const end = ended(command)
    command
      .videoCodec('libx264')
      .outputOptions('-preset', 'ultrafast')
      .size('160x?')
      .duration(3)
      .save(join(stack.outputRoot, 'events.mp4'))
    const [stdout, stderr] = (await end) as [string, string]
    expect(stdout).toBe('')
    expect(stderr).toContain('video:')
    const names = told.map(([name]) => name)
    expect(names[0]).toBe('start')
    expect(names.at(-1)).toBe('end')
    for (const once of ['start', 'codecData', 'end'])
      expect(
        names.filter((name) => name === once),
        once,
      ).toHaveLength(1)
    const of = (name: string) => told.filter(([each]) => each === name).map(([, args]) => args)
    expect(of('start')[0]![0]).toMatch(/^ffmpeg -i .*long\.mp4 -y .*-t 3 .*events\.mp4$/)
    expect(of('codecData')[0]).toMatchObject([
      {
        format: 'mov,mp4,m4a,3gp,3g2,mj2',
        duration: expect.stringMatching(/^00:00:06/),
        video: expect.stringMatching(/^h264/),
        audio: expect.stringMatching(/^aac/),
      },
    ])
    const progress = of('progress').map(([each]) => each as FluentProgress)
    for (const each of progress)
      for (const value of Object.values(each)) if (typeof value === 'number') expect(value).not.toBeNaN()
    const percents = progress.flatMap(({ percent }) => (percent === undefined ? [] : [percent]))
    expect(percents).toEqual([...percents].sort((a, b) => a - b))
    expect(percents.at(-1)).toBe(100)
    // Half way through 3 of 6 seconds is 50 %, not 25.
    for (const { percent, ffleet } of progress) {
      if (percent !== undefined && percent < 99 && ffleet.outTimeUs !== null)
        expect(percent).toBeCloseTo(ffleet.outTimeUs / 30_000, -1)
    }
  }, 300_000)

  test('are told to who comes late', async () => {
    const command = onFleet(ffmpeg(input()), stack.client, roots())
    await new Promise((done) =>
      command.once('end', done).audioCodec('copy').videoCodec('copy').save(join(stack.outputRoot, 'late.mp4')),
    )
    const late: string[] = []
    await new Promise<void>((done) => {
      command
        .on('start', () => late.push('start'))
        .once('end', () => {
          late.push('end')
          done()
        })
    })
    expect(late).toEqual(['start', 'end'])
  })

  test('outputs come to where the command said, without a folder in common', async () => {
    const folder = await aFolder()
    const command = onFleet(ffmpeg(input()), stack.client, { mediaRoot: stack.mediaRoot })
    const end = ended(command)
    command
      .noVideo()
      .audioCodec('libmp3lame')
      .audioBitrate(64)
      .save(join(folder, 'sub', 'out.mp3'))
    await end
    expect(await factsOf(join(folder, 'sub'))).toMatchObject([
      { path: 'out.mp3', streams: [expect.stringMatching(/^mp3/)] },
    ])
  })

  test('kill() cancels the job, and is told as fluent-ffmpeg tells it', async () => {
    const command = onFleet(ffmpeg(input('long.mp4')), stack.client, roots())
    const error = new Promise<Error>((done) => command.on('error', done))
    command.on('start', () => command.kill('SIGKILL'))
    command.inputOptions('-re').videoCodec('libx264').save(join(stack.outputRoot, 'killed.mp4'))
    expect((await error).message).toBe('ffmpeg was killed with signal SIGKILL')
    expect(await readdir(stack.outputRoot)).not.toContain('killed.mp4')
  })

  test('what ffmpeg fails with is told with its code and its last words', async () => {
    const command = onFleet(ffmpeg(input()), stack.client, roots())
    const error = new Promise<unknown[]>((done) => command.on('error', (...args: unknown[]) => done(args)))
    command.outputOptions('-map', '0:7').save(join(stack.outputRoot, 'bad.mp4'))
    const [{ message }, stdout, stderr] = (await error) as [Error, string, string]
    expect(message).toMatch(/^ffmpeg exited with code \d+: /)
    expect([stdout, typeof stderr]).toEqual(['', 'string'])
  })

  test('ffprobe() is answered by a worker', async () => {
    const command = onFleet(ffmpeg(input()), stack.client, roots())
    const data = await new Promise<ffmpeg.FfprobeData>((done, fail) =>
      command.ffprobe((error: Error | null, found) => (error ? fail(error) : done(found))),
    )
    expect(data.format).toMatchObject({ format_name: 'mov,mp4,m4a,3gp,3g2,mj2', nb_streams: 2 })
    expect(data.format.duration).toBeCloseTo(2, 1)
    expect(data.streams.map(({ codec_name }) => codec_name)).toEqual(['h264', 'aac'])
  })
})

describe('what is not carried is refused by name, with the way out', () => {
  const out = () => join(stack.outputRoot, 'refused.mp4')

  test.each<[string, (roots: FleetOptions) => FfmpegCommand, RegExp]>([
    ['a stream as input', () => ffmpeg(new PassThrough()), /input stream.*write it to a file/i],
    ['a device', () => ffmpeg('/dev/video0'), /device.*record it to a file/],
    ['a format of devices', () => ffmpeg(input()).inputFormat('lavfi'), /lavfi.*source filter/],
    ['an image pattern', () => ffmpeg(input('frame%03d.png')), /pattern/],
    ['a file elsewhere', () => ffmpeg('/etc/hostname'), /media root|not in/],
    ['another scheme', () => ffmpeg('concat:a.mp4|b.mp4'), /concat: is not carried/],
    ['flvmeta', () => ffmpeg(input()).flvmeta(), /add_keyframe_index/],
    ['tee', () => ffmpeg(input()).format('tee'), /tee.*each output/],
    ['movie=', () => ffmpeg(input()).videoFilters('movie=/etc/passwd'), /movie.*input of its own/],
    ['-filter_script', () => ffmpeg(input()).outputOptions('-filter_script', 'x'), /filter_script.*graph itself/],
    ['-attach', () => ffmpeg(input()).outputOptions('-attach', '/etc/passwd'), /-attach.*opens a file/],
    ['two passes', () => ffmpeg(input()).outputOptions('-pass', '1'), /-pass.*h264-720p-2pass/],
  ])('%s', async (_name, make, says) => {
    const command = onFleet(make({}), stack.client, { mediaRoot: stack.mediaRoot, outputRoot: stack.outputRoot })
    const error = new Promise<Error>((done) => command.on('error', done))
    command.save(out())
    expect((await error).message).toMatch(says)
  })

  test('a stream as output', async () => {
    const command = onFleet(ffmpeg(input()), stack.client, { mediaRoot: stack.mediaRoot })
    const error = new Promise<Error>((done) => command.on('error', done))
    command.format('mp4').pipe(new PassThrough())
    expect((await error).message).toMatch(/output stream.*save to a file/i)
  })

  test('no output at all', () => {
    expect(() => onFleet(ffmpeg(input()), stack.client).run()).toThrow('No output specified')
  })
})

describe('the guide', () => {
  const program = (name: string) => [
    '--import',
    createRequire(import.meta.url).resolve('tsx'),
    join('docs/guides/examples', name),
  ]

  test.each(['fluent-before.ts', 'fluent-after.ts'])('%s does what it says', async (name) => {
    const out = join(stack.outputRoot, `${name}.mp4`)
    const env = {
      ...process.env,
      FFLEET_URL: stack.baseUrl,
      FFLEET_MEDIA_ROOT: stack.mediaRoot,
      FFLEET_OUTPUT_ROOT: stack.outputRoot,
    }
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [...program(name), input(), out], { env })
    expect(stderr).toBe('')
    const lines = stdout.trim().split('\n')
    expect(lines[0]).toBe(`ffmpeg -i ${input()} -y -vcodec libx264 -filter:v scale=w=320:h=trunc(ow/a/2)*2 ${out}`)
    expect(lines.at(-1)).toBe('done')
    if (name === 'fluent-after.ts') expect(lines.at(-2)).toBe('100.0 %')
  })
})
