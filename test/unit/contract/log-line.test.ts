import { describe, expect, it } from 'vitest'
import { parseLogLine } from '../../../src/contract/log-line.js'

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
