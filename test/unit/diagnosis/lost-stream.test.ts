import { describe, expect, it } from 'vitest'
import { undecodableStream } from '../../../src/diagnosis/index.js'

describe('the stream that can not be decoded', () => {
  it.each([
    ['Decoder (codec ac4) not found for input stream #0:1', 1],
    ['Error while opening decoder for input stream #0:2 : Invalid data found when processing input', 2],
    ['[aist#0:1/ac4 @ 0x55d0c3] Decoding requested, but no decoder found for: ac4', 1],
    ['[vist#0:0/h264 @ 0x55d0c3] Error initializing decoder: Invalid argument', 0],
    ['Error while decoding stream #0:0: Invalid data found when processing input', null],
    ['Error opening output file out.mp4.', null],
  ])('%s', (line, index) => expect(undecodableStream(['something else', line])).toBe(index))
})
