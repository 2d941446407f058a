import { describe, expect, it } from 'vitest'
import type { Probe, ProbeStream } from '../../../src/contract/index.js'
import { anAudio, anOutput, aProbe, aVideo, codeOf, NEW_FFMPEG, OLD_FFMPEG, option, plan } from './inputs.js'

const only = (streams: ProbeStream[], name: string, facts: Partial<Probe> = {}, more = {}) => {
  const group = plan(aProbe(streams, facts), [anOutput(name)], more)[0]!
  const output = group.outputs[0]!
  return { args: group.passes[0]!.args, ...output, warnings: output.warnings.map(({ detail }) => detail) }
}
const maps = (args: string[]) => args.filter((_, i) => args[i - 1] === '-map')

describe('a stream that is announced is not a stream that is there', () => {
  it('a film is taken, not the one picture beside it', () => {
    const thumbnail = aVideo({ isDefault: true, frames: 1, width: 160, height: 120, durationUs: 1_000_000 })
    expect(maps(only([thumbnail, aVideo({ isDefault: true, frames: 250 })], 'h264-720p').args)).toEqual(['0:V:1'])
    expect(maps(only([thumbnail], 'h264-720p').args)).toEqual(['0:V:0'])
  })

  it('audio of which there is nothing costs the audio and a warning', () => {
    const { args, warnings } = only([aVideo(), anAudio({ packets: 0, durationUs: null })], 'h264-720p')
    expect(maps(args)).toEqual(['0:V:0'])
    expect(warnings).toEqual(['The audio is announced, but there is nothing of it; the output has none.'])
    expect(codeOf(() => only([aVideo(), anAudio({ packets: 0 })], 'mp3-192k'))).toBe('NO_AUDIO_STREAM')
  })

  it('what is locked is called so, unless there is something that is not', () => {
    const locked = aVideo({ encrypted: true })
    expect(codeOf(() => only([locked, anAudio()], 'h264-720p'))).toBe('INPUT_ENCRYPTED')
    expect(codeOf(() => only([locked], 'copy-mp4'))).toBe('INPUT_ENCRYPTED')
    expect(maps(only([locked, anAudio()], 'mp3-192k').args)).toEqual(['0:a:0'])
  })

  it('what can not be decoded is left out', () => {
    const more = { undecodable: new Set([1]) }
    const { args, warnings } = only([aVideo(), anAudio()], 'h264-720p', {}, more)
    expect(maps(args)).toEqual(['0:V:0'])
    expect(warnings).toEqual(['The audio can not be decoded; the output has none.'])
  })
})

describe('what is left out is told', () => {
  const subtitle = { ...anAudio({ language: 'eng' }), type: 'subtitle' } as ProbeStream
  it.each([
    ['h264-720p', ['1 audio stream (deu) of the input left out.', '1 subtitle stream (eng) of the input left out.']],
    ['mp3-192k', ['1 audio stream (deu) of the input left out.']],
    ['poster', []],
  ])('%s', (name, expected) => {
    const streams = [aVideo(), anAudio({ language: 'eng' }), anAudio({ language: 'deu' }), subtitle]
    expect(only(streams, name).warnings).toEqual(expected)
  })
  it('chapters, and nothing where there is nothing', () => {
    expect(only([aVideo(), anAudio()], 'h264-720p', { chapters: 3 }).warnings).toEqual([
      '3 chapters of the input left out.',
    ])
    expect(only([aVideo(), anAudio()], 'h264-720p').warnings).toEqual([])
  })
})

describe('lengths', () => {
  it('an output is as long as what it is made of', () => {
    const late = anAudio({ startUs: 12_000_000, durationUs: 8_000_000 })
    const film = aVideo({ durationUs: 20_000_000 })
    expect(only([film, late], 'mp3-192k', { durationUs: 20_000_000 }).expected.durationUs).toBe(8_000_000)
    expect(only([film, late], 'h264-720p', { durationUs: 20_000_000 }).expected.durationUs).toBe(20_000_000)
    const range = { startMs: 10_000, endMs: 15_000 }
    expect(only([film, late], 'mp3-192k', { durationUs: 20_000_000 }, range).expected.durationUs).toBe(3_000_000)
  })
})

describe('pictures', () => {
  const filters = (video: Partial<ProbeStream>, name = 'h264-720p', more = {}) =>
    option(only([aVideo(video)], name, {}, more).args, '-vf')!
  const pq = { transfer: 'smpte2084', primaries: 'bt2020', matrix: 'bt2020nc', pixelFormat: 'yuv420p10le' }

  it('of high dynamic range are tone-mapped for 8 bits, and kept in HEVC and AV1', () => {
    expect(filters(pq)).toContain('tonemap')
    expect(filters(pq, 'poster')).toContain('tonemap')
    expect(only([aVideo(pq)], 'h264-720p').warnings[0]).toMatch(/high dynamic range \(PQ\).*tone-mapped/)
    const kept = only([aVideo(pq)], 'hevc-1080p')
    expect(option(kept.args, '-vf')).toMatch(/format=yuv420p10le$/)
    expect(option(kept.args, '-color_trc')).toBe('smpte2084')
    expect(kept.warnings).toEqual([])
  })

  it('of high dynamic range look pale where ffmpeg lacks the filters, and that is told', () => {
    const { args, warnings } = only(
      [aVideo(pq)],
      'h264-720p',
      {},
      { capabilities: { ...NEW_FFMPEG, filters: new Set() } },
    )
    expect(option(args, '-vf')).not.toContain('tonemap')
    expect(warnings[0]).toMatch(/cannot tone-map/)
  })

  it('that stand long at the end are shown again, for encoders forget that', () => {
    const held = { durationUs: 9_900_000, lastFrameUs: 8_000_000, frameRate: 10, constantFrameRate: false, frames: 20 }
    const old = { capabilities: { ...OLD_FFMPEG, major: 5 } }
    expect(filters(held, 'h264-720p', old)).toMatch(/,tpad=stop_mode=clone:stop=4,setpts='if\(gt\(T,1\.9005\),\(9\.4\+/)
    expect(filters({ ...held, lastFrameUs: 100_000 }, 'h264-720p', old)).not.toContain('tpad')
    expect(filters(held, 'h264-720p', { ...old, endMs: 1_000 })).not.toContain('tpad')
  })

  it('whose clock jumps are put in line', () => {
    expect(filters({ clockJumps: true })).toMatch(/^setpts=/)
    expect(option(only([aVideo({ clockJumps: true })], 'h264-720p', { container: 'mpegts' }).args, '-vf')).not.toMatch(
      /setpts/,
    )
  })

  it('too small for one encoder are for another, or refused', () => {
    const small = { width: 32, height: 32, displayWidth: 32, displayHeight: 32 }
    expect(option(only([aVideo(small)], 'av1-1080p').args, '-c:v')).toBe('libaom-av1')
    expect(option(only([aVideo()], 'av1-1080p').args, '-c:v')).toBe('libsvtav1')
    for (const side of [8, 48]) {
      const tiny = { width: side, height: side, displayWidth: side, displayHeight: side }
      expect(codeOf(() => only([aVideo(tiny)], 'hevc-1080p'))).toBe('CODEC_NOT_ALLOWED')
    }
    expect(option(only([aVideo(small)], 'hevc-1080p').args, '-c:v')).toBe('libx265')
  })

  it('without the times at which they are shown are not copied', () => {
    expect(codeOf(() => only([aVideo({ presentationTimes: false })], 'copy-mp4'))).toBe('CODEC_NOT_ALLOWED')
  })

  it('of a raw stream have no times to seek by', () => {
    const { args } = only(
      [aVideo({ startUs: null })],
      'h264-720p',
      { container: 'h264' },
      { startMs: 5_000, endMs: 8_000 },
    )
    expect(args.indexOf('-ss')).toBeGreaterThan(args.indexOf('-i'))
  })
})

describe('sound', () => {
  it('of channels that nobody placed is mixed into one, and that is told', () => {
    const { args, warnings } = only([anAudio({ channels: 9 })], 'mp3-192k')
    expect(option(args, '-filter:a')).toMatch(/pan=mono\|c0=0\.1111\*c0\+.*c8,aformat/)
    expect(warnings).toEqual([expect.stringMatching(/9 channels/)])
    expect(
      option(only([anAudio({ channels: 16, channelLayout: 'hexadecagonal' })], 'mp3-192k').args, '-filter:a'),
    ).not.toMatch(/pan/)
  })
  it('keeps the silence of a gap', () => {
    expect(option(only([anAudio()], 'mp3-192k').args, '-filter:a')).toContain('aresample=async=1')
  })
})
