import { describe, expect, it } from 'vitest'
import type { Preset } from '../../../src/contract/index.js'
import { anAudio, anOutput, aProbe, aVideo, codeOf, NEW_FFMPEG, option, plan } from './inputs.js'

type Capabilities = typeof NEW_FFMPEG

const probe = aProbe([aVideo(), anAudio()])
const args = (name: string, change: (recipe: Preset) => void = () => {}, capabilities: Capabilities = NEW_FFMPEG) =>
  plan(probe, [anOutput(name, change)], { capabilities })[0]!.passes.at(-1)!.args
const without = (...names: string[]): Capabilities => ({
  ...NEW_FFMPEG,
  encoders: new Set([...NEW_FFMPEG.encoders].filter((name) => !names.includes(name))),
})

describe('video encoders', () => {
  it.each([
    ['h264-720p', 'libx264', { '-preset': 'medium', '-crf': '23' }],
    ['hevc-1080p', 'libx265', { '-preset': 'fast', '-crf': '26', '-tag:v:0': 'hvc1' }],
    ['vp9-720p', 'libvpx-vp9', { '-crf': '33', '-b:v': '0', '-cpu-used': '2', '-row-mt': '1' }],
    ['av1-1080p', 'libsvtav1', { '-preset': '8', '-crf': '32' }],
    ['poster', 'mjpeg', { '-q:v': '3', '-frames:v': '1' }],
  ])('%s', (name, encoder, options) => {
    const used = args(name)
    expect(option(used, '-c:v')).toBe(encoder)
    for (const [key, value] of Object.entries(options)) expect(option(used, key)).toBe(value)
  })

  it('aims at a bitrate with room for bursts', () => {
    const used = args('h264-720p', ({ video }) => Object.assign(video!, { crf: null, bitrate: 1_000_000 }))
    expect(['-b:v', '-maxrate:v', '-bufsize:v', '-crf'].map((name) => option(used, name))).toEqual([
      '1000000',
      '1500000',
      '2000000',
      undefined,
    ])
  })

  it('falls back to libaom for AV1, whose steps end sooner', () => {
    const used = args('av1-1080p', ({ video }) => Object.assign(video!, { speed: '10' }), without('libsvtav1'))
    expect([option(used, '-c:v'), option(used, '-cpu-used'), option(used, '-b:v')]).toEqual(['libaom-av1', '8', '0'])
  })

  it('takes libaom for two passes, which SVT-AV1 can not do in ffmpeg', () => {
    const twice = ({ video }: Preset) => Object.assign(video!, { crf: null, bitrate: 900_000, passes: 2 })
    expect(option(args('av1-1080p', twice), '-c:v')).toBe('libaom-av1')
    expect(codeOf(() => args('av1-1080p', twice, without('libaom-av1')))).toBe('ENCODER_NOT_AVAILABLE')
  })

  it('gives SVT-AV1 before 5.1 a quantizer, as it knows no quality', () => {
    const used = args('av1-1080p', undefined, { ...NEW_FFMPEG, major: 5, minor: 0 })
    expect([option(used, '-qp'), option(used, '-crf')]).toEqual(['32', undefined])
  })

  it('gives libaom before 4.3 no option that it lacks', () => {
    const old = { ...without('libsvtav1'), major: 4, minor: 2 }
    expect(args('av1-1080p', undefined, old)).not.toContain('-row-mt')
    expect(option(args('av1-1080p', undefined, old), '-strict')).toBe('experimental')
  })

  it.each([
    ['h264-720p', 'libx264'],
    ['hevc-1080p', 'libx265'],
    ['vp9-720p', 'libvpx-vp9'],
    ['poster', 'mjpeg'],
    ['h264-720p', 'aac'],
    ['opus-96k', 'libopus'],
    ['flac', 'flac'],
  ])('%s says that %s is missing', (name, encoder) => {
    expect(() => args(name, undefined, without(encoder))).toThrow(`would need ${encoder}`)
    expect(codeOf(() => args(name, undefined, without(encoder)))).toBe('ENCODER_NOT_AVAILABLE')
  })

  it('takes the second MP3 encoder when the first is missing', () => {
    expect(option(args('mp3-192k', undefined, without('libmp3lame')), '-c:a')).toBe('libshine')
  })
})

describe('containers', () => {
  it.each([
    ['h264-720p', 'mp4', '+faststart'],
    ['aac-128k', 'ipod', '+faststart'],
    ['copy-mp4', 'mp4', '+faststart'],
    ['copy-mkv', 'matroska', undefined],
    ['vp9-720p', 'webm', undefined],
    ['mp3-192k', 'mp3', undefined],
    ['opus-96k', 'ogg', undefined],
    ['flac', 'flac', undefined],
  ])('%s', (name, muxer, movflags) => {
    const output = args(name).slice(args(name).indexOf('-i'))
    expect([option(output, '-f'), option(output, '-movflags')]).toEqual([muxer, movflags])
    expect(option(output, '-map_chapters')).toBe(name.startsWith('copy') ? '0' : '-1')
    expect(output.at(-1)).toMatch(/^out-0\./)
  })
})
