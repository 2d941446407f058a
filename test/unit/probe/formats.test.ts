import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FORMAT_WHITELIST, fileUrl, inputOptions, isPicture, sniff } from '../../../src/probe/formats.js'

const text = (value: string) => new TextEncoder().encode(value)
const bytes = (...values: (number | string)[]) =>
  new Uint8Array([
    ...values.flatMap((value) => (typeof value === 'string' ? [...text(value)] : [value])),
    ...new Uint8Array(32),
  ])

describe('sniff', () => {
  it.each([
    ['JPEG', bytes(0xff, 0xd8, 0xff, 0xe0), { kind: 'picture', format: 'jpeg_pipe' }],
    ['PNG', bytes(0x89, 'PNG\r\n', 0x1a, '\n'), { kind: 'picture', format: 'png_pipe' }],
    [
      'PNG that moves',
      bytes(0x89, 'PNG\r\n', 0x1a, '\n', 0, 0, 0, 13, 'IHDR', 0, 0, 0, 8, 'acTL'),
      { kind: 'unknown' },
    ],
    [
      'PNG with those letters in its data',
      bytes(0x89, 'PNG\r\n', 0x1a, '\n', 0, 0, 0, 9, 'IDATacTL'),
      { kind: 'picture', format: 'png_pipe' },
    ],
    ['WebP', bytes('RIFF', 0, 0, 0, 0, 'WEBPVP8 '), { kind: 'picture', format: 'webp_pipe' }],
    ['WAVE is no picture', bytes('RIFF', 0, 0, 0, 0, 'WAVEfmt '), { kind: 'unknown' }],
    ['MP4', bytes(0, 0, 0, 24, 'ftypisom'), { kind: 'isobmff', picture: null }],
    ['an MP4 whose index is gone', bytes(0, 0, 0, 8, 'mdat'), { kind: 'isobmff', picture: null }],
    ['nothing', new Uint8Array(), { kind: 'unknown' }],
    ['HLS', text('#EXTM3U\n#EXTINF:2,\na.ts'), { kind: 'playlist', name: 'HLS playlist' }],
    ['HLS behind a byte order mark', text('\ufeff#EXTM3U\n'), { kind: 'playlist', name: 'HLS playlist' }],
    ['HLS behind empty lines', text('\r\n \n#EXTM3U\n'), { kind: 'playlist', name: 'HLS playlist' }],
    ['ffconcat', text('ffconcat version 1.0\nfile a'), { kind: 'playlist', name: 'ffconcat script' }],
    ['DASH', text('<?xml version="1.0"?>\n<!-- x -->\n<MPD xmlns="…">'), { kind: 'playlist', name: 'DASH manifest' }],
    ['SDP', text('v=0\r\no=- 0 0 IN IP4 127.0.0.1'), { kind: 'playlist', name: 'SDP description' }],
    ['prose', text('A text about #EXTM3U and <MPD>.'), { kind: 'unknown' }],
  ])('%s', (_, head, expected) => expect(sniff(head)).toEqual(expected))

  it('never throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 1_024 }), (head) => void sniff(head)))
  })
})

describe('what ffmpeg may open', () => {
  const allowed = FORMAT_WHITELIST.split(',')

  it.each(['mov', 'matroska', 'webm', 'avi', 'mpegts', 'mp3', 'ogg', 'flac', 'wav', 'gif', 'png_pipe', 'jpeg_pipe'])(
    '%s',
    (format) => {
      expect(allowed).toContain(format)
    },
  )

  it.each([
    ...[
      'hls',
      'dash',
      'concat',
      'concatf',
      'image2',
      'image2pipe',
      'sdp',
      'rtsp',
      'imf',
      'lavfi',
      'tty',
      'ansi',
      'srt',
    ],
    ...['webvtt', 'applehttp', 'tee', 'svg_pipe', 'avisynth', 'vapoursynth', 'rawvideo', 'data', 'ffmetadata'],
  ])('not %s, which is text or names other files', (format) => expect(allowed).not.toContain(format))

  it('is one demuxer where the container is known', () => {
    expect(inputOptions('mov,mp4,m4a,3gp,3g2,mj2').slice(-2)).toEqual(['-f', 'mov'])
    expect(inputOptions(null)).not.toContain('-f')
    expect(isPicture('png_pipe')).toBe(true)
    expect(isPicture('gif')).toBe(false)
  })

  it('takes a path as it is', () => expect(fileUrl('/a:b/%d.png')).toBe('file:/a:b/%d.png'))
})
