/** What is drawn on the picture, held against what plain ffmpeg draws. */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClipName, makeClip } from '../../fixtures/media/recipes.js'
import type { DrawnText, Preset, Probe, Watermark } from '../../src/contract/index.js'
import { POSITIONS } from '../../src/contract/index.js'
import { shippedFont } from '../../src/fonts/index.js'
import type { PlanInput, PresetOutput } from '../../src/plan/index.js'
import { anOutput, type Encoded, useEncoder } from '../helpers/encode.js'
import { aFolder } from '../helpers/folder.js'
import { long } from '../helpers/long.js'
import { pixelAt, ssim } from '../helpers/ssim.js'

type Video = Partial<NonNullable<Preset['video']>>

const encoder = useEncoder()
const images = new Map<string, Probe>()
/** Red above, half of it seen through, blue below, and nothing at its right. */
let logo: string
let white: string
let black: string
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-drawn-'))
  const file = (name: string) => join(folder, name)
  const make = (...args: string[]) => execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-f', 'lavfi', '-i', ...args])
  ;[logo, white, black] = [file("it's [a] logo, 100%;.png"), file('white.jpg'), file('black.mp4')] as const
  const alpha = "r='if(lt(Y,32),255,0)':g=0:b='if(lt(Y,32),0,255)':a='if(gte(X,48),0,if(lt(Y,32),128,255))'"
  make('color=black:s=64x64', '-vf', `format=rgba,geq=${alpha}`, '-frames:v', '1', logo)
  make('color=white:s=64x64', '-frames:v', '1', white)
  make('color=black:s=320x180:d=1:r=25', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', black)
  for (const path of [logo, white]) images.set(path, await encoder.prober.probe(path))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

const output = (name: string, video: Video, preset = 'h264-360p'): PresetOutput => ({
  ...anOutput(preset, (recipe) => Object.assign(recipe.video!, recipe.video!.crf === null ? {} : { crf: 8 }, video)),
  name,
})

async function make(input: ClipName | { path: string }, outputs: PresetOutput[], more: Partial<PlanInput> = {}) {
  return (await encoder.encode(input, outputs, { images, ...more })).outputs
}

const watermark = (more: Partial<Watermark> = {}): Video => ({ watermark: { uri: logo, ...more } })
const text = (template: string, more: Partial<DrawnText> = {}): Video => ({ text: { template, ...more } })
const video = ({ probe }: Encoded) => probe.streams.find(({ type }) => type === 'video')!
const isRed = ([r, g, b]: number[]) => r! > 90 && g! < 60 && b! < 60
const isBlue = ([r, g, b]: number[]) => r! < 60 && g! < 60 && b! > 200
const isWhite = (rgb: number[]) => rgb.every((value) => value > 230)
const isBlack = (rgb: number[]) => rgb.every((value) => value < 25)

/** By hand; the logo is 20 % of 320 pixels, the margin 3 % of 180. */
const byHand = (at: string, path: string) =>
  `null[base];movie=filename=${quoted(path)},format=rgba,scale=64:64[logo];[base][logo]overlay=${at}`
const quoted = (path: string) => path.replaceAll(/[\\':]/g, '\\$&').replaceAll(/[\\'[\],;]/g, '\\$&')

describe('a watermark', () => {
  it('is what plain ffmpeg draws, and changes neither length nor frames', async () => {
    const made = await make('h264-aac', [
      output('plain', {}),
      output('drawn', watermark({ width: 20 })),
      output('faint', watermark({ width: 20, position: 'top-left', margin: 0, opacity: 0.5 })),
      output('turned', { rotate: 90, ...watermark({ width: 20, position: 'bottom' }) }),
      output('framed', {
        fit: 'pad',
        width: 320,
        height: 320,
        ...watermark({ width: 20, position: 'top-right', margin: 0 }),
      }),
    ])
    const source = await makeClip('h264-aac')
    expect(await ssim(made.drawn!.path, source, byHand('W-w-5:H-h-5', logo))).toBeGreaterThan(0.99)
    expect(await ssim(made.drawn!.path, source)).toBeLessThan(0.98)
    const faint = byHand('0:0', logo).replace('scale=64:64', 'scale=64:64,colorchannelmixer=aa=0.5')
    expect(await ssim(made.faint!.path, source, faint)).toBeGreaterThan(0.99)
    const turned = `transpose=clock,${byHand('(W-w)/2:H-h-5', logo).replace('64:64', '36:36')}`
    expect(await ssim(made.turned!.path, source, turned)).toBeGreaterThan(0.98)
    const framed = `pad=320:320:0:70,${byHand('W-w:0', logo)}`
    expect(await ssim(made.framed!.path, source, framed)).toBeGreaterThan(0.98)
    for (const each of Object.values(made)) {
      expect(each.frames).toBe(made.plain!.frames)
      expect(each.probe.durationUs).toBe(made.plain!.probe.durationUs)
      expect(each.verified.duration).toBe(true)
    }
  }, 60_000)

  long(
    'lies in nine places, and on pictures of every kind',
    async () => {
      const made = await make({ path: black }, [
        ...POSITIONS.map((position) => output(position, watermark({ position, margin: 0, width: 10 }))),
        output('gif', watermark({ position: 'top-left', margin: 0, width: 10 }), 'gif'),
        output('poster', watermark({ position: 'top-left', margin: 0, width: 10 }), 'poster'),
        output('prores', watermark({ position: 'top-left', margin: 0, width: 10 }), 'prores'),
        output('4444', { profile: '4444', ...watermark({ position: 'top-left', margin: 0, width: 10 }) }, 'prores'),
        output('dnxhr', watermark({ position: 'top-left', margin: 0, width: 10 }), 'dnxhr'),
      ])
      for (const position of POSITIONS) {
        const x = position.includes('left') ? 0 : position.includes('right') ? 288 : 144
        const y = position.includes('top') ? 0 : position.includes('bottom') ? 148 : 74
        const { path } = made[position]!
        expect(isBlue(await pixelAt(path, x + 10, y + 24)), position).toBe(true)
        expect(isRed(await pixelAt(path, x + 10, y + 8)), position).toBe(true)
        expect(isBlack(await pixelAt(path, x + 28, y + 24)), position).toBe(true)
      }
      for (const name of ['gif', 'poster', 'prores', '4444', 'dnxhr']) {
        const { path } = made[name]!
        expect(isBlue(await pixelAt(path, 10, 24)), `${name} ${await pixelAt(path, 10, 24)}`).toBe(true)
        expect(isRed(await pixelAt(path, 10, 8)), `${name} ${await pixelAt(path, 10, 8)}`).toBe(true)
        expect(isBlack(await pixelAt(path, 28, 24)), name).toBe(true)
      }
    },
    60_000,
  )

  long(
    'is shown for as long as it is to be, on the clock of the output',
    async () => {
      const from = (startMs: number, endMs: number) => watermark({ position: 'top-left', margin: 0, startMs, endMs })
      const at = async (path: string, ms: number) => {
        const still = join(await aFolder(), 'still.png')
        const first = `select=gte(t\\,${(ms - 1) / 1_000})`
        execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-vf', first, '-frames:v', '1', still])
        return isBlue(await pixelAt(still, 10, 36))
      }
      const range = { startMs: 400, endMs: 1_400 }
      const whole = await make('h264-aac', [output('whole', from(400, 800))], {})
      const part = await make('h264-aac-ts', [output('part', from(400, 800))], range)
      const file = {
        inputPath: await makeClip('h264-aac'),
        probe: await encoder.prober.probe(await makeClip('h264-aac')),
      }
      const clip = { ...file, startMs: null, endMs: null, expectedDurationMs: null }
      const joined = await make('h264-aac', [output('joined', from(1_200, 2_000)), output('too', from(0, 400))], {
        clips: [{ ...clip, speed: 2 }, clip],
      })
      const shown = (path: string, ...times: number[]) => Promise.all(times.map((ms) => at(path, ms)))
      expect(await shown(whole.whole!.path, 360, 400, 760, 800)).toEqual([false, true, true, false])
      expect(await shown(part.part!.path, 340, 430, 730, 850)).toEqual([false, true, true, false])
      expect(await shown(joined.joined!.path, 1_160, 1_200, 1_960, 2_000)).toEqual([false, true, true, false])
      // Frames of the faster input lie on the encoder's clock, up to one of them later than the filters saw them.
      expect(await shown(joined.too!.path, 0, 340, 440)).toEqual([true, true, false])
    },
    60_000,
  )

  it('keeps high dynamic range, and is as bright in it as a white wall', async ({ skip }) => {
    if (!encoder.capabilities.filters.has('zscale')) skip()
    const drawn = { watermark: { uri: white, position: 'top-left' as const, margin: 0, width: 50 } }
    const made = await make('hdr10', [
      output('high', { ...drawn, ...text('M', { position: 'right', size: 50, margin: 0 }) }, 'hevc-1080p'),
      output('standard', { ...drawn, dynamicRange: 'standard' }, 'hevc-1080p'),
    ])
    expect(video(made.high!)).toMatchObject({ transfer: 'smpte2084', pixelFormat: 'yuv420p10le' })
    // 203 cd/m² are 58 % in PQ: 64 + 0.58 * 876.
    expect(await lumaAt(made.high!.path, 20, 20)).toBeGreaterThan(555)
    expect(await lumaAt(made.high!.path, 20, 20)).toBeLessThan(585)
    expect(await lumaAt(made.standard!.path, 20, 20)).toBeGreaterThan(900)
  }, 60_000)

  long(
    'is drawn in the frame that is left without bars, of several inputs too',
    async () => {
      const path = await makeClip('letterbox')
      const clip = {
        inputPath: path,
        probe: await encoder.prober.probe(path),
        startMs: null,
        endMs: null,
        expectedDurationMs: null,
      }
      const outputs = ['one', 'two'].map((name) =>
        output(name, { crop: 'auto', ...watermark({ position: 'top-left', margin: 0 }) }),
      )
      for (const clips of [undefined, [clip, clip]]) {
        const made = await make('letterbox', outputs, clips && { clips })
        for (const each of Object.values(made)) expect(isBlue(await pixelAt(each.path, 10, 36))).toBe(true)
      }
    },
    60_000,
  )
})

describe('a text', () => {
  it('is drawn letter by letter, whatever it would mean to a filter', async () => {
    const template = "%{{pts}} 'a' \\n \\ : , ; [b] {{c}} % $(x)\nsecond"
    const made = await make('video-only', [
      output('text', text(template, { size: 10, position: 'top-left', margin: 0 })),
      output('timed', text(`${template}{frame}`, { size: 10, position: 'top-left', margin: 0 })),
    ])
    const file = join(await aFolder(), 'letters.txt')
    await writeFile(file, template.replaceAll(/(\{|\})\1/g, '$1'))
    const drawn = `drawtext=fontfile=${shippedFont().path}:textfile=${file}:expansion=none:fontsize=18:fontcolor=white:x=0:y=0`
    expect(await ssim(made.text!.path, await makeClip('video-only'), drawn)).toBeGreaterThan(0.98)
    expect(await ssim(made.timed!.path, await makeClip('video-only'), drawn)).toBeGreaterThan(0.96)
    expect(await ssim(made.text!.path, await makeClip('video-only'))).toBeLessThan(0.97)
  }, 60_000)

  it('follows the film, from the beginning of the part', async () => {
    const big = { size: 20, position: 'top-left', margin: 0 } as const
    const range = { startMs: 400, endMs: 1_400 }
    const made = await make('h264-aac-ts', [output('text', text('{frame} {time}', big))], range)
    const font = `drawtext=fontfile=${shippedFont().path}`
    const byHand = `trim=start=0.4:end=1.4,setpts=PTS-STARTPTS,${font}:text='%{n} %{pts\\:hms}':fontsize=36:fontcolor=white:x=0:y=0`
    expect(await ssim(made.text!.path, await makeClip('h264-aac'), byHand)).toBeGreaterThan(0.97)
  }, 60_000)

  it('has a box, a colour, and what is known of the job in it', async () => {
    const more = { size: 20, background: '#FFFFFF', colour: '#FFFFFF', position: 'bottom-right', margin: 0 } as const
    const said = { title: 'A\ntitle', file: 'film', job: 'x', date: '2026-01-01' }
    const { outputs, groups } = await encoder.encode(
      { path: black },
      [
        output('boxed', text('{title} {file} {name} {job} {date}', more)),
        output('faint', text('MMMM', { ...more, opacity: 0 })),
      ],
      { said },
    )
    const drawn = groups.flatMap((group) => group.outputs.map((each) => each.drawn!.text!.text))
    expect(drawn).toEqual(['A title film boxed x 2026-01-01', 'MMMM'])
    expect(isWhite(await pixelAt(outputs.boxed!.path, 310, 170))).toBe(true)
    expect(isBlack(await pixelAt(outputs.faint!.path, 310, 170))).toBe(true)
  }, 60_000)
})

async function lumaAt(path: string, x: number, y: number): Promise<number> {
  const args = [
    '-v',
    'error',
    '-i',
    path,
    '-vf',
    `crop=2:2:${x}:${y},format=yuv420p10le`,
    '-frames:v',
    '1',
    '-f',
    'rawvideo',
    '-',
  ]
  return execFileSync('ffmpeg', args).readUInt16LE(0)
}
