/** Animations: GIF and WebP, held against plain ffmpeg on the same input. */
import { readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ClipName, makeClip } from '../../fixtures/media/recipes.js'
import type { Preset, ProbeStream } from '../../src/contract/index.js'
import { planEncode } from '../../src/plan/index.js'
import { probeWebp } from '../../src/verify/webp.js'
import { anOutput, type Encoded, useEncoder } from '../helpers/encode.js'
import { aFolder } from '../helpers/folder.js'
import { some } from '../helpers/long.js'
import { ssim } from '../helpers/ssim.js'

type Video = Partial<NonNullable<Preset['video']>>

const encoder = useEncoder()
const videoOf = ({ probe }: Encoded): ProbeStream => probe.streams.find(({ type }) => type === 'video')!
const small = (name: string, video: Video = {}) =>
  anOutput(name, (recipe) => Object.assign(recipe.video!, { width: 160, height: 160 }, video))

async function make(clip: ClipName, name: string, video: Video = {}, more = {}): Promise<Encoded> {
  return (await encoder.encode(clip, [small(name, video)], more)).outputs[name]!
}

describe.each(['gif', 'webp'])('an animated %s', (name) => {
  it('has the size, the length and the pictures that were asked for', async () => {
    const output = await make('h264-aac', name, { frameRate: 10 })
    expect(output.probe.container).toBe(name)
    expect(videoOf(output)).toMatchObject({ width: 160, height: 90, codec: name })
    expect(output.probe.durationUs! / 1e6).toBeCloseTo(2, 1)
    expect(output.verified).toMatchObject({ duration: true, streams: true })
    expect(output.warnings).toEqual([])
    if (name === 'gif') expect(output.frames).toBe(20)
    else expect(videoOf(output).frames).toBe(20)
  })

  it('is of a part of the input', async () => {
    const output = await make('h264-aac-6s', name, { frameRate: 10 }, { startMs: 1_000, endMs: 2_500 })
    expect(output.probe.durationUs! / 1e6).toBeCloseTo(1.5, 1)
    expect(output.verified.duration).toBe(true)
  })

  it.each<ClipName>(some(['portrait', 'vfr', 'interlaced', 'one-key-frame-ts', 'gif', 'apng', '50-fps'], 2))(
    'is made of %s, whole',
    async (clip) => {
      const output = await make(clip, name)
      expect(output.verified.duration).toBe(true)
      expect(output.warnings).toEqual([])
    },
  )

  it('plays again and again', async () => {
    const bytes = await readFile((await make('h264-aac', name, { frameRate: 5 })).path)
    if (name === 'gif') expect(bytes.indexOf(Buffer.from('NETSCAPE2.0\x03\x01\0\0', 'latin1'))).toBeGreaterThan(0)
    // Of ANIM: the length, the colour behind it, then how often.
    else expect(bytes.readUInt16LE(bytes.indexOf('ANIM') + 12)).toBe(0)
  })

  it('is refused where it would be a film: the limit, and what there would be', async () => {
    const inputPath = await makeClip('h264-aac')
    const probe = await encoder.prober.probe(inputPath)
    const long = {
      ...probe,
      durationUs: 7_200e6,
      streams: probe.streams.map((stream) => ({ ...stream, durationUs: 7_200e6, frames: 180_000 })),
    }
    const cuts = { startMs: null, endMs: null, expectedDurationMs: null }
    const plan = (video: Video, more = {}) =>
      planEncode({
        ...{ inputPath, probe: long, outputs: [small(name, video)], capabilities: encoder.capabilities },
        ...{ ...cuts, ...more },
      })
    expect(() => plan({ frameRate: 10 })).toThrow(
      expect.objectContaining({
        code: 'TOO_MANY_PICTURES',
        message: expect.stringMatching(/ has at most 3000 pictures of 160x90 pixels; this one would have 72000\.$/),
      }),
    )
    expect(() => plan({ frameRate: 10, width: 3840, height: 2160, fit: 'stretch' }, { endMs: 13_000 })).toThrow(
      expect.objectContaining({ message: expect.stringContaining('at most 120 pictures of 3840x2160') }),
    )
    expect(plan({ frameRate: 10 }, { startMs: 60_000, endMs: 360_000 })).toHaveLength(1)
    // How many pictures of its own a part has, nobody knows.
    for (const stream of long.streams) Object.assign(stream, { constantFrameRate: false, frameRate: null })
    const own = { frameRate: undefined as never, maxFrameRate: null }
    expect(() => plan(own)).toThrow(expect.objectContaining({ message: expect.stringContaining('have 180000.') }))
    expect(plan(own, { endMs: 10_000 })).toHaveLength(1)
  })
})

describe('the picture of an animation', () => {
  it('is that of the film, colours too', async () => {
    const { path } = await make('h264-aac', 'gif', { frameRate: 25, width: 320, height: 320 })
    expect(await ssim(path, await makeClip('h264-aac'), 'null')).toBeGreaterThan(0.85)
  })

  it('has as many pictures as came, where only a bound is given', async () => {
    const { outputs } = await encoder.encode('vfr', [small('gif', { maxFrameRate: 50, frameRate: undefined as never })])
    expect(outputs.gif!.frames).toBe(25)
    expect(outputs.gif!.verified.duration).toBe(true)
  })
})

describe('a WebP that is read by its chunks', () => {
  it('is refused where it is cut off or no WebP', async () => {
    const { path } = await make('h264-aac', 'webp', { frameRate: 5 })
    expect((await probeWebp(path)).streams[0]!.frames).toBe(10)
    await truncate(path, 3_000)
    await expect(probeWebp(path)).rejects.toMatchObject({ code: 'OUTPUT_INVALID', message: /cut off/ })
    const other = join(await aFolder(), 'other.webp')
    await writeFile(other, 'RIFF\x04\0\0\0WAVE')
    await expect(probeWebp(other)).rejects.toMatchObject({ code: 'OUTPUT_INVALID' })
    await expect(probeWebp(join(other, 'missing'))).rejects.toMatchObject({ code: 'OUTPUT_INVALID' })
  })

  it('may be a single picture, with the size it tells of itself', async () => {
    const { streams } = await probeWebp(await makeClip('webp'))
    expect(streams).toMatchObject([{ frames: 1, durationUs: null, width: 320, height: 180 }])
  })

  it('needs an encoder that this ffmpeg has', async () => {
    const encoders = new Set([...encoder.capabilities.encoders].filter((each) => !each.startsWith('libwebp')))
    const inputPath = await makeClip('h264-aac')
    const probe = await encoder.prober.probe(inputPath)
    const cuts = { startMs: null, endMs: null, expectedDurationMs: null }
    const capabilities = { ...encoder.capabilities, encoders }
    expect(() => planEncode({ inputPath, probe, outputs: [small('webp')], capabilities, ...cuts })).toThrow(
      'To encode webp, ffmpeg on this worker would need libwebp_anim or libwebp.',
    )
  })
})
