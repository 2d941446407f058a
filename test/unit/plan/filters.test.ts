import { describe, expect, it } from 'vitest'
import type { Preset, ProbeStream } from '../../../src/contract/index.js'
import { anAudio, anOutput, aProbe, aVideo, NEW_FFMPEG, option, plan } from './inputs.js'

const filters = (name: string, video: Partial<ProbeStream> = {}, change: (recipe: Preset) => void = () => {}) =>
  option(plan(aProbe([aVideo(video)]), [anOutput(name, change)])[0]!.passes[0]!.args, '-vf')!

describe('video filters', () => {
  it.each<[string, Partial<ProbeStream>, string]>([
    ['a landscape', {}, 'scale=1280:720,setsar=1,format=yuv420p'],
    [
      'turned by 90°',
      { rotation: 90, displayWidth: 1080, displayHeight: 1920 },
      'scale=720:1280,setsar=1,format=yuv420p',
    ],
    [
      'wide pixels',
      { width: 720, height: 576, displayWidth: 1024, displayHeight: 576 },
      'scale=1024:576,setsar=1,format=yuv420p',
    ],
    [
      'interlaced',
      { interlaced: true, pixelFormat: 'yuv420p' },
      'yadif=deint=interlaced,scale=1280:720,setsar=1,format=yuv420p',
    ],
    [
      'interlaced 4:2:2',
      { interlaced: true, pixelFormat: 'yuv422p' },
      'scale=interl=-1,format=yuv420p,yadif=deint=interlaced,scale=1280:720,setsar=1,format=yuv420p',
    ],
  ])('%s', (_, video, expected) => expect(filters('h264-720p', video)).toBe(expected))

  it('drops frames beyond the bound, and never repeats one', () => {
    expect(filters('h264-360p', { frameRate: 50 })).toMatch(/^select='/)
    expect(filters('h264-360p', { frameRate: 30 })).not.toContain('select')
    expect(filters('h264-360p', { frameRate: 24, constantFrameRate: false })).toMatch(/^select='/)
    expect(filters('h264-360p', { frameRate: null, constantFrameRate: false })).toMatch(/^select='/)
    for (const name of ['h264-360p', 'h264-720p', 'vp9-720p'])
      expect(filters(name, { frameRate: 120 })).not.toMatch(/\bfps=/)
  })
})

describe('a poster', () => {
  const poster = (outputs: string[], more = {}) =>
    plan(
      aProbe([aVideo(), anAudio()]),
      outputs.map((name) => anOutput(name)),
      more,
    )[0]!.passes[0]!.args

  it.each([[['poster']], [['h264-720p', 'poster']]])('of %j seeks in the input', (names) => {
    const args = poster(names)
    expect(option(args.slice(0, args.indexOf('-i')), '-ss')).toBe('1')
    expect(option(args, '-vf')).toBe(
      'scale=1280:720:in_color_matrix=bt709:out_color_matrix=bt601,setsar=1,format=yuv444p,scale=out_range=full,format=yuv420p,thumbnail=24',
    )
  })

  it('seeks within the range', () => {
    const args = poster(['poster'], { startMs: 4_000, endMs: 6_000 })
    expect(option(args, '-ss')).toBe('4.2')
    expect(args).not.toContain('-t')
  })

  it('does not seek in what it does not know', () => {
    const unknown = aProbe([aVideo({ durationUs: null })], { durationUs: null })
    const { args } = plan(unknown, [anOutput('poster')])[0]!.passes[0]!
    expect(args.join(' ')).not.toContain('-ss')
  })
})

describe('audio', () => {
  const audio = (name: string, facts: Partial<ProbeStream> = {}, channels?: number) => {
    const change = (recipe: Preset) => {
      if (channels !== undefined) recipe.audio!.channels = channels
    }
    const { args } = plan(aProbe([anAudio(facts)]), [anOutput(name, change)], { capabilities: NEW_FFMPEG })[0]!
      .passes[0]!
    return {
      rate: option(args, '-ar:a'),
      layouts: option(args, '-filter:a')?.replace(/.*aformat=channel_layouts=/, ''),
      args,
    }
  }

  it.each([
    ['opus-96k', 44_100, '48000'],
    ['opus-96k', 8_000, '48000'],
    ['opus-96k', null, '48000'],
    ['mp3-192k', 44_100, '44100'],
    ['mp3-192k', 96_000, '48000'],
    ['mp3-192k', 88_200, '44100'],
    ['mp3-192k', 37_800, '44100'],
    ['mp3-192k', null, undefined],
    ['aac-128k', 192_000, '48000'],
    ['aac-128k', 7_350, '8000'],
    ['flac', 96_000, '96000'],
    ['flac', 352_800, '176400'],
  ])('%s from %s Hz', (name, sampleRate, expected) => expect(audio(name, { sampleRate }).rate).toBe(expected))

  it.each([
    ['mp3-192k', undefined, 'mono|stereo'],
    ['aac-128k', 1, 'mono'],
    ['aac-128k', 6, 'mono|stereo|3.0|4.0|5.0|5.1'],
    ['opus-96k', 8, 'mono|stereo|3.0|quad|5.0|5.1|6.1|7.1'],
    ['flac', 2, 'asetpts=PTS-STARTPTS,aresample=async=1'],
    ['flac', 1, 'mono'],
  ])('%s with %s channels at most', (name, channels, expected) => {
    expect(audio(name, {}, channels).layouts).toBe(expected)
  })

  it('keeps 24 bits in FLAC only of what has them', () => {
    expect(option(audio('flac', { codec: 'aac' }).args, '-sample_fmt:a')).toBe('s16')
    expect(option(audio('flac', { codec: 'pcm_s16le' }).args, '-sample_fmt:a')).toBe('s16')
    expect(option(audio('flac', { codec: 'pcm_s24le' }).args, '-sample_fmt:a')).toBeUndefined()
    expect(option(audio('flac', { codec: 'flac' }).args, '-sample_fmt:a')).toBeUndefined()
  })
})
