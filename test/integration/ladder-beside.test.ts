/** What lies beside a ladder, against what the presets for it make and what is to be seen in it. */
import { execFileSync } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeClip } from '../../fixtures/media/recipes.js'
import type { Preset } from '../../src/contract/index.js'
import { resolve } from '../../src/presets/index.js'
import { verifyMade } from '../../src/verify/index.js'
import { anOutput, useEncoder } from '../helpers/encode.js'
import { aFolder } from '../helpers/folder.js'
import { pixelAt } from '../helpers/ssim.js'

const encoder = useEncoder()
const BESIDE = { poster: true, thumbnails: true, segmentMs: 2_000 }
const recipe = (preset: string, overrides: Parameters<typeof resolve>[1]) =>
  anOutput(preset, (one: Preset) => Object.assign(one, resolve(structuredClone(one), overrides)))

test('is what the presets poster and thumbnails make', async () => {
  const { outputs } = await encoder.encode('h264-aac', [
    recipe('cmaf', { ladder: { ...BESIDE, rungs: [{ height: 180 }] } }),
    recipe('poster', { video: { height: 180 } }),
    'thumbnails',
  ])
  const { path, ladder, warnings } = outputs.cmaf!
  const names = (await readdir(path)).sort()
  expect(names).toEqual([
    ...['audio-und', 'manifest.mpd', 'master.m3u8', 'poster.jpg', 'sprite-001.jpg', 'thumbnails.vtt', 'video-180p'],
  ])
  expect(ladder).toMatchObject({ poster: 'poster.jpg', thumbnails: { index: 'thumbnails.vtt', sheets: 1 } })
  expect(warnings).toEqual([])
  const same = async (name: string, as: string) => expect(await readFile(join(path, name))).toEqual(await readFile(as))
  await same('poster.jpg', outputs.poster!.path)
  await same('sprite-001.jpg', join(outputs.thumbnails!.path, 'sprite-001.jpg'))
  await same('thumbnails.vtt', join(outputs.thumbnails!.path, 'index.vtt'))
})

test('is cropped and turned as the rungs are', async () => {
  const input = join(await aFolder(), 'halves.mp4')
  const half = (colour: string) => ['-f', 'lavfi', '-i', `color=${colour}:s=160x240:r=25:d=4`]
  const graph = ['-filter_complex', '[0][1]hstack', '-c:v', 'libx264', '-preset', 'ultrafast']
  execFileSync('ffmpeg', ['-v', 'error', ...half('red'), ...half('blue'), ...graph, input])
  const { outputs } = await encoder.encode({ path: input }, [
    recipe('hls', {
      video: { crop: { x: 80, y: 0, width: 160, height: 240 }, rotate: 90 },
      ladder: { ...BESIDE, rungs: [{ height: 160 }] },
    }),
  ])
  const { path, ladder } = outputs.hls!
  expect(ladder!.rungs).toMatchObject([{ width: 240, height: 160 }])
  const colourAt = async (name: string, x: number, y: number) => {
    const [red, , blue] = await pixelAt(join(path, name), x, y)
    return red! > 200 && blue! < 50 ? 'red' : blue! > 200 && red! < 50 ? 'blue' : 'other'
  }
  expect(await colourAt('poster.jpg', 120, 20)).toBe('red')
  expect(await colourAt('poster.jpg', 120, 140)).toBe('blue')
  const vtt = await readFile(join(path, 'thumbnails.vtt'), 'utf8')
  const cues = [...vtt.matchAll(/(\S+) --> (\S+)\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)/g)]
  expect([cues[0]![1], cues.at(-1)![2]]).toEqual(['00:00:00.000', '00:00:04.000'])
  for (const [i, cue] of cues.slice(1).entries()) expect(cue[1]).toBe(cues[i]![2])
  for (const [, , , name, ...place] of [cues[0]!, cues.at(-1)!]) {
    const [x, y, width, height] = place.map(Number) as [number, number, number, number]
    expect(width / height).toBeCloseTo(1.5, 1)
    expect(await colourAt(name!, x + width / 2, y + 10)).toBe('red')
    expect(await colourAt(name!, x + width / 2, y + height - 10)).toBe('blue')
  }
})

test('is looked at before anybody sees it', async () => {
  const folder = await aFolder()
  const poster = { file: 'cut.jpg', name: 'poster.jpg' }
  await writeFile(join(folder, poster.file), (await readFile(await makeClip('h264-aac'))).subarray(0, 500))
  const { prober, capabilities } = encoder
  const expected = { durationUs: null, streams: { video: 1, audio: 0 } }
  const layout = { format: 'hls' as const, segmentMs: 2_000, pictures: [], sounds: [], subtitles: [] }
  const output = { name: 'hls', relativePath: '.', isFolder: true, expected, warnings: [], sprites: null }
  const from = { video: 0, audio: [], subtitles: [] }
  const made = verifyMade(
    { ...output, from, ladder: { ...layout, poster: { ...poster, expected } } },
    { path: folder, folder, isFolder: true, expected, prober, input: null, capabilities, logLines: [] },
  )
  await expect(made).rejects.toMatchObject({ code: 'OUTPUT_INVALID', message: expect.stringMatching(/^poster\.jpg: /) })
})
