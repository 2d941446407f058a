/** Pictures that are taken of a film: frames, a contact sheet, the best for a poster, a storyboard. */
import { execFile } from 'node:child_process'
import { readdir, readFile, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type ClipName, makeClip } from '../../fixtures/media/recipes.js'
import type { OutputRequest, ProbeStream } from '../../src/contract/index.js'
import type { PresetOutput } from '../../src/plan/index.js'
import { resolve, SHIPPED_PRESETS } from '../../src/presets/index.js'
import { lookIntoFolder } from '../../src/verify/picture-folder.js'
import { anOutput, type Encoded, useEncoder } from '../helpers/encode.js'
import { aFolder } from '../helpers/folder.js'
import { long, some } from '../helpers/long.js'
import { pixelAt, ssim } from '../helpers/ssim.js'

type Asked = Pick<OutputRequest, 'video' | 'sprites' | 'format' | 'path'>

const run = promisify(execFile)
const encoder = useEncoder()
const videoOf = ({ probe }: Encoded): ProbeStream => probe.streams[0]!
const shipped = (name: string) => SHIPPED_PRESETS.find((preset) => preset.name === name)!
const asked = (name: string, overrides: Asked): PresetOutput => ({
  ...anOutput(name),
  recipe: resolve(shipped(name), overrides),
})

async function make(
  clip: ClipName | { path: string },
  name: string,
  overrides: Asked = {},
  more = {},
): Promise<Encoded> {
  return (await encoder.encode(clip, [asked(name, overrides)], more)).outputs[name]!
}

/** A film of parts, each a source of pictures and its length, with a key frame four times a second. */
async function film(...parts: [source: string, seconds: number][]): Promise<{ path: string }> {
  const path = join(await aFolder(), 'film.mp4')
  const inputs = parts.flatMap(([source, seconds]) => [
    '-f',
    'lavfi',
    '-t',
    `${seconds}`,
    '-i',
    `${source}${source.includes('=') ? ':' : '='}s=160x90:r=20`,
  ])
  const joined = `${parts.map((_, i) => `[${i}:v]format=yuv420p,setsar=1[p${i}]`).join(';')};${parts.map((_, i) => `[p${i}]`).join('')}concat=n=${parts.length}`
  const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '5']
  await run('ffmpeg', ['-nostdin', '-v', 'error', ...inputs, '-filter_complex', joined, ...x264, path])
  return { path }
}

describe('frames', () => {
  it('are every frame of the film, numbered, and look like it', async () => {
    const { path, verified, warnings, bytes, frames } = await make('h264-aac', 'frames', {}, { endMs: 1_000 })
    const names = (await readdir(path)).sort()
    expect(names).toHaveLength(25)
    expect([names[0], names[24]]).toEqual(['frame-000001.jpg', 'frame-000025.jpg'])
    expect(frames).toBe(25)
    expect(bytes).toBeGreaterThan(25 * 500)
    expect(verified).toMatchObject({ streams: true, duration: null })
    expect(warnings).toEqual([])
    const tenth = join(path, 'frame-000010.jpg')
    expect(
      await ssim(tenth, await makeClip('h264-aac'), 'select=eq(n\\,9),scale=in_range=tv:out_range=full'),
    ).toBeGreaterThan(0.9)
  })

  it('are PNG where that is asked for, of the size that is asked for, without loss of that', async () => {
    const made = await make('h264-aac', 'frames', { format: 'png', video: { width: 160 } }, { endMs: 400 })
    expect(await readdir(made.path)).toHaveLength(10)
    expect(videoOf(made)).toMatchObject({ codec: 'png', width: 160, height: 90 })
  })

  it.each<[number, number]>(
    some(
      [
        [1, 6],
        [0.5, 3],
        [0.4, 3],
        [0.01, 1],
        [4, 24],
      ],
      2,
    ),
  )('are %d a second, each of its time', async (frameRate, count) => {
    const made = await make('h264-aac-6s', 'frames', { video: { frameRate } })
    expect(await readdir(made.path)).toHaveLength(count)
    expect(made.frames).toBe(count)
    expect(made.warnings).toEqual([])
    const n = Math.min(2, count)
    const atS = (n - 1) / frameRate
    const picture = join(made.path, `frame-00000${n}.jpg`)
    const source = `select=eq(n\\,${Math.floor(atS * 25)}),scale=in_range=tv:out_range=full`
    expect(await ssim(picture, await makeClip('h264-aac-6s'), source)).toBeGreaterThan(0.9)
  })

  it.each<ClipName>(some(['vfr', 'interlaced', 'one-key-frame-ts', 'gif', '50-fps'], 3))(
    'are all of %s',
    async (clip) => {
      const { warnings, path } = await make(clip, 'frames', { video: { width: 64 } })
      expect(warnings).toEqual([])
      expect((await readdir(path)).length).toBeGreaterThan(1)
    },
  )

  it('are refused where there would be too many, and found out where some are missing', async () => {
    const { path } = await make('h264-aac', 'frames', { video: { width: 64 } }, { endMs: 800 })
    const isBounded = { most: 20, detail: 'A folder of frames has at most 20 pictures; this one has more.' }
    const look = (count: number | null, most = 20) =>
      lookIntoFolder(path, {
        ...{ durationUs: null, streams: { video: 1, audio: 0 } },
        pictures: { count, isBounded: { ...isBounded, most } },
      })
    expect(await look(20)).toMatchObject({ first: 'frame-000001.jpg', partly: null })
    expect(await look(30)).toMatchObject({
      partly: 'Some of the input could not be decoded: 20 of 30 pictures are there.',
    })
    await expect(look(60)).rejects.toMatchObject({ code: 'OUTPUT_INVALID' })
    await expect(look(20, 19)).rejects.toMatchObject({ code: 'TOO_MANY_PICTURES' })
    await truncate(join(path, 'frame-000007.jpg'), 300)
    await expect(look(20)).rejects.toMatchObject({ code: 'OUTPUT_INVALID', message: 'A frame is cut off.' })
    await rm(join(path, 'frame-000007.jpg'))
    await expect(look(20)).rejects.toMatchObject({ code: 'OUTPUT_INVALID', message: 'Frame 7 is missing.' })
  })
})

describe('a contact sheet', () => {
  it('has stills from all over the film, each from the middle of its part', async () => {
    const source = await film(['color=red', 1], ['color=lime', 1], ['color=blue', 1], ['color=white', 1])
    const sheet = await make(source, 'contact-sheet', { sprites: { columns: 2, rows: 2, width: 80 } })
    // 80x46: the shape of the film in even sides.
    const { width, height } = videoOf(sheet)
    expect([width, height! >= 88 && height! <= 92]).toEqual([160, true])
    const at = (x: number, y: number) =>
      pixelAt(sheet.path, x, y).then((pixel) => pixel.map((value) => (value > 128 ? 1 : 0)))
    expect([await at(40, 20), await at(120, 20), await at(40, 66), await at(120, 66)]).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [1, 1, 1],
    ])
  })

  it('is PNG where the path says so, and full however short the film is', async () => {
    const sheet = await make('h264-aac', 'contact-sheet', { path: 'sheet.png', sprites: { width: 32 } }, { endMs: 300 })
    expect(videoOf(sheet)).toMatchObject({ codec: 'png', width: 128, height: 72 })
  })

  it('says when each still is', async () => {
    const plain = await make('h264-aac', 'contact-sheet', { sprites: { columns: 2, rows: 1 } })
    const told = await make('h264-aac', 'contact-sheet', { sprites: { columns: 2, rows: 1, times: true } })
    expect(await ssim(told.path, plain.path)).toBeLessThan(0.995)
    const { groups } = await encoder.encode(
      'h264-aac',
      [asked('contact-sheet', { sprites: { times: true, columns: 2, rows: 1 } })],
      {
        startMs: 1_000,
      },
    )
    // The middle of the first half of the second that is left.
    expect(groups[0]!.passes[0]!.args.join(' ')).toContain('hms\\:1.250}')
  })

  it.each(some(['contact-sheet', 'thumbnails'], 2))(
    'of a part of a recording is that of the same film in MP4: %s',
    async (name) => {
      const film = join(await aFolder(), 'film.mp4')
      const source = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=12']
      const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', '-bf', '0']
      await run('ffmpeg', ['-v', 'error', ...source, ...x264, film])
      const recording = film.replace('.mp4', '.ts')
      await run('ffmpeg', ['-v', 'error', '-i', film, '-c', 'copy', '-output_ts_offset', '100', recording])
      const sprites =
        name === 'contact-sheet' ? { columns: 2, rows: 2, times: true } : { count: 4, columns: 2, rows: 2 }
      const [ofFilm, ofRecording] = await Promise.all(
        [film, recording].map(async (path) => {
          const made = await make({ path }, name, { sprites }, { startMs: 5_000 })
          return name === 'contact-sheet'
            ? made.path
            : join(made.path, (await readdir(made.path)).find((file) => file !== 'index.vtt')!)
        }),
      )
      expect(await ssim(ofRecording!, ofFilm!)).toBeGreaterThan(0.99)
    },
  )
})

describe('a poster', () => {
  it('is not black where the film has more to show, nor the first frame', async () => {
    const source = await film(['color=black', 4], ['testsrc2', 2], ['color=gray', 1])
    const { outputs, groups } = await encoder.encode(source, ['poster'])
    expect(groups[0]!.passes.map(({ label }) => label)).toEqual(['measure', 'picture'])
    expect(groups[0]!.passes[1]!.args).toContain('<time of the best picture of out-0.jpg>')
    // Neither black nor gray: the bars of the pattern.
    const [left, right] = [await pixelAt(outputs.poster!.path, 30, 20), await pixelAt(outputs.poster!.path, 130, 20)]
    expect(Math.max(...left.map((value, i) => Math.abs(value - right[i]!)))).toBeGreaterThan(100)
  })

  it('is of the part that was asked for', async () => {
    const source = await film(['color=red', 2], ['testsrc2', 2])
    const { path } = await make(source, 'poster', {}, { endMs: 2_000 })
    const [red, green] = await pixelAt(path, 80, 45)
    expect([red! > 200, green! < 50]).toEqual([true, true])
  })

  long('is there where nothing can be chosen: black all along, and a single frame', async () => {
    expect(videoOf(await make(await film(['color=black', 3]), 'poster'))).toMatchObject({ width: 160, height: 90 })
    expect(videoOf(await make(await film(['testsrc2', 0.05]), 'poster'))).toMatchObject({ width: 160 })
    expect(videoOf(await make('h264-aac-ts', 'poster'))).toMatchObject({ width: 320 })
  })

  long('is PNG where that is asked for', async () => {
    const source = await film(['color=red', 2])
    const made = await make(source, 'poster', { format: 'png' })
    expect(made.path).toMatch(/\.png$/)
    expect(videoOf(made).codec).toBe('png')
    const [red, green, blue] = await pixelAt(made.path, 80, 45)
    expect([red! > 245, green! < 10, blue! < 10]).toEqual([true, true, true])
  })
})

describe('a storyboard', () => {
  it('has so many thumbnails, in columns and rows, of a width', async () => {
    const { path } = await make('h264-aac-6s', 'thumbnails', { sprites: { count: 7, columns: 2, rows: 2, width: 64 } })
    expect((await readdir(path)).sort()).toEqual(['index.vtt', 'sprite-001.jpg', 'sprite-002.jpg'])
    const index = await readFile(join(path, 'index.vtt'), 'utf8')
    expect(index.match(/-->/g)).toHaveLength(7)
    expect(index).toContain('00:00:05.143 --> 00:00:06.000\nsprite-002.jpg#xywh=0,36,64,36')
  })

  it('has one every so often, as PNG', async () => {
    const { path, probe } = await make('h264-aac-6s', 'thumbnails', {
      format: 'png',
      sprites: { intervalMs: 500, width: 32 },
    })
    expect((await readdir(path)).sort()).toEqual(['index.vtt', 'sprite-001.png'])
    expect(probe.streams[0]!.codec).toBe('png')
    expect((await readFile(join(path, 'index.vtt'), 'utf8')).match(/-->/g)).toHaveLength(12)
  })
})

describe('what can be asked of stills', () => {
  it.each<[string, Asked, string, string]>([
    ['h264-720p', { format: 'png' }, '/format', 'the preset h264-720p makes no JPEG or PNG'],
    ['poster', { sprites: { columns: 2 } }, '/sprites', 'the preset poster puts no stills together'],
    [
      'contact-sheet',
      { sprites: { count: 3 } },
      '/sprites/count',
      'a contact sheet has columns x rows stills, evenly over the film',
    ],
    ['thumbnails', { sprites: { times: true } }, '/sprites/times', 'are of a contact sheet; thumbnails have an index'],
    [
      'h264-720p',
      { video: { frameRate: 1 } },
      '/video/frameRate',
      'of a film is 2 or more; for fewer pictures take the preset frames',
    ],
    ['frames', { video: { crf: 20 } }, '/video/crf', 'does not apply to mjpeg'],
    [
      'contact-sheet',
      { sprites: { columns: 20, width: 1_024 } },
      '/sprites/columns',
      'of 1024 pixels each would be wider than 16384; give fewer, or a smaller width',
    ],
  ])('%s %j is refused', (name, overrides, pointer, detail) => {
    expect(() => resolve(shipped(name), overrides)).toThrow(expect.objectContaining({ errors: [{ pointer, detail }] }))
  })

  it('is either an interval or a count', () => {
    expect(resolve(shipped('thumbnails'), { sprites: { count: 5 } }).sprites).toMatchObject({
      count: 5,
      intervalMs: null,
    })
    const both = { sprites: { count: 5, intervalMs: 1_000 } }
    expect(() => resolve(shipped('thumbnails'), both)).toThrow(
      expect.objectContaining({ errors: [{ pointer: '/sprites', detail: 'give either intervalMs or count' }] }),
    )
  })
})
