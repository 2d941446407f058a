import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { partOf, readSubtitles } from '../../../src/probe/subtitle-file.js'

const WHOLE = { fromUs: 0, limitUs: null, offsetUs: 0 }
const read = (text: string | Uint8Array) =>
  readSubtitles(typeof text === 'string' ? Buffer.from(text) : text, 'input.subtitles[0].uri')
const utf16 = (text: string, swap = false) => {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le')
  return swap ? bytes.swap16() : bytes
}
const SRT = '1\n00:00:01,000 --> 00:00:02,000\nDécembre\n\n2\n00:00:03,000 --> 00:00:04,500\nTwo\nlines\n'

describe('what people write', () => {
  test.each([
    ['UTF-8', Buffer.from(SRT)],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${SRT}`)],
    ['UTF-16', utf16(SRT)],
    ['UTF-16 the other way round', utf16(SRT, true)],
    ['lines of Windows', Buffer.from(SRT.replaceAll('\n', '\r\n'))],
    ['lines of old Macs', Buffer.from(SRT.replaceAll('\n', '\r'))],
    ['bytes that mean nothing', Buffer.from(SRT.replace('Two', '\u0000Two\u0007'))],
    ['a time without its zeroes', Buffer.from(SRT.replace('00:00:01,000', ' 0:00:01,0'))],
    ['something in front', Buffer.from(`#EXTM3U\n\n${SRT}`)],
  ])('is read as SubRip: %s', (_, bytes) => {
    const sheet = read(bytes)
    expect(sheet.format).toBe('srt')
    expect(partOf(sheet, WHOLE)).toEqual({ text: SRT, cues: 2 })
  })

  test('WebVTT and ASS by what they begin with, with their heads', () => {
    const vtt = 'WEBVTT\n\nSTYLE\n::cue { color: red }\n\n00:01.000 --> 00:02.000 align:start\nOne\n'
    expect(partOf(read(`\n${vtt}`), WHOLE)).toEqual({ text: vtt, cues: 1 })
    const ass =
      '[Script Info]\nPlayResX: 100\n\n[Events]\nFormat: Layer, Start, End, Style, Text\nDialogue: 0,0:00:01.00,0:00:02.00,Default,One\n'
    expect(partOf(read(ass), WHOLE)).toEqual({ text: ass, cues: 1 })
  })
})

describe('a part of them', () => {
  test('begins with the range, and what goes over an end is cut there', () => {
    expect(partOf(read(SRT), { fromUs: 1_500_000, limitUs: 2_000_000, offsetUs: 0 })).toEqual({
      text: '1\n00:00:00,000 --> 00:00:00,500\nDécembre\n\n2\n00:00:01,500 --> 00:00:02,000\nTwo\nlines\n',
      cues: 2,
    })
  })

  test.each([
    [2_000, '00:00:03,000 --> 00:00:04,000'],
    [-500, '00:00:00,500 --> 00:00:01,500'],
    [-1_500, '00:00:00,000 --> 00:00:00,500'],
  ])('moved by %i ms', (ms, times) => {
    expect(partOf(read(SRT), { ...WHOLE, offsetUs: ms * 1_000 }).text.split('\n')[1]).toBe(times)
  })

  test('may be nothing', () => {
    expect(partOf(read(SRT), { ...WHOLE, fromUs: 9_000_000 }).cues).toBe(0)
  })
})

describe('what can not be read', () => {
  test.each([
    [Buffer.from(SRT, 'latin1'), 'is not UTF-8, from line 3 on.'],
    [Buffer.concat([utf16(SRT), Buffer.from([0])]), 'is not the UTF-16 that it says it is.'],
    [Buffer.from('Dear diary'), 'holds no cue of SubRip, WebVTT or ASS.'],
    [Buffer.from('1\n00:00:02,000 --> 00:00:01,000\nBack\n'), 'holds no cue of SubRip, WebVTT or ASS.'],
    [Buffer.alloc(0), 'holds no cue of SubRip, WebVTT or ASS.'],
  ])('is told with its field', (bytes, what) => {
    expect(() => read(bytes)).toThrow(
      expect.objectContaining({ code: 'SUBTITLES_NOT_READABLE', message: `\`input.subtitles[0].uri\` ${what}` }),
    )
  })

  test('any bytes end in cues or in that', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, isBehind) => {
        try {
          read(isBehind ? Buffer.concat([Buffer.from(SRT), bytes]) : bytes)
        } catch (error) {
          expect(error).toMatchObject({ code: 'SUBTITLES_NOT_READABLE' })
        }
      }),
    )
  })
})
