/** Ladders that are encoded in parts, held against the same in one piece: the same segments, every picture at the same time. */
import { execFileSync } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Preset } from '../../src/contract/index.js'
import { resolve } from '../../src/presets/index.js'
import { listFrames } from '../../src/probe/frame-list.js'
import { anOutput, useEncoder } from '../helpers/encode.js'
import { aFolder } from '../helpers/folder.js'
import { some } from '../helpers/long.js'

const FFPROBE = process.env.FFLEET_FFPROBE ?? 'ffprobe'
const encoder = useEncoder()

const pictures = (rate: string) => ['-f', 'lavfi', '-i', `testsrc2=s=192x144:r=${rate}:d=9`]
const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100:duration=9', '-c:a', 'aac']
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-pix_fmt', 'yuv420p']
/** Three of 30 pictures are missing in the middle, then a whole second. */
const gaps = ['-vf', "select='not(between(mod(n,30),12,14))*not(between(n,60,89))'", '-vsync', 'vfr']

type Case = { what: string; args: string[]; ladder?: Preset['ladder']; beside?: true }
const CASES: Case[] = [
  { what: 'an odd frame rate, with sound', args: [...pictures('24000/1001'), ...tone, ...h264, '-g', '50'] },
  {
    what: 'a varying frame rate, without',
    args: [...pictures('30'), ...gaps, ...h264, '-g', '40'],
  },
  {
    what: 'one key frame; two codecs, a poster and thumbnails',
    args: [...pictures('25'), ...tone, ...h264, '-g', '900'],
    ladder: { segmentMs: 1_000, codecs: ['hevc', 'av1'], poster: true, thumbnails: true },
    beside: true,
  },
]

it.each(some(CASES, 2))('$what', async ({ args, ladder = { segmentMs: 1_000, codecs: ['h264'] }, beside }) => {
  const path = join(await aFolder(), 'film.mp4')
  execFileSync('ffmpeg', ['-v', 'error', ...args, path])
  const frames = await listFrames({
    ...{ file: path, ffprobe: FFPROBE, stream: 0, container: 'mov,mp4,m4a,3gp,3g2,mj2', timeoutMs: 10_000 },
  })
  const output = anOutput('cmaf', (preset) => {
    Object.assign(preset, resolve(structuredClone(preset), { ladder: { rungs: [{ height: 144 }, { height: 96 }] } }))
    preset.ladder = { ...preset.ladder!, ...ladder }
  })
  const whole = (await encoder.encode({ path }, [output])).outputs.cmaf!
  const { outputs, groups } = await encoder.encode({ path }, [{ ...output, split: { segmentMs: 2_600 } }], { frames })
  const split = outputs.cmaf!
  expect(groups[0]!.outputs[0]!.warnings.filter(({ code }) => code === 'NOT_SPLIT')).toEqual([])
  expect(groups[0]!.passes.filter(({ part }) => part?.tracks === 2 * ladder!.codecs.length)).toHaveLength(3)

  const names = (await readdir(whole.path)).sort()
  expect((await readdir(split.path)).sort()).toEqual(names)
  if (beside) expect(names).toEqual(expect.arrayContaining(['poster.jpg', 'thumbnails.vtt']))
  for (const name of names.filter((each) => /^(video|audio)-/.test(each))) {
    const [one, parts] = [whole, split].map((each) => join(each.path, name)) as [string, string]
    expect(await readFile(join(parts, 'init.mp4')), name).toEqual(await readFile(join(one, 'init.mp4')))
    expect(await lengthsIn(parts), name).toEqual(await lengthsIn(one))
    expect(packetsOf(parts), name).toEqual(packetsOf(one))
  }
  expect(split.ladder!.rungs.map(({ segments }) => segments)).toEqual(
    whole.ladder!.rungs.map(({ segments }) => segments),
  )
})

const lengthsIn = async (folder: string) =>
  [...(await readFile(join(folder, 'index.m3u8'), 'utf8')).matchAll(/#EXTINF:([\d.]+)/g)].map(([, s]) => s)

/** When each is shown, and whether it is a key frame; in no order, for which of them rest on later ones is the encoder's choice. */
const packetsOf = (folder: string) =>
  execFileSync(
    FFPROBE,
    ['-v', 'error', '-of', 'csv=p=0', '-show_entries', 'packet=pts,flags', join(folder, 'index.m3u8')],
    { encoding: 'utf8' },
  )
    .split('\n')
    .sort()
