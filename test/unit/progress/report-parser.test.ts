import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseReport, type ReportBlock, ReportParser } from '../../../src/progress/index.js'
import { allReports, arrivals, blocksOf, recordedReport, timedBlocks } from './recorded-reports.js'

const last = (version: string, name: string) => timedBlocks(recordedReport(version, name)).at(-1)!.block

describe('ReportParser on what ffmpeg wrote', () => {
  it('reads a block in full', () => {
    expect(last('5.1.9', 'av_mp4')).toEqual({
      frame: 750,
      fps: 0,
      bitrate: 304_900,
      totalBytes: 1_143_251,
      outTimeUs: 30_000_181,
      dupFrames: 0,
      dropFrames: 0,
      speed: 47.7,
      quality: { '0:0': -1 },
      end: true,
      truncated: false,
      raw: {
        frame: '750',
        fps: '0.00',
        stream_0_0_q: '-1.0',
        bitrate: ' 304.9kbits/s',
        total_size: '1143251',
        out_time_us: '30000181',
        out_time_ms: '30000181',
        out_time: '00:00:30.000181',
        dup_frames: '0',
        drop_frames: '0',
        speed: '47.7x',
        progress: 'end',
      },
    })
  })

  it('reads every recorded block once, and one `end` where there is one', () => {
    for (const report of allReports()) {
      const text = new TextDecoder().decode(report.bytes)
      const blocks = blocksOf(report.bytes)
      // Every block of a job with video begins with `frame=`, glued or not; one without begins with `bitrate=`.
      const begins = text.match(/frame=/g) ?? text.match(/^bitrate=/gm) ?? []
      expect(blocks.length, report.path).toBe(begins.length)
      expect(blocks.filter((block) => block.end).length, report.path).toBe(text.endsWith('progress=end\n') ? 1 : 0)
      expect(blocks.filter((block) => block.truncated).length > 0, report.path).toBe(
        report.path.includes('many_streams'),
      )
    }
  })

  it('knows no frame, fps or quality without video', () => {
    expect(last('5.1.9', 'audio_only')).toMatchObject({ frame: null, fps: null, quality: {}, bitrate: 71_000 })
  })

  it('takes N/A for unknown', () => {
    expect(last('5.1.9', 'dash')).toMatchObject({ bitrate: null, totalBytes: null, outTimeUs: 30_000_181 })
    const first = timedBlocks(recordedReport('7.1.5', 'bframes_bf'))[0]!.block
    expect(first).toMatchObject({ frame: 0, outTimeUs: null, bitrate: null, speed: null, totalBytes: 0 })
  })

  it('takes a small negative time for 0', () => {
    const { block } = timedBlocks(recordedReport('7.1.5', 'sigterm_x2'))[2]!
    expect(block.raw.out_time_us).toBe('-40000')
    expect(block).toMatchObject({ outTimeUs: 0, speed: null, bitrate: null })
  })

  it('takes the sentinel of 6.x for unknown, in both of its forms', () => {
    const [first, second] = timedBlocks(recordedReport('6.1-derived', 'live_ts')).map(({ block }) => block)
    expect(first).toMatchObject({ outTimeUs: null, bitrate: 0, speed: null, raw: { out_time: '-577014:32:22.775807' } })
    expect(second).toMatchObject({ outTimeUs: 0 })
    expect(blocksOf('out_time=-577014:32:22.775807\nprogress=continue\n')[0]!.outTimeUs).toBeNull()
  })

  it('falls back to out_time_ms, which is µs, and to out_time', () => {
    const blocks = timedBlocks(recordedReport('4.0-derived', 'av_mp4'))
    expect(blocks[0]!.block.raw).not.toHaveProperty('out_time_us')
    expect(blocks[0]!.block.outTimeUs).toBe(2_786_395)
    expect(blocksOf('out_time=01:00:02.786395\nprogress=continue\n')[0]!.outTimeUs).toBe(3_602_786_395)
    expect(blocksOf('out_time_us=N/A\nout_time=00:00:01.000000\nprogress=continue\n')[0]!.outTimeUs).toBeNull()
  })

  it('keys quality by output file and stream, without psnr and without a negative zero', () => {
    expect(last('5.1.9', 'multi_out').quality).toEqual({ '0:0': -1, '1:0': 5.5 })
    expect(last('5.1.9', 'multi_video_streams').quality).toEqual({ '0:0': -1, '0:1': -1 })
    expect(last('5.1.9', 'cover_art').quality).toEqual({ '0:1': -1 })
    const psnr = last('5.1.9', 'psnr')
    expect(psnr.quality).toEqual({ '0:0': 18.4 })
    expect(psnr.raw.stream_0_0_psnr_all).toBe('32.63')
    expect(Object.is(last('5.1.9', 'null_muxer').quality['0:0'], 0)).toBe(true)
  })

  it('reads speeds with an exponent', () => {
    expect(last('5.1.9', 'copy').speed).toBe(7_850)
    expect(last('7.1.5', 'cover_art')).toMatchObject({ speed: 0.262, bitrate: 961_967_400, outTimeUs: 40_000 })
  })

  it('has no block where ffmpeg wrote none', () => {
    expect(timedBlocks(recordedReport('5.1.9', 'fail_missing'))).toEqual([])
    expect(timedBlocks(recordedReport('7.1.5', 'sigterm_at_start'))).toEqual([])
  })

  it('ends at `end` whatever the exit code', () => {
    for (const name of ['fail_enospc', 'max_error_rate']) expect(last('5.1.9', name).end).toBe(true)
    expect(last('5.1.9', 'sigkill')).toMatchObject({ end: false, truncated: false })
  })
})

describe('ReportParser on a block that ffmpeg cut', () => {
  it('gives what is there of the last block, and no figure of the value that was cut', () => {
    const blocks = timedBlocks(recordedReport('5.1.9', 'many_streams')).map(({ block }) => block)
    expect(blocks.map((block) => block.truncated)).toEqual([false, true])
    expect(blocks[1]).toMatchObject({ frame: 25, outTimeUs: 961_000, totalBytes: 3_469_866, speed: null, end: false })
    expect(blocks[1]!.raw.speed).toBe(' 1')
    expect(Object.keys(blocks[1]!.quality)).toHaveLength(45)
  })

  it.each([
    ['in the value of progress or right behind its name', 'many_streams_live_45'],
    ['in the name of speed or of progress', 'many_streams_live_46'],
    ['in out_time or in the name of dup_frames', 'many_streams_live_48'],
    ['in the name of a quantizer', 'many_streams_live_70'],
  ])('finds the frame that is glued on %s', (_, name) => {
    const report = recordedReport('5.1.9', name)
    const frames = new TextDecoder().decode(report.bytes).matchAll(/frame=(\d+)/g)
    const blocks = timedBlocks(report).map(({ block }) => block)
    expect(blocks.map((block) => block.frame)).toEqual(Array.from(frames, ([, frame]) => Number(frame)))
    expect(blocks.length).toBeGreaterThan(10)
    expect(blocks.slice(1).every((block) => block.truncated && !block.end)).toBe(true)
    expect(blocks.flatMap((block) => Object.keys(block.raw)).filter((key) => key.endsWith('frame'))).toHaveLength(
      blocks.length,
    )
  })

  it('does not read a time of a clock that was cut', () => {
    const blocks = timedBlocks(recordedReport('5.1.9', 'many_streams_live_48')).map(({ block }) => block)
    for (const { outTimeUs, raw } of blocks) expect(outTimeUs).toBe(Number(raw.out_time_us))
    // 70 outputs leave no room for a time at all.
    const more = timedBlocks(recordedReport('5.1.9', 'many_streams_live_70')).map(({ block }) => block)
    expect(more.slice(1).every((block) => block.outTimeUs === null && block.frame! > 0)).toBe(true)
  })

  it('splits speed= 1frame=25', () => {
    const [cut, next] = blocksOf('frame=24\nspeed= 1frame=25\nfps=0.00\nprogress=end\n')
    expect(cut).toMatchObject({
      frame: 24,
      speed: null,
      truncated: true,
      end: false,
      raw: { frame: '24', speed: ' 1' },
    })
    expect(next).toMatchObject({ frame: 25, truncated: false, end: true })
  })

  it('loses nothing when only the last newline was cut', () => {
    const blocks = blocksOf('frame=24\nprogress=continueframe=25\nprogress=end')
    expect(blocks.map(({ frame, truncated, end }) => [frame, truncated, end])).toEqual([
      [24, false, false],
      [25, false, true],
    ])
  })

  it('begins a block with a key that comes a second time', () => {
    const blocks = blocksOf('frame=1\nspeed=1x\nframe=2\nspeed=2x\nprogress=end\n')
    expect(blocks.map(({ frame, speed, truncated }) => [frame, speed, truncated])).toEqual([
      [1, 1, true],
      [2, 2, false],
    ])
  })

  it('does not take a longer key for a glued one', () => {
    const text = 'frame=24\nspeed=1.0x\ncheckpoint_frame=20\nkeyframe=3\nout_frame=7\nprogress=continue\n'
    expect(blocksOf(text)).toHaveLength(1)
    expect(blocksOf(text)[0]!.raw).toMatchObject({ frame: '24', checkpoint_frame: '20', keyframe: '3', out_frame: '7' })
  })

  it('gives at any place of a cut only figures that the whole block gives too', () => {
    const [text] = new TextDecoder().decode(recordedReport('5.1.9', 'psnr').bytes).split(/(?<=continue\n)/)
    const whole = blocksOf(text!)[0]!
    for (let end = 0; end < text!.length; end++) {
      for (const block of blocksOf(text!.slice(0, end))) {
        expect(block.truncated).toBe(end < text!.length - 1)
        for (const key of [
          'frame',
          'fps',
          'bitrate',
          'totalBytes',
          'outTimeUs',
          'dupFrames',
          'dropFrames',
          'speed',
        ] as const) {
          expect([null, whole[key]]).toContain(block[key])
        }
        expect([{}, whole.quality]).toContainEqual(block.quality)
      }
    }
  })
})

describe('ReportParser on anything', () => {
  it('passes over what is no report line', () => {
    const noise = 'Press [q] to stop\nframe=  100 fps= 25 q=28.0 size=     512kB time=00:00:04.00\rKEY=1\n=1\n\0\0\n'
    const [block, ...more] = blocksOf(`frame=1\n${noise}progress=end\n`)
    expect(block!.raw).toEqual({ frame: '1', progress: 'end' })
    expect(more).toEqual([])
  })

  it('keeps unknown keys as they are', () => {
    const [block] = blocksOf('__proto__=1\nconstructor=2\nnew_key=  3\nprogress=continue\n')
    expect(Object.entries(block!.raw)).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
      ['new_key', '  3'],
      ['progress', 'continue'],
    ])
    expect(Object.getPrototypeOf(block!.raw)).toBe(Object.prototype)
  })

  it('is as new after end()', () => {
    const parser = new ReportParser()
    parser.push('frame=1\nspeed=')
    expect(parser.end()).toMatchObject([{ frame: 1, truncated: true }])
    expect(parser.end()).toEqual([])
    expect(parser.push('frame=2\nprogress=end\n')).toMatchObject([{ frame: 2, truncated: false }])
  })

  it('gives the same blocks however a report is cut', () => {
    const reports = allReports().filter((report) => report.bytes.length > 0)
    fc.assert(
      fc.property(fc.constantFrom(...reports), fc.array(fc.nat(20_000), { maxLength: 12 }), (report, places) => {
        const expected = blocksOf(report.bytes)
        expect(cutAndParse(report.bytes, places)).toEqual(expected)
      }),
      { numRuns: 300 },
    )
    const short = recordedReport('5.1.9', 'av_mp4').bytes
    expect(
      cutAndParse(
        short,
        Array.from(short, (_, index) => index),
      ),
    ).toEqual(blocksOf(short))
  })

  it('gives the same blocks of text with characters of several bytes, and of strings', () => {
    const line = fc.constantFrom(
      'frame=1',
      'speed= 1frame=25',
      'title=日本🎬é',
      'progress=continue',
      'x=',
      '\ufeffframe=3',
    )
    const end = fc.constantFrom('\n', '\r\n', '\r', '')
    const text = fc.array(fc.tuple(line, end), { maxLength: 12 }).map((lines) => lines.flat().join(''))
    fc.assert(
      fc.property(text, fc.array(fc.nat(300), { maxLength: 8 }), (whole, places) => {
        const expected = blocksOf(whole)
        expect(cutAndParse(whole, places)).toEqual(expected)
        expect(cutAndParse(new TextEncoder().encode(whole), places)).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  it('throws on nothing and gives no figure that is not finite', () => {
    const keys = fc.constantFrom(
      'frame',
      'fps',
      'bitrate',
      'total_size',
      'out_time_us',
      'out_time',
      'speed',
      'stream_0_0_q',
    )
    const values = fc.constantFrom(
      'nan',
      'inf',
      '-inf',
      '1e999',
      '-1',
      'N/A',
      '99999999999999999999',
      '1e308x',
      'x',
      'infkbits/s',
    )
    const hostileLine = fc.tuple(keys, values).map(([key, value]) => `${key}=${value}\n`)
    const chunk = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.string({ unit: 'binary', maxLength: 60 }),
      hostileLine,
      fc.constant('progress=continue\n'),
    )
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 30 }), (chunks) => {
        const parser = new ReportParser()
        const blocks = [...chunks.flatMap((one) => parser.push(one)), ...parser.end()]
        for (const block of blocks) expectSoundBlock(block)
      }),
      { numRuns: 500 },
    )
  })
})

describe('ReportParser on input without end', () => {
  it('holds one bounded line of 100 MB without a line end', () => {
    for (const byte of [0, 0x61]) {
      const parser = new ReportParser()
      parser.push('frame=')
      const heldBytes = heldAfter(() => {
        const megabyte = new Uint8Array(1e6).fill(byte)
        for (let count = 0; count < 100; count++) expect(parser.push(megabyte)).toEqual([])
      })
      expect(heldBytes).toBeLessThan(5e6)
      expect(parser.push('\nframe=7\nprogress=end\n').at(-1)).toMatchObject({ frame: 7, end: true })
    }
  })

  it('takes 100 MB at once', () => {
    const parser = new ReportParser()
    expect(parser.push(new Uint8Array(1e8))).toEqual([])
    expect(parser.push('x'.repeat(1e8))).toEqual([])
    expect(parser.end()).toEqual([])
  })

  it('holds a bounded number of a million keys', () => {
    const parser = new ReportParser()
    const heldBytes = heldAfter(() => {
      for (let n = 0; n < 1e6; n += 1_000) {
        const lines = Array.from({ length: 1_000 }, (_, more) => `key_${n + more}=vvvv\nstream_0_${n + more}_q=1.0\n`)
        expect(parser.push(lines.join(''))).toEqual([])
      }
    })
    expect(heldBytes).toBeLessThan(5e6)
    const [block] = parser.push('progress=continue\n')
    expect(block).toMatchObject({ truncated: true, end: false })
    expect(Object.keys(block!.raw)).toHaveLength(1_001)
    expect(parser.push('frame=1\nprogress=continue\n')).toMatchObject([{ frame: 1, truncated: false }])
  })

  it('keeps to the bounds it is given', () => {
    const parser = new ReportParser({ maxLineBytes: 8, maxKeys: 2 })
    const [block] = parser.push('a=1234567890\nb=2\nc=3\nprogress=end\n')
    // `progress=end` is cut to 8 bytes as well and is no key any more.
    expect(block).toBeUndefined()
    expect(parser.end()[0]!.raw).toEqual({ a: '123456', b: '2' })
  })
})

describe('parseReport', () => {
  it('gives the blocks of an async source, the rest at its end', async () => {
    const report = recordedReport('5.1.9', 'many_streams')
    async function* source() {
      for (const { chunk } of arrivals(report)) yield chunk
    }
    const blocks: ReportBlock[] = []
    for await (const block of parseReport(source())) blocks.push(block)
    expect(blocks).toEqual(blocksOf(report.bytes))
  })

  it('throws the error of its source and closes the source it leaves', async () => {
    async function* broken() {
      yield 'frame=1\nprogress=continue\n'
      throw new Error('pipe is gone')
    }
    const seen: ReportBlock[] = []
    await expect(async () => {
      for await (const block of parseReport(broken())) seen.push(block)
    }).rejects.toThrow('pipe is gone')
    expect(seen).toHaveLength(1)

    let closed = false
    async function* endless() {
      try {
        for (;;) yield 'frame=1\nprogress=continue\n'
      } finally {
        closed = true
      }
    }
    for await (const block of parseReport(endless())) if (block.frame === 1) break
    expect(closed).toBe(true)
  })
})

function cutAndParse(whole: string | Uint8Array, places: number[]): ReportBlock[] {
  const parser = new ReportParser()
  const ends = [...places.filter((place) => place <= whole.length).sort((a, b) => a - b), whole.length]
  const blocks = ends.flatMap((end, index) => parser.push(whole.slice(ends[index - 1] ?? 0, end)))
  return [...blocks, ...parser.end()]
}

function expectSoundBlock({ quality, raw, end, truncated, ...figures }: ReportBlock): void {
  for (const value of [...Object.values(figures), ...Object.values(quality)]) {
    expect(value === null || Number.isFinite(value)).toBe(true)
  }
  expect(Object.values(raw).every((value) => typeof value === 'string')).toBe(true)
  expect([typeof end, typeof truncated]).toEqual(['boolean', 'boolean'])
}

/** Bytes by which the heap grew, garbage taken away. */
function heldAfter(run: () => void): number {
  const before = heldNow()
  run()
  return heldNow() - before
}

function heldNow(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
