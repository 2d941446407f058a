/** What is drawn on a ladder, against what is drawn on films of the same sizes. */
import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeClip } from '../../fixtures/media/recipes.js'
import type { Preset } from '../../src/contract/index.js'
import { resolve } from '../../src/presets/index.js'
import { anOutput, type Encoded, useEncoder } from '../helpers/encode.js'
import { PACED, useFleet } from '../helpers/fleet.js'
import { aFolder } from '../helpers/folder.js'
import { pixelAt, ssim } from '../helpers/ssim.js'

const encoder = useEncoder()
const fleet = useFleet()
const LADDER = { segmentMs: 1_000, rungs: [{ height: 180 }, { height: 90 }] }
const recipe = (preset: string, overrides: Parameters<typeof resolve>[1], name = preset) => ({
  ...anOutput(preset, (one: Preset) => Object.assign(one, resolve(structuredClone(one), overrides))),
  name,
})
const ffmpeg = (...args: string[]) => execFileSync('ffmpeg', ['-nostdin', '-v', 'error', ...args])

async function greyFilm(folder: string, subtitles?: { path: string; codec: string }): Promise<string> {
  const path = join(folder, 'film.mkv')
  const [from, as] = subtitles
    ? [
        ['-i', subtitles.path],
        ['-c:s', subtitles.codec],
      ]
    : [[], []]
  const film = ['-f', 'lavfi', '-i', 'color=gray:s=320x180:r=25:d=3', ...from]
  ffmpeg(...film, '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', ...as, path)
  return path
}

const rung = (made: Encoded | undefined, lines: number) => join(made!.path, `video-${lines}p`, 'index.m3u8')

/** The rungs are what films of these sizes are, and not what they are with nothing drawn. */
async function expectAlike(made: Record<string, Encoded>) {
  for (const lines of [180, 90]) {
    const path = rung(made.hls, lines)
    const [drawn, plain] = [made[`drawn-${lines}`]!.path, made[`plain-${lines}`]!.path]
    expect(await ssim(path, drawn), `${lines}`).toBeGreaterThan(0.98)
    expect(await ssim(path, drawn), `${lines}`).toBeGreaterThan(await ssim(path, plain))
  }
}

test('watermark and text are drawn on every rung at its own size', async () => {
  const folder = await aFolder()
  const [path, white] = [await greyFilm(folder), join(folder, 'white.png')]
  ffmpeg('-f', 'lavfi', '-i', 'color=white:s=64x64', '-frames:v', '1', white)
  const video = {
    watermark: { uri: white, width: 20, margin: 0, position: 'top-left' },
    text: { template: 'HHHHHH', size: 20 },
  } as const
  const film = (height: number, drawn: object, name: string) =>
    recipe('h264-360p', { video: { height, ...drawn } }, `${name}-${height}`)
  const { outputs, groups } = await encoder.encode(
    { path },
    [
      recipe('hls', { video, ladder: { ...LADDER, poster: true } }),
      ...[180, 90].flatMap((height) => [film(height, video, 'drawn'), film(height, {}, 'plain')]),
    ],
    { images: new Map([[white, await encoder.prober.probe(white)]]) },
  )
  expect(groups.flatMap((group) => group.outputs).find(({ name }) => name === 'hls')!.drawn!.text!.text).toBe('HHHHHH')
  for (const [lines, side] of [
    [180, 64],
    [90, 32],
  ] as const) {
    const grey = async (x: number, y: number) => (await pixelAt(rung(outputs.hls, lines), x, y))[0]!
    expect(await grey(side - 4, side - 4)).toBeGreaterThan(230)
    expect(await grey(side + 4, 0)).toBeLessThan(150)
    expect(await grey(0, side + 4)).toBeLessThan(150)
  }
  await expectAlike(outputs)
  expect(await pixelAt(join(outputs.hls!.path, 'poster.jpg'), 4, 4)).not.toContain(255)
}, 60_000)

test.each(['text', 'pictures'])(
  'subtitles that are %s are burnt into every rung, and are no track beside it',
  async (kind) => {
    const folder = await aFolder()
    const srt = join(folder, 's.srt')
    await writeFile(srt, '1\n00:00:00,100 --> 00:00:02,500\nHHHHHHHHHH\nWWWWWWW\n')
    const path =
      kind === 'text' ? await greyFilm(folder, { path: srt, codec: 'subrip' }) : await makeClip('picture-subtitles')
    const film = (height: number, tracks: object, name: string) =>
      recipe('h264-360p', { video: { height }, ...tracks }, `${name}-${height}`)
    const burn = { tracks: { subtitles: 'burn' } } as const
    const { outputs } = await encoder.encode({ path }, [
      recipe('hls', { ...burn, ladder: LADDER }),
      ...[180, 90].flatMap((height) => [film(height, burn, 'drawn'), film(height, {}, 'plain')]),
    ])
    await expectAlike(outputs)
    expect(await readFile(join(outputs.hls!.path, 'master.m3u8'), 'utf8')).not.toContain('SUBTITLES')
  },
  60_000,
)

test('a ladder that is played while it is encoded has them from its first segment on', async () => {
  const { mediaRoot } = fleet.stack
  ffmpeg('-f', 'lavfi', '-i', 'color=white:s=64x64', '-frames:v', '1', join(mediaRoot, 'white.png'))
  await writeFile(join(mediaRoot, 's.srt'), '1\n00:00:00,500 --> 00:00:05,500\nHHHHHHHHHH\n')
  await fleet.worker(PACED)
  const id = await fleet.submit({
    input: { uri: 'long.mp4', subtitles: [{ uri: 's.srt' }] },
    outputs: [
      {
        preset: 'cmaf',
        name: 'film',
        video: { watermark: { uri: 'white.png', width: 20, margin: 0, position: 'top-left' } },
        tracks: { subtitles: 'burn' },
        ladder: { rungs: [{ height: 180 }], segmentMs: 1_000, playable: 'while-encoding' },
      },
    ],
  })
  const job = await fleet.ended(id)
  expect(job).toMatchObject({ state: 'completed', attempt: 1, outputs: [{ playable: { attempt: 1 } }] })
  const path = join(fleet.stack.outputRoot, job.outputs[0]!.path!, 'video-180p', 'index.m3u8')
  expect((await pixelAt(path, 20, 20)).every((value) => value > 230)).toBe(true)
}, 60_000)
