import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LogSplitter, withoutAddress } from '../../../src/ffmpeg/log-lines.js'

it('withoutAddress', () => {
  expect(withoutAddress('[vist#0:0/h264 @ 0x1] [dec:h264 @ 0x2] text at 0x3')).toBe(
    '[vist#0:0/h264] [dec:h264] text at 0x3',
  )
})

describe('LogSplitter', () => {
  const split = (chunks: Uint8Array[], maxLineLength?: number) => {
    const splitter = new LogSplitter(maxLineLength)
    return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()]
  }
  const bytes = (text: string) => new TextEncoder().encode(text)

  it('ends a line at \\n, \\r and \\r\\n, and leaves empty ones out', () => {
    expect(split([bytes('a\nframe=1\rframe=2\r\r\n\nb\r\nlast')])).toEqual(['a', 'frame=1', 'frame=2', 'b', 'last'])
  })

  it('gives the same lines wherever the chunks are cut', () => {
    const text = bytes('[info] Ünïcödé – 日本\rframe=1\r\n[error] ☃️ end\nrest')
    const whole = split([text])
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 20 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), text.length]
        expect(split(at.slice(1).map((end, i) => text.subarray(at[i], end)))).toEqual(whole)
      }),
    )
  })

  it('cuts a line that is too long, marks it and goes on with the next', () => {
    expect(split([bytes('abcdef'), bytes('ghi\nabcde\nabcdef\nx')], 5)).toEqual(['abcde…', 'abcde', 'abcde…', 'x'])
  })

  it('survives bytes that are no text', () => {
    expect(split([Uint8Array.of(0xff, 0xfe, 0x41, 0x0a, 0xc3)])).toEqual(['\ufffd\ufffdA', '\ufffd'])
  })

  it('holds no more than one bounded line of an endless one', () => {
    const splitter = new LogSplitter(100)
    for (let i = 0; i < 1_000; i += 1) expect(splitter.push(bytes('x'.repeat(1_000)))).toEqual([])
    expect(splitter.end()).toEqual([`${'x'.repeat(100)}…`])
  })
})
