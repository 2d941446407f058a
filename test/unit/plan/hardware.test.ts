import { describe, expect, it } from 'vitest'
import { ENCODER_CHOICES, familyOf, HARDWARE_FAMILIES, type Preset } from '../../../src/contract/index.js'
import { encodingOf, type UsableEncoder } from '../../../src/plan/index.js'
import { resolve } from '../../../src/presets/index.js'
import { anOutput, aProbe, aVideo, codeOf, NEW_FFMPEG, OLD_FFMPEG, option, plan, preset } from './inputs.js'

type Video = NonNullable<Preset['video']>

const usable = (name: string, more: Partial<UsableEncoder> = {}): UsableEncoder => {
  const { family } = familyOf(name)!
  const device = family === 'nvenc' ? 'nvidia' : 'render'
  return { name, tenBits: true, node: device === 'render' ? '/dev/dri/renderD129' : null, device, sessions: 2, ...more }
}
const film = (encoder: Video['encoder'], name = 'h264-720p', more: Partial<Video> = {}) =>
  anOutput(name, (recipe) => Object.assign(recipe.video!, { encoder, ...more }))
const probe = (facts: Parameters<typeof aVideo>[0] = {}) => aProbe([aVideo(facts)])
const argsOf = (output: ReturnType<typeof film>, hardware: UsableEncoder[], facts = {}) =>
  plan(probe(facts), [output], { hardware })[0]!.passes[0]!.args
const named = (output: ReturnType<typeof film>, i = 0) => ({ ...output, name: `${output.name}-${i}` })

describe('which encoder', () => {
  it('is software unless the recipe says otherwise, whatever the worker has', () => {
    expect(option(argsOf(film(undefined), [usable('h264_nvenc')]), '-c:v')).toBe('libx264')
    expect(option(argsOf(film('software'), [usable('h264_nvenc')]), '-c:v')).toBe('libx264')
  })

  it('is for auto the first that makes the codec, in the order of families, and software without one', () => {
    const all = [usable('h264_vaapi'), usable('hevc_nvenc'), usable('h264_nvenc')]
    expect(option(argsOf(film('auto'), all), '-c:v')).toBe('h264_nvenc')
    expect(option(argsOf(film('auto'), [usable('hevc_nvenc'), usable('h264_vaapi')]), '-c:v')).toBe('h264_vaapi')
    expect(option(argsOf(film('auto'), [usable('hevc_nvenc')]), '-c:v')).toBe('libx264')
    expect(option(argsOf(film('auto', 'vp9-720p'), all), '-c:v')).toBe('libvpx-vp9')
  })

  it('is software for auto where only that does it: two passes, the mastering display, odd sizes, 10 bits', () => {
    const both = [usable('h264_nvenc'), usable('hevc_nvenc')]
    expect(option(argsOf(film('auto', 'h264-720p-2pass'), both), '-c:v')).toBe('libx264')
    expect(
      option(argsOf(film('auto'), both, { width: 160, height: 90, displayHeight: 90, displayWidth: 160 }), '-c:v'),
    ).toBe('libx264')
    const deep = { pixelFormat: 'yuv420p10le' }
    expect(option(argsOf(film('auto', 'hevc-1080p'), both, deep), '-c:v')).toBe('hevc_nvenc')
    expect(option(argsOf(film('auto', 'hevc-1080p'), [usable('hevc_nvenc', { tenBits: false })], deep), '-c:v')).toBe(
      'libx265',
    )
    const masteringDisplay = {
      red: [0.7, 0.3],
      green: [0.2, 0.8],
      blue: [0.1, 0],
      white: [0.3, 0.3],
      minLuminance: 0,
      maxLuminance: 1_000,
    }
    const hdr = { ...deep, transfer: 'smpte2084', hdr: { masteringDisplay, contentLight: null, dolbyVision: null } }
    expect(option(argsOf(film('auto', 'hevc-1080p'), both, hdr), '-c:v')).toBe('libx265')
  })

  it('is what is named or nothing', () => {
    expect(option(argsOf(film('vaapi'), [usable('h264_nvenc'), usable('h264_vaapi')]), '-c:v')).toBe('h264_vaapi')
    expect(option(argsOf(film('h264_nvenc'), [usable('h264_nvenc', { sessions: 0 })]), '-c:v')).toBe('h264_nvenc')
    expect(codeOf(() => argsOf(film('nvenc'), []))).toBe('HARDWARE_FAILED')
    const hdr = { pixelFormat: 'yuv420p10le', transfer: 'smpte2084' }
    const shallow = [usable('hevc_nvenc', { tenBits: false })]
    expect(codeOf(() => argsOf(film('nvenc', 'hevc-1080p'), shallow, hdr))).toBe('ENCODER_NOT_AVAILABLE')
    // Of standard range nothing is lost that shows.
    expect(option(argsOf(film('nvenc', 'hevc-1080p'), shallow, { pixelFormat: 'yuv420p10le' }), '-vf')).toMatch(
      /,format=nv12$/,
    )
  })

  it('uses no more sessions of a device than there are, those of families on one card together', () => {
    const outputs = [0, 1, 2].map((i) => named(film('auto'), i))
    const groups = plan(probe(), outputs, {
      hardware: [usable('h264_qsv', { sessions: 1 }), usable('h264_vaapi', { sessions: 1 })],
    })
    const encoders = groups.flatMap((group) => group.outputs.map(({ hardware }) => hardware?.name ?? null))
    expect(encoders).toEqual(['h264_qsv', null, null])
    expect(groups[0]!.passes[0]!.args.filter((arg) => arg.startsWith('h264_') || arg === 'libx264')).toEqual([
      'h264_qsv',
      'libx264',
      'libx264',
    ])
  })
})

describe('its arguments', () => {
  it('upload as the last filter where the family needs it, to the node that the worker found, told once', () => {
    const outputs = [0, 1].map((i) => named(film('vaapi', 'h264-720p', { frameRate: 30, maxFrameRate: null }), i))
    const [group] = plan(probe(), outputs, { hardware: [usable('h264_vaapi')] })
    const { args } = group!.passes[0]!
    expect(option(args, '-vf')).toMatch(/format=yuv420p,.*fps=30,format=nv12,hwupload$/)
    expect(args.filter((arg) => arg === '-vaapi_device')).toHaveLength(1)
    expect(option(args, '-vaapi_device')).toBe('/dev/dri/renderD129')
    // A process of another output is told nothing of it.
    const twice = film('software', 'h264-720p-2pass')
    const [, other] = plan(probe(), [outputs[0]!, twice], { hardware: [usable('h264_vaapi')] })
    expect(other!.passes.flatMap((pass) => pass.args)).not.toContain('-vaapi_device')
    expect(option(argsOf(film('nvenc'), [usable('h264_nvenc')]), '-vf')).toMatch(/,format=nv12$/)
  })

  it('say a quality in the words of each family, as the table in the guide has it', () => {
    const rates = (name: string, crf: number) => {
      const { options } = encodingOf(
        { name, device: '', node: null },
        { crf, bitrate: null },
        { tenBits: false, isNamed: true },
      )
      return options.slice(2).join(' ')
    }
    expect(rates('h264_nvenc', 23)).toBe('-preset medium -rc vbr -cq 23 -b:v 0')
    expect(rates('hevc_qsv', 28)).toBe('-preset medium -global_quality 28')
    expect(rates('h264_vaapi', 23)).toBe('-qp 23')
    expect(rates('h264_amf', 23)).toBe('-quality balanced -rc cqp -qp_i 23 -qp_p 23 -qp_b 23')
    expect(rates('hevc_amf', 28)).toBe('-quality balanced -rc cqp -qp_i 28 -qp_p 28')
    expect(rates('h264_videotoolbox', 23)).toBe('-q:v 55')
    expect(rates('av1_nvenc', 35)).toBe('-preset medium -rc vbr -cq 28 -b:v 0')
    expect(rates('av1_vaapi', 35)).toBe('-global_quality 140')
    expect(rates('av1_amf', 63)).toBe('-quality balanced -rc cqp -qp_i 255 -qp_p 255')
    // 0 means "as the encoder likes" to some.
    expect(rates('h264_nvenc', 0)).toContain('-cq 1 ')
    expect(rates('h264_videotoolbox', 51)).toBe('-q:v 1')
  })

  it('bound a bit rate as in software', () => {
    const rate = (hardware: UsableEncoder[]) => {
      const args = argsOf(film('auto', 'h264-720p', { crf: null, bitrate: 1_000_000 }), hardware)
      return ['-b:v', '-maxrate:v', '-bufsize:v'].map((name) => option(args, name))
    }
    expect(rate([usable('h264_nvenc')])).toEqual(['1000000', '1500000', '2000000'])
    expect(rate([usable('h264_nvenc')])).toEqual(rate([]))
  })

  it('are the same for old and new ffmpegs', () => {
    const of = (capabilities: typeof NEW_FFMPEG) =>
      plan(probe(), [film('auto')], { capabilities, hardware: [usable('h264_nvenc')] })[0]!.outputs[0]!.hardware
    expect(of(OLD_FFMPEG)).toEqual(of(NEW_FFMPEG))
  })
})

describe('a request', () => {
  const faults = (name: string, encoder: Video['encoder']) => {
    try {
      resolve(preset(name), { video: { encoder } } as Parameters<typeof resolve>[1])
      return null
    } catch (error) {
      return (error as { errors: { pointer: string; detail: string }[] }).errors
    }
  }

  it('may ask of any film for software or auto', () => {
    for (const name of ['h264-720p', 'vp9-720p', 'h264-720p-2pass']) {
      expect(faults(name, 'auto')).toBeNull()
      expect(faults(name, 'software')).toBeNull()
    }
  })

  it('is refused where what it names does not make the codec, or looks once', () => {
    const [pointer, detail] = ['/video/encoder', expect.any(String)]
    expect(faults('vp9-720p', 'nvenc')).toEqual([
      { pointer, detail: expect.stringContaining('h264, hevc, av1, not vp9') },
    ])
    expect(faults('av1-1080p', 'videotoolbox')).toEqual([
      { pointer, detail: expect.stringContaining('h264, hevc, not av1') },
    ])
    expect(faults('hevc-1080p', 'h264_nvenc')).toEqual([{ pointer, detail: expect.stringContaining('h264, not hevc') }])
    expect(faults('h264-720p-2pass', 'qsv')).toEqual([
      { pointer, detail: expect.stringContaining('h264_qsv has no two passes') },
    ])
    expect(faults('poster', 'auto')).toEqual([{ pointer, detail }])
    expect(faults('copy-mp4', 'auto')).toEqual([{ pointer, detail }])
  })

  it('may name every family and every encoder of one', () => {
    for (const encoder of ENCODER_CHOICES) {
      const codec = familyOf(encoder)?.codec ?? 'h264'
      expect(faults({ h264: 'h264-720p', hevc: 'hevc-1080p', av1: 'av1-1080p' }[codec], encoder)).toBeNull()
    }
    expect(HARDWARE_FAMILIES.every((family) => ENCODER_CHOICES.includes(family))).toBe(true)
  })
})
