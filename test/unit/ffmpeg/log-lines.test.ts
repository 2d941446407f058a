import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LogSplitter, parseLogLine, withoutAddress } from '../../../src/ffmpeg/log-lines.js'

describe('parseLogLine', () => {
  it.each([
    ['[info] Stream mapping:', 'info', 'Stream mapping:'],
    ['[info]   Metadata:', 'info', '  Metadata:'],
    ['[warning] in.mp4: corrupt input packet in stream 0', 'warning', 'in.mp4: corrupt input packet in stream 0'],
    ['[mp4 @ 0x55a6ab6ec100] [warning] text', 'warning', '[mp4 @ 0x55a6ab6ec100] text'],
    [
      '[swscaler @ 0x1] [warning] deprecated pixel format used, make sure you did set range correctly',
      'info',
      '[swscaler @ 0x1] deprecated pixel format used, make sure you did set range correctly',
    ],
    [
      '[mov,mp4,m4a,3gp,3g2,mj2 @ 0x1] [error] moov atom not found',
      'error',
      '[mov,mp4,m4a,3gp,3g2,mj2 @ 0x1] moov atom not found',
    ],
    [
      '[vist#0:0/h264 @ 0x1] [dec:h264 @ 0x2] [error] Decoding error',
      'error',
      '[vist#0:0/h264 @ 0x1] [dec:h264 @ 0x2] Decoding error',
    ],
    ['[libx264 @ 000001c5a] [Eval @ (nil)] [fatal] x', 'fatal', '[libx264 @ 000001c5a] [Eval @ (nil)] x'],
    ['[panic] a', 'panic', 'a'],
    ['[verbose] a', 'verbose', 'a'],
    ['[debug] a', 'debug', 'a'],
    ['[trace] a', 'trace', 'a'],
    ['[error] ', 'error', ''],
    ['x265 [warning]: no thread pool', 'warning', 'x265 [warning]: no thread pool'],
    ["x264 [error]: invalid preset 'warp'", 'error', "x264 [error]: invalid preset 'warp'"],
    ['Svt[warn]: Setting preset to M12', 'warning', 'Svt[warn]: Setting preset to M12'],
    ['Svt[info]: SVT [version]: 1.4.1', 'info', 'Svt[info]: SVT [version]: 1.4.1'],
    ['[mp4 @ 0x55a6ab6ec100] without a level', null, '[mp4 @ 0x55a6ab6ec100] without a level'],
    ['[information] is no level', null, '[information] is no level'],
    ['a [error] in the middle', null, 'a [error] in the middle'],
    ['Received > 3 system signals, hard exiting', null, 'Received > 3 system signals, hard exiting'],
  ])('%s', (raw, level, text) => {
    expect(parseLogLine(raw)).toEqual({ level, text })
  })

  it('is quick on the worst line', () => {
    // Were it quadratic in the length of the line, this would take longer than a test may.
    for (let i = 0; i < 10_000; i += 1) parseLogLine('[a @ '.repeat(800))
  })
})

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
