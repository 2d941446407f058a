import { describe, expect, it } from 'vitest'
import { selectStreams } from '../../../src/plan/select-streams.js'
import { anAudio, anOutput, aProbe, aVideo, codeOf, coverArt, plan } from './inputs.js'

const specifiers = (streams: Parameters<typeof aProbe>[0], startUs = 0) => {
  const { video, audio } = selectStreams(aProbe(streams), { startUs })
  return [video?.specifier ?? null, audio?.specifier ?? null]
}

describe('which streams are used', () => {
  it.each([
    ['the first of each', [aVideo(), anAudio(), anAudio()], ['0:V:0', '0:a:0']],
    [
      'the default ones',
      [aVideo(), aVideo({ isDefault: true }), anAudio(), anAudio({ isDefault: true })],
      ['0:V:1', '0:a:1'],
    ],
    ['cover art is not counted', [coverArt(), aVideo(), anAudio()], ['0:V:0', '0:a:0']],
    ['cover art is no video', [anAudio(), coverArt()], [null, '0:a:0']],
    [
      'an unknown codec is passed over, but counted',
      [aVideo({ codec: null }), aVideo(), anAudio()],
      ['0:V:1', '0:a:0'],
    ],
    ['a video without a size is passed over', [aVideo({ width: null }), anAudio()], [null, '0:a:0']],
    [
      'what is announced but does not come gives way',
      [aVideo({ width: null }), aVideo(), anAudio({ sampleRate: null, isDefault: true }), anAudio()],
      ['0:V:1', '0:a:1'],
    ],
    ['audio of an unknown rate is better than none', [anAudio({ sampleRate: null })], [null, '0:a:0']],
    ['nothing', [], [null, null]],
  ])('%s', (_, streams, expected) => {
    expect(specifiers(streams)).toEqual(expected)
  })

  it('passes over a stream that ends before the range begins', () => {
    const streams = [aVideo(), anAudio({ durationUs: 6_000_000, isDefault: true }), anAudio()]
    expect(specifiers(streams, 5_999_000)).toEqual(['0:V:0', '0:a:0'])
    expect(specifiers(streams, 6_000_000)).toEqual(['0:V:0', '0:a:1'])
  })
})

describe('what an input is not fit for', () => {
  it.each([
    ['h264-720p', [anAudio()], 'NO_VIDEO_STREAM'],
    ['h264-720p', [anAudio(), coverArt()], 'NO_VIDEO_STREAM'],
    ['poster', [anAudio()], 'NO_VIDEO_STREAM'],
    ['thumbnails', [anAudio()], 'NO_VIDEO_STREAM'],
    ['mp3-192k', [aVideo()], 'NO_AUDIO_STREAM'],
    ['copy-mp4', [aVideo({ codec: 'vp8' })], 'CODEC_NOT_ALLOWED'],
    ['copy-mp4', [aVideo(), anAudio({ codec: 'vorbis' })], 'CODEC_NOT_ALLOWED'],
    ['copy-mp4', [], 'NO_VIDEO_STREAM'],
  ])('%s', (name, streams, code) => {
    expect(codeOf(() => plan(aProbe(streams), [anOutput(name)]))).toBe(code)
  })

  it('names the codec that can not be copied', () => {
    const silent = aProbe([aVideo({ codec: 'prores' }), anAudio()])
    expect(() => plan(silent, [anOutput('copy-mp4')])).toThrow('The video is prores')
  })

  it('takes a still picture for a poster only', () => {
    const still = aProbe([aVideo({ codec: 'png', durationUs: null, frameRate: null, constantFrameRate: false })], {
      container: 'png_pipe',
      durationUs: null,
    })
    for (const name of ['h264-720p', 'thumbnails', 'copy-mp4']) {
      expect(codeOf(() => plan(still, [anOutput(name)]))).toBe('NO_VIDEO_STREAM')
    }
    const args = plan(still, [anOutput('poster')], { startMs: 5_000 })[0]!.passes[0]!.args
    expect(args).not.toContain('-ss')
    expect(args.join(' ')).toContain('-f png_pipe -i')
  })

  it('leaves audio out of the video of an input without', () => {
    const [group] = plan(aProbe([aVideo()]), [anOutput('h264-720p')])
    expect(group!.passes[0]!.args).toContain('-an')
    expect(group!.outputs[0]!.expected.streams).toEqual({ video: 1, audio: 0 })
  })
})
