/** Video for editing: ProRes and DNxHR with PCM, held against plain ffmpeg on the same input. */
import { describe, expect, it } from 'vitest'
import { type ClipName, makeClip } from '../../fixtures/media/recipes.js'
import type { Preset, ProbeStream } from '../../src/contract/index.js'
import { resolve, SHIPPED_PRESETS } from '../../src/presets/index.js'
import { checkPicture } from '../../src/verify/check-picture.js'
import { anOutput, type Encoded, useEncoder } from '../helpers/encode.js'
import { some } from '../helpers/long.js'
import { ssim } from '../helpers/ssim.js'

type Profile = NonNullable<NonNullable<Preset['video']>['profile']>

const encoder = useEncoder()
const streamOf = ({ probe }: Encoded, kind: 'video' | 'audio'): ProbeStream =>
  probe.streams.find(({ type }) => type === kind)!

const output = (name: 'prores' | 'dnxhr', profile: Profile) => ({
  ...anOutput(name, (recipe) => Object.assign(recipe.video!, { profile })),
  name: `${name}-${profile}`,
})

const CASES: ['prores' | 'dnxhr', Profile, string][] = [
  ['prores', 'proxy', 'yuv422p10le'],
  ['prores', 'lt', 'yuv422p10le'],
  ['prores', 'standard', 'yuv422p10le'],
  ['prores', 'hq', 'yuv422p10le'],
  ['prores', '4444', 'yuv444p10le'],
  ['dnxhr', 'lb', 'yuv422p'],
  ['dnxhr', 'sq', 'yuv422p'],
  ['dnxhr', 'hq', 'yuv422p'],
  ['dnxhr', 'hqx', 'yuv422p10le'],
  ['dnxhr', '444', 'yuv444p10le'],
]

describe('video for editing', () => {
  it('has the profile that was asked for, all of the picture and the sound as samples', async () => {
    const cases = some(CASES, 4)
    const { outputs } = await encoder.encode(
      'h264-aac',
      cases.map(([name, profile]) => output(name, profile)),
      { endMs: 1_000 },
    )
    const source = await makeClip('h264-aac')
    for (const [name, profile, pixelFormat] of cases) {
      const made = outputs[`${name}-${profile}`]!
      // 4444 may be decoded to 12 bits.
      const read = streamOf(made, 'video').pixelFormat!.replace('yuv444p12le', 'yuv444p10le')
      expect([profile, read]).toEqual([profile, pixelFormat])
      expect(streamOf(made, 'video')).toMatchObject({ profile, width: 320, height: 180, frames: 25, interlaced: false })
      expect(streamOf(made, 'audio')).toMatchObject({ codec: 'pcm_s24le', channels: 1 })
      expect(made.verified).toMatchObject({ duration: true, streams: true })
      expect(made.warnings).toEqual([])
      // What little of a test pattern the small ones keep is still the same picture.
      expect(await ssim(made.path, source, 'null'), `${name} ${profile}`).toBeGreaterThan(0.8)
    }
  }, 120_000)

  it.each<[ClipName, 'prores' | 'dnxhr']>(
    some(
      [
        ['interlaced', 'prores'],
        ['portrait', 'prores'],
        ['vfr', 'prores'],
        ['50-fps', 'dnxhr'],
        ['two-audio', 'prores'],
      ],
      3,
    ),
  )('is made of %s by %s', async (clip, name) => {
    const made = (await encoder.encode(clip, [name])).outputs[name]!
    expect(made.verified.duration).toBe(true)
  })

  it('keeps high dynamic range in ten bits', async () => {
    const { outputs } = await encoder.encode('hdr10', ['prores', output('dnxhr', 'hqx')])
    expect(streamOf(outputs.prores!, 'video').transfer).toBe('smpte2084')
    // A MOV by ffmpeg 4 says nothing of colours, and DNxHR nothing by itself.
    if (encoder.capabilities.major >= 5) expect(streamOf(outputs['dnxhr-hqx']!, 'video').transfer).toBe('smpte2084')
    expect(streamOf(outputs['dnxhr-hqx']!, 'video').pixelFormat).toBe('yuv422p10le')
  })

  it('is refused where it is too small for the codec', async () => {
    const small = anOutput('dnxhr', (recipe) => Object.assign(recipe.video!, { width: 160, height: 90 }))
    await expect(encoder.encode('h264-aac', [small])).rejects.toMatchObject({
      code: 'CODEC_NOT_ALLOWED',
      message: 'The output would have 160x90 pixels; dnxhr needs at least 256x120.',
    })
  })

  it('is refused where it turns out to have another profile', async () => {
    const made = (await encoder.encode('h264-aac', ['prores'], { endMs: 200 })).outputs.prores!
    const expected = { size: null, frameRate: null, transfer: null, masteringDisplay: false }
    expect(() => checkPicture(made.probe, { ...expected, profile: 'lt' })).toThrow('has the profile hq instead of lt')
    expect(checkPicture(made.probe, { ...expected, profile: 'hq' })).toEqual([])
  })
})

describe('a profile', () => {
  const asked = (name: string, profile: Profile) => () =>
    resolve(SHIPPED_PRESETS.find((preset) => preset.name === name)!, { video: { profile } })
  const fault = (detail: string) => expect.objectContaining({ errors: [{ pointer: '/video/profile', detail }] })

  it('is one of its codec', () => {
    expect(asked('prores', '4444')().video).toMatchObject({ codec: 'prores', profile: '4444' })
    expect(asked('prores', 'hqx')).toThrow(fault('of prores is one of proxy, lt, standard, hq, 4444'))
    expect(asked('dnxhr', 'proxy')).toThrow(fault('of dnxhr is one of lb, sq, hq, hqx, 444'))
    expect(asked('h264-720p', 'hq')).toThrow(fault('does not apply to h264'))
  })
})
