/** Subtitles that become part of the picture, against what plain ffmpeg draws. */
import { execFile, execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { makeClip } from '../../fixtures/media/recipes.js'
import type { Preset } from '../../src/contract/index.js'
import type { PlanInput } from '../../src/plan/index.js'
import { resolve } from '../../src/presets/index.js'
import { anOutput, useEncoder } from '../helpers/encode.js'
import { aFolder } from '../helpers/folder.js'
import { long } from '../helpers/long.js'

const encoder = useEncoder()
const recipe = (preset: string, overrides: Parameters<typeof resolve>[1]) =>
  anOutput(preset, (one: Preset) => Object.assign(one, resolve(structuredClone(one), overrides)))
const BURN = { tracks: { subtitles: 'burn' } } as const

/** Shown from 0.52 to 1 s and from 1.52 to 2.48 s. */
const SRT =
  '1\n00:00:00,510 --> 00:00:01,010\nÉTÉ WWWWW\nMMMMMMMMM\n\n2\n00:00:01,510 --> 00:00:02,490\nHHHHHHHHHH\n<i>WWWWWWW</i>\n'

const ffmpeg = (...args: string[]) => execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args])

/** Three seconds of grey with a track of those in German, in a folder with the file itself. */
async function film(
  name = 'film.mkv',
  more: string[] = [],
  text: string | Buffer = SRT,
): Promise<{ folder: string; path: string; srt: string }> {
  const folder = await aFolder()
  const [path, srt] = [join(folder, name), join(folder, 's.srt')]
  await writeFile(srt, text)
  ffmpeg(
    ...[
      '-f',
      'lavfi',
      '-i',
      'color=gray:s=320x180:r=25:d=3',
      '-i',
      srt,
      '-map',
      '0',
      '-map',
      '1',
      '-metadata:s:s:0',
      'language=ger',
    ],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-pix_fmt', 'yuv420p', ...more, path],
  )
  return { folder, path, srt }
}

/** How alike each two frames are where text stands, the lower middle; `filters` are put to the second film. */
async function alike(path: string, other: string, filters = 'null'): Promise<number[]> {
  const part = 'format=yuv420p,crop=iw/2:ih/2:iw/4:ih/2'
  const graph = `[0:V]${part}[a];[1:V]${filters},${part}[b];[a][b]ssim=stats_file=-`
  const args = ['-nostdin', '-v', 'error', '-i', path, '-i', other, '-filter_complex', graph, '-f', 'null', '-']
  const { stdout } = await promisify(execFile)('ffmpeg', args)
  return [...stdout.matchAll(/All:([\d.]+)/g)].map(([, value]) => Number(value))
}

/** Numbers of the frames that are not the same, as `13-25`. */
function different(values: readonly number[]): string[] {
  const runs: number[][] = []
  for (const [n, value] of values.entries()) {
    if (value > 0.97) continue
    if (runs.at(-1)?.at(-1) === n - 1) runs.at(-1)!.push(n)
    else runs.push([n])
  }
  return runs.map((run) => `${run[0]}-${run.at(-1)}`)
}

async function burn(path: string, overrides: Parameters<typeof resolve>[1] = {}, more: Partial<PlanInput> = {}) {
  const name = overrides.path?.endsWith('.gif') ? 'gif' : 'h264-360p'
  const { outputs, groups } = await encoder.encode({ path }, [recipe(name, { ...BURN, ...overrides })], more)
  return { ...outputs[name]!, groups }
}

describe('text', () => {
  test('is in the picture while it is shown, and at no other time', async () => {
    const { path, srt } = await film()
    const made = await burn(path)
    expect(different(await alike(made.path, path))).toEqual(['13-25', '38-62'])
    const same = await alike(made.path, path, `subtitles=${srt}`)
    expect(same).toHaveLength(75)
    expect(different(same)).toEqual([])
    const [group] = made.groups
    expect(group!.passes.map(({ label }) => label)).toEqual(['extract', 'encode'])
    expect(group!.passes.reduce((sum, { plan }) => sum + plan.weight, 0)).toBeCloseTo(1)
    expect(group!.outputs[0]!.warnings).toEqual([])
  })

  test('of a range is there at the times of that', async () => {
    const { path, srt } = await film()
    const made = await burn(path, {}, { startMs: 710, endMs: 2_200 })
    const byHand = `subtitles=${srt},trim=start=0.71:end=2.2,setpts=PTS-STARTPTS`
    expect(different(await alike(made.path, path, 'trim=start=0.71:end=2.2,setpts=PTS-STARTPTS'))).toEqual([
      '0-7',
      '20-37',
    ])
    expect(different(await alike(made.path, path, byHand))).toEqual([])
  })

  long('is drawn into the frame of the output', async () => {
    const { path, srt } = await film()
    const filters = 'crop=160:160:0:20,transpose=clock,scale=240:240,pad=320:240:40:0'
    const crop = { x: 0, y: 20, width: 160, height: 160 }
    const made = await burn(path, { video: { crop, rotate: 90, width: 320, height: 240, fit: 'pad' } })
    expect(different(await alike(made.path, path, `${filters},subtitles=${srt}`))).toEqual([])
  })

  test('keeps to a picture that is faster, and has the frames of a rate of its own', async () => {
    const { path } = await film()
    const probe = await encoder.prober.probe(path, { everyStream: true })
    const clip = { inputPath: path, probe, startMs: 400, endMs: null, expectedDurationMs: null, speed: 1.5 }
    const made = await burn(path, { video: { frameRate: 30 } }, { clips: [clip] })
    // From (0.51 - 0.4) / 1.5 s on, at 30 frames a second.
    const plain = 'trim=start=0.4,setpts=(PTS-STARTPTS)/1.5,fps=30'
    expect(different(await alike(made.path, path, plain))).toEqual(['3-12', '23-41'])
    expect(made.groups[0]!.outputs[0]!.warnings).toEqual([])
  })
})

/** Where a box in the colour of the subtitles stands: the picture of 8x2 pixels at 16,16 of `picture-subtitles`. */
async function lumaAt(path: string, x: number, y: number, frame: number, bits = 8): Promise<number> {
  const filters = `select=eq(n\\,${frame}),crop=2:2:${x}:${y},format=${bits === 8 ? 'gray' : 'gray10le'}`
  const args = ['-nostdin', '-v', 'error', '-i', path, '-vf', filters, '-frames:v', '1', '-f', 'rawvideo', '-']
  const { stdout } = await promisify(execFile)('ffmpeg', args, { encoding: 'buffer' })
  return bits === 8 ? stdout[0]! : stdout.readUInt16LE(0)
}

describe('pictures', () => {
  test('lie over the film, become smaller with it, and go where it is cropped', async () => {
    const path = join(await aFolder(), 'later.mkv')
    const clip = await makeClip('picture-subtitles')
    ffmpeg('-i', clip, '-itsoffset', '0.6', '-i', clip, '-map', '0:v', '-map', '1:s', '-c', 'copy', path)
    const made = await burn(path, { video: { crop: { x: 8, y: 8, width: 160, height: 80 } } })
    // At (16 - 8, 16 - 8) now, from 0.6 to 1.4 s.
    const shown = await Promise.all([2, 12, 18, 32, 38, 46].map((frame) => lumaAt(made.path, 10, 8, frame)))
    expect(shown.map((luma) => luma > 215)).toEqual([false, false, true, true, false, false])
    expect(made.groups[0]!.passes).toHaveLength(1)
    expect(made.frames).toBe(50)
  })

  long('of a range, beside an output that has none', async () => {
    const path = await makeClip('picture-subtitles')
    const plain = recipe('h264-480p', {})
    const { outputs } = await encoder.encode({ path }, [recipe('h264-360p', BURN), plain], {
      startMs: 120,
      endMs: 1_600,
    })
    expect(await lumaAt(outputs['h264-360p']!.path, 18, 16, 5)).toBeGreaterThan(215)
    expect(await lumaAt(outputs['h264-360p']!.path, 18, 16, 25)).toBeLessThan(215)
    expect(await lumaAt(outputs['h264-480p']!.path, 18, 16, 5)).toBeLessThan(215)
  })
})

describe('high dynamic range', () => {
  test('stays, and its text is as bright as paper', async () => {
    const [folder, hdr] = [await aFolder(), await makeClip('hdr10')]
    const [srt, path] = [join(folder, 's.srt'), join(folder, 'hdr.mkv')]
    await writeFile(srt, '1\n00:00:00,200 --> 00:00:00,600\n███\n')
    ffmpeg('-i', hdr, '-i', srt, '-map', '0', '-map', '1', '-c', 'copy', path)
    const { outputs } = await encoder.encode({ path }, [recipe('hevc-1080p', { ...BURN, container: 'mkv' })])
    const made = outputs['hevc-1080p']!
    const [video] = made.probe.streams
    expect(video).toMatchObject({ transfer: 'smpte2084', pixelFormat: 'yuv420p10le' })
    expect(video!.hdr?.masteringDisplay).toBeTruthy()
    const luma = await lumaAt(made.path, 158, 168, 8, 10)
    // 58 % of the way from 64 to 940.
    expect(luma).toBeGreaterThan(520)
    expect(luma).toBeLessThan(640)
  })
})

describe('an animation', () => {
  long('has them in all of its passes', async () => {
    const { path, srt } = await film()
    const made = await burn(path, { path: 'a.gif', video: { width: 320 } }, { endMs: 1_200 })
    expect(made.groups[0]!.passes.map(({ label }) => label)).toEqual(['extract', 'analyse', 'encode'])
    const shown = await alike(made.path, path, `fps=12.5,trim=end=1.2,subtitles=${srt}`)
    expect(Math.min(...shown)).toBeGreaterThan(0.9)
  })
})

describe('which', () => {
  test.each([
    ['by language', { burn: 'de' }],
    ['by index', { burn: { index: 1 } }],
  ])('%s', async (_, subtitles) => {
    const { path } = await film()
    const { groups } = await encoder.encode({ path }, [recipe('h264-360p', { tracks: { subtitles } })], { endMs: 200 })
    expect(groups[0]!.passes[0]!.args.join(' ')).toContain('-map 0:s:0 -c:s ass')
  })

  test.each([
    [
      'a language that is not there',
      { burn: 'ita' },
      'TRACK_NOT_FOUND',
      'The input has no subtitles ita; it has 1 (ger).',
    ],
    [
      'an index of something else',
      { burn: { index: 0 } },
      'TRACK_NOT_FOUND',
      'The input has no subtitles 0; it has 1 (ger).',
    ],
  ])('%s is refused', async (_, subtitles, code, message) => {
    const { path } = await film()
    const made = encoder.encode({ path }, [recipe('h264-360p', { tracks: { subtitles } })])
    await expect(made).rejects.toMatchObject({ code, message })
  })

  test('letters that no font has are told', async () => {
    const srt = SRT.replace('HHHH', '\u{10FFFD}\u{10FFFC}\u200B')
    const { path } = await film('film.mkv', ['-c:s', 'copy'], srt)
    const plain = recipe('h264-480p', {})
    const { outputs } = await encoder.encode({ path }, [recipe('h264-360p', BURN), plain], { endMs: 2_000 })
    const letters = expect.stringMatching(/^Boxes are drawn for letters .* such as \u{10FFFD}( \u{10FFFC})?; install/u)
    // The libass that comes with 4.3 says nothing of it.
    const told = encoder.capabilities.version.startsWith('4.') ? [] : [{ code: 'LETTERS_MISSING', detail: letters }]
    expect(outputs['h264-360p']!.warnings).toEqual(told)
    expect(outputs['h264-480p']!.warnings).toEqual([])
  })

  test('what is no UTF-8 fails before anything is encoded', async () => {
    const { path } = await film(
      'film.mkv',
      ['-c:s', 'copy'],
      Buffer.from('1\n00:00:00,510 --> 00:00:01,010\n\xc9t\xe9\n', 'latin1'),
    )
    await expect(burn(path)).rejects.toMatchObject({
      code: 'SUBTITLES_NOT_READABLE',
      message: 'Of 1 cues in subtitles 1 of the input, 1 can not be read.',
    })
  })

  test.each([
    [
      'h264-360p',
      'subtitles',
      'To draw subtitles, ffmpeg on this worker would need the filter subtitles, which comes with libass.',
    ],
  ])('an ffmpeg without libass is told', async (preset, lacking, message) => {
    const { path } = await film()
    const { capabilities } = encoder
    const filters = new Set([...capabilities.filters].filter((name) => name !== lacking))
    const made = encoder.encode({ path }, [recipe(preset, BURN)], { capabilities: { ...capabilities, filters } })
    await expect(made).rejects.toMatchObject({ code: 'FILTER_NOT_AVAILABLE', message })
  })

  test.each([
    ['copy-mkv', BURN, 'are not burnt where the picture stays as it is'],
    ['aac-128k', BURN, 'an audio file has no subtitles'],
    ['poster', BURN, 'a preset of kind picture has no tracks'],
    ['subtitles', BURN, 'are burnt into films, ladders and animations, not by a preset of kind subtitles'],
    ['gif', { tracks: { subtitles: 'keep' } } as const, 'an animation has no tracks; burn them into its picture'],
  ])('%s is refused when it is sent', (preset, overrides, detail) => {
    let errors: { pointer: string; detail: string }[] = []
    try {
      recipe(preset, overrides)
    } catch (error) {
      errors = (error as { errors: typeof errors }).errors
    }
    expect(errors).toEqual([{ pointer: '/tracks/subtitles', detail: expect.stringContaining(detail) }])
  })
})
