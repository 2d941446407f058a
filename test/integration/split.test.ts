/** Films that are encoded in parts, held against the same recipe in one piece: every picture at the same time, all else the same. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type ClipName, makeClip } from '../../fixtures/media/recipes.js'
import type { Preset } from '../../src/contract/index.js'
import { listFrames } from '../../src/probe/frame-list.js'
import { anOutput, type Encoded, useEncoder } from '../helpers/encode.js'
import { FFMPEG } from '../helpers/ffmpeg-runs.js'
import { aFolder } from '../helpers/folder.js'
import { some } from '../helpers/long.js'

const FFPROBE = process.env.FFLEET_FFPROBE ?? 'ffprobe'
const encoder = useEncoder()

const pictures = (rate: string, more = '') => ['-f', 'lavfi', '-i', `testsrc2=s=128x96:r=${rate}:d=4${more}`]
const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100:duration=4']
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-pix_fmt', 'yuv420p']
const aac = ['-c:a', 'aac', '-b:a', '64k']
/** Three of 30 pictures are missing in the middle, then a whole second. */
const gaps = ['-vf', "select='not(between(mod(n,30),12,14))*not(between(n,60,89))'", '-vsync', 'vfr']

type Case = {
  what: string
  file: string
  args: string[]
  preset?: string
  change?: (recipe: Preset) => void
  /** How long the last picture stands is what ffmpeg takes for a frame: of the film, or of the parts. */
  isLastGuessed?: true
}
const CASES: Case[] = [
  {
    what: 'a varying frame rate',
    file: 'a.mp4',
    args: [...pictures('30'), ...tone, ...gaps, ...h264, '-g', '40', ...aac],
    isLastGuessed: true,
  },
  {
    what: 'pictures that rest on later ones',
    file: 'a.mp4',
    args: [...pictures('25'), ...tone, ...h264, '-g', '25', ...aac],
  },
  { what: 'one key frame', file: 'a.mp4', args: [...pictures('25'), ...h264, '-g', '900'] },
  {
    what: 'an odd frame rate in a Matroska',
    file: 'a.mkv',
    args: [...pictures('30000/1001'), ...tone, ...h264, '-g', '48', ...aac],
  },
  {
    what: 'fields',
    file: 'a.mp4',
    args: [
      ...pictures('50'),
      '-vf',
      'interlace',
      ...h264,
      '-g',
      '25',
      '-flags',
      '+ildct+ilme',
      '-x264-params',
      'tff=1',
    ],
  },
  {
    what: '10 bits, HEVC',
    file: 'a.mp4',
    preset: 'hevc-1080p',
    args: [
      ...pictures('25', ',format=yuv420p10le'),
      ...['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'keyint=50:log-level=error'],
    ],
  },
  {
    what: 'VP9 in a WebM',
    file: 'a.mp4',
    preset: 'vp9-720p',
    args: [...pictures('24'), ...tone, ...h264, '-g', '48', ...aac],
  },
  {
    what: 'an open end and open groups',
    file: 'a.mkv',
    args: [
      ...pictures('25'),
      ...[
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-bf',
        '3',
        '-g',
        '40',
        '-x264-params',
        'open-gop=1:keyint=40:min-keyint=40',
      ],
    ],
  },
]

it.each(some(CASES, 4))('$what', async ({ file, args, preset = 'h264-720p', change, isLastGuessed = false }) => {
  const path = join(await aFolder(), file)
  execFileSync(FFMPEG, ['-v', 'error', ...args, path])
  const { whole, split, parts } = await bothWays(path, preset, change)
  expect(parts).toBeGreaterThan(2)
  expect(packetsOf(split, 'v')).toHaveLength(packetsOf(whole, 'v').length)
  expect(shownAt(split)).toEqual(shownAt(whole))
  expect(packetsOf(split, 'a')).toEqual(packetsOf(whole, 'a'))
  expect(formOf(split)).toEqual(formOf(whole))
  if (isLastGuessed) expect(Math.abs(lengthOf(split) - lengthOf(whole))).toBeLessThan(40_000)
  else expect(lengthsOf(split)).toEqual(lengthsOf(whole))
})

it.each(some(['late-video', 'rotated-90'] as const, 2))('%s', async (name) => {
  const folder = await aFolder()
  const path = join(folder, 'long.mp4')
  const clip = await makeClip((name === 'rotated-90' ? name : 'h264-aac-6s') as ClipName)
  if (name === 'rotated-90') {
    execFileSync(FFMPEG, ['-v', 'error', '-stream_loop', '2', '-i', clip, '-c', 'copy', path])
  } else {
    const late = ['-itsoffset', '0.6', '-i', clip, '-i', clip, '-map', '0:v', '-map', '1:a', '-c', 'copy']
    execFileSync(FFMPEG, ['-v', 'error', ...late, path])
  }
  const { whole, split, parts } = await bothWays(path, 'h264-720p')
  expect(parts).toBeGreaterThan(2)
  expect(shownAt(split)).toEqual(shownAt(whole))
  expect(packetsOf(split, 'a')).toEqual(packetsOf(whole, 'a'))
  expect(formOf(split)).toEqual(formOf(whole))
  expect(lengthsOf(split)).toEqual(lengthsOf(whole))
})

async function bothWays(path: string, preset: string, change?: (recipe: Preset) => void) {
  const frames = await listFrames({
    file: path,
    ffprobe: FFPROBE,
    stream: 0,
    container: path.endsWith('mkv') ? 'matroska,webm' : 'mov,mp4,m4a,3gp,3g2,mj2',
    timeoutMs: 10_000,
  })
  const output = anOutput(preset, change)
  const one = await encoder.encode({ path }, [output])
  const many = await encoder.encode({ path }, [{ ...output, split: { segmentMs: 1_300 } }], { frames })
  const made = many.outputs[preset]!
  expect(many.groups[0]!.outputs[0]!.warnings.filter(({ code }) => code === 'NOT_SPLIT')).toEqual([])
  return { whole: one.outputs[preset]!, split: made, parts: many.groups[0]!.passes.length - 1 }
}

const ask = (path: string, ...args: string[]) =>
  execFileSync(FFPROBE, ['-v', 'error', '-of', 'csv=p=0', ...args, path], { encoding: 'utf8' })
const packetsOf = ({ path }: Encoded, kind: 'v' | 'a') =>
  ask(path, '-select_streams', kind, '-show_entries', 'packet=pts,duration')
    .split('\n')
    .filter((line) => line !== '')
const shownAt = (output: Encoded) =>
  packetsOf(output, 'v')
    .map((line) => Number(line.split(',')[0]))
    .sort((a, b) => a - b)
const lengthOf = ({ probe }: Encoded) => probe.streams.find(({ type }) => type === 'video')!.durationUs!
const lengthsOf = ({ path }: Encoded) => ask(path, '-show_entries', 'stream=duration,avg_frame_rate')
/** Streams, when they begin, what is said of them. */
const formOf = ({ path }: Encoded) =>
  ask(
    path,
    '-show_entries',
    'format=start_time,nb_streams:stream=codec_name,codec_tag_string,width,height,pix_fmt,start_time,color_space,field_order:stream_tags=language:stream_disposition=default',
  )
