import { describe, expect, it } from 'vitest'
import { type Estimate, ProgressEstimator, type ReportBlock, ReportParser } from '../../../src/progress/index.js'
import { blocksOf, onePass, recordedReport, replay, timedBlocks } from './recorded-reports.js'

const percents = (estimates: Estimate[]) => estimates.map(({ percent }) => percent)
const AV = { expectedUs: 30e6, expectedFrames: 750 }

const NOTHING: ReportBlock = blocksOf('progress=continue\n')[0]!
const block = (figures: Partial<ReportBlock>): ReportBlock => ({ ...NOTHING, ...figures })
const seconds = (value: number) => block({ outTimeUs: value * 1e6 })

describe('an estimate', () => {
  it('knows nothing before the first block', () => {
    const estimator = new ProgressEstimator([onePass(AV)])
    expect(estimator.latest).toEqual({
      percent: null,
      basis: 'unknown',
      etaMs: null,
      pass: { index: 1, count: 1, label: 'encode' },
      outTimeUs: null,
      frame: null,
      fps: null,
      bitrate: null,
      bytesWritten: null,
      dupFrames: null,
      dropFrames: null,
      quality: {},
      speed: null,
      stalledForMs: 0,
    })
  })

  it('carries the figures of the block', () => {
    const { latest, last } = replayed('7.1.5', 'av_mp4_default_period')
    expect(latest).toMatchObject({
      frame: 677,
      fps: 135.14,
      bitrate: 932_100,
      bytesWritten: 3_145_776,
      outTimeUs: 27e6,
    })
    expect(latest).toMatchObject({ dupFrames: 0, dropFrames: 0, quality: { '0:0': 28 } })
    // The end brings its bytes, frames and time, not what rests on them, nor the quantizer of an encoder that is gone.
    expect(last).toMatchObject({ frame: 750, bytesWritten: 3_775_617, outTimeUs: 29_920_000, bitrate: 932_100 })
    expect(last.quality).toEqual({ '0:0': 28 })
  })

  function replayed(version: string, name: string) {
    const estimates = replay(recordedReport(version, name), AV)
    return { latest: estimates.at(-2)!, last: estimates.at(-1)! }
  }

  it('takes the average of the first second for unknown', () => {
    const [first] = replay(recordedReport('5.1.9', 'av_mp4_default_period'), AV)
    expect(first).toMatchObject({ fps: null, frame: 1 })
  })

  it('keeps what a cut block or an N/A does not tell', () => {
    const estimator = new ProgressEstimator([onePass(AV)])
    estimator.push(block({ outTimeUs: 3e6, frame: 75, totalBytes: 500, bitrate: 1_000, quality: { '0:0': 20 } }), 0)
    const estimate = estimator.push(block({ frame: 80, truncated: true }), 500)
    expect(estimate).toMatchObject({
      outTimeUs: 3e6,
      frame: 80,
      bytesWritten: 500,
      bitrate: 1_000,
      quality: { '0:0': 20 },
    })
  })

  it('is told by its own copy', () => {
    const estimator = new ProgressEstimator([onePass(AV)])
    estimator.push(block({ quality: { '0:0': 20 } }), 0).quality['0:0'] = 99
    expect(estimator.tick(10).quality).toEqual({ '0:0': 20 })
    expect(estimator.latest).toEqual(estimator.tick(10))
  })
})

describe('percent', () => {
  it('is null while the total is unknown, whatever comes', () => {
    for (const name of ['av_mp4', 'audio_only', 'copy', 'stream_loop']) {
      for (const { percent, basis, etaMs } of replay(recordedReport('5.1.9', name), {})) {
        expect([percent, basis, etaMs]).toEqual([null, 'unknown', null])
      }
    }
  })

  it('is null until anything is known of time or frames', () => {
    const estimates = replay(recordedReport('7.1.5', 'bframes_bf'), { expectedUs: 2e6 })
    expect(percents(estimates)).toEqual([null, null, null, null, null, null, null, 8, 96])
    const sentinel = replay(recordedReport('6.1-derived', 'live_ts'), { expectedUs: 3e6 })
    expect(percents(sentinel)).toEqual([null, 0, 16, 33.3, 50.7, 68, 85.3, 96])
  })

  it('goes by time alone, by frames alone, by the lesser of both', () => {
    const report = recordedReport('5.1.9', 'av_mp4')
    expect(percents(replay(report, { expectedUs: 30e6 }))).toEqual([0.2, 29.6, 64.9, 97.8, 99])
    const byFrames = replay(report, { expectedFrames: 750 })
    expect(percents(byFrames)).toEqual([0.1, 29.5, 64.8, 97.6, 99])
    expect(byFrames.map(({ basis }) => basis)).toEqual(Array(5).fill('frames'))
    const both = replay(report, AV)
    expect(percents(both)).toEqual([0.1, 29.5, 64.8, 97.6, 99])
    // Both agree: it rests on time, not now on this and now on that.
    expect(both.map(({ basis }) => basis)).toEqual(Array(5).fill('time'))
  })

  it('does not follow time that jumps ahead with sparse subtitles', () => {
    const estimates = replay(recordedReport('5.1.9', 'sparse_subs_fast'), AV)
    expect(estimates[1]).toMatchObject({ percent: 5.9, basis: 'frames', frame: 44, outTimeUs: 25e6 })
    expect(estimates[9]).toMatchObject({ percent: 71.1, basis: 'frames', outTimeUs: 25e6, stalledForMs: 0 })
    expect(estimates[12]).toMatchObject({ percent: 95.7, basis: 'time' })
  })

  it('tells no ETA and no speed by a time that stands while frames advance', () => {
    const estimates = replay(recordedReport('5.1.9', 'sparse_subs_fast'), { expectedUs: 30e6 })
    for (const estimate of estimates.slice(4, 11)) {
      expect(estimate).toMatchObject({ percent: 83.3, etaMs: null, speed: null, stalledForMs: 0 })
    }
    expect(estimates[12]!.speed).toBeCloseTo(11.9, -0.5)
  })

  it('goes by frames once time has stood still for 3 reports', () => {
    for (const [version, expected] of [
      ['5.1.9', [0, 0, 18, 28, 38, 48, 58, 68, 80, 90, 99, 99]],
      ['4.3-derived', [0, 0, 90, 94]],
    ] as const) {
      const estimates = replay(recordedReport(version, 'bframes_bf'), { expectedUs: 2e6, expectedFrames: 50 })
      expect(percents(estimates)).toEqual(expected)
    }
  })

  it('goes by frames where time is unknown for the whole job', () => {
    const report = recordedReport('7.1-derived', 'no_time')
    const estimates = replay(report, { expectedUs: 40e6, expectedFrames: 1_000 })
    expect(percents(estimates).slice(0, 4)).toEqual([5, 10, 15, 20])
    expect(estimates.at(-1)).toMatchObject({ percent: 99, basis: 'frames', outTimeUs: null })
    expect(estimates[10]).toMatchObject({ speed: 4, etaMs: 4_500 })
    expect(percents(replay(report, { expectedUs: 40e6 }))).toEqual(Array(21).fill(null))
  })

  it('stands when time is unknown again or an earlier one', () => {
    const report = recordedReport('9.0-derived', 'time_unknown_again')
    const estimates = replay(report, { expectedUs: 30e6 })
    expect(percents(estimates)).toEqual([8, 16, 24, 32, 40, 48, 56, 64, 64, 64, 64, 64, 70, 99])
    expect(estimates.every(({ basis }) => basis === 'time')).toBe(true)
    expect(percents(replay(report, AV)).at(-1)).toBe(99)
  })

  it('takes the time of the `end` block only where it goes on', () => {
    const cover = replay(recordedReport('7.1.5', 'cover_art'), { expectedUs: 600e6 })
    expect(cover.map(({ percent, outTimeUs, bitrate }) => [percent, outTimeUs, bitrate])).toEqual([
      [65.4, 392_229_637, 58_800],
      [65.4, 392_229_637, 58_800],
    ])
    const audio = replay(recordedReport('8.1-derived', 'two_audio_lengths'), AV)
    expect(audio.at(-1)).toMatchObject({ percent: 99, outTimeUs: 30e6 })
    // Also where it is all there is.
    expect(replay(recordedReport('7.1.5', 'copy'), { expectedUs: 30e6 })[0]).toMatchObject({
      percent: 99,
      outTimeUs: 30e6,
    })
  })

  it('holds 99 and says overrun once the expectation is known to be wrong', () => {
    const vbr = replay(recordedReport('5.1-derived', 'audio_vbr'), { expectedUs: 30e6 })
    expect(vbr.slice(-4).map(({ percent, basis, etaMs }) => [percent, basis, etaMs])).toEqual([
      [90, 'time', 500],
      [99, 'time', 0],
      [99, 'overrun', null],
      [99, 'overrun', null],
    ])
    const images = replay(recordedReport('5.1-derived', 'images_2fps'), { expectedUs: 30e6, expectedFrames: 60 })
    expect(images.slice(-3).map(({ percent, basis }) => [percent, basis])).toEqual([
      [99, 'time'],
      [99, 'overrun'],
      [99, 'overrun'],
    ])
  })

  it('stays where it is when the media ends before what was expected', () => {
    expect(percents(replay(recordedReport('5.1-derived', 'header_claims_35s'), { expectedUs: 35e6 }))).toEqual([
      0.1, 1.4, 1.4,
    ])
    expect(replay(recordedReport('5.1-derived', 'vfr_ends_early'), { expectedUs: 30e6 }).at(-1)!.percent).toBe(82)
    expect(replay(recordedReport('5.1.9', 'trunc_faststart'), AV).at(-1)!.percent).toBe(44.8)
    // Stopped on demand: `end`, and no more than was done.
    expect(replay(recordedReport('5.1.9', 'sigterm'), AV).at(-1)!.percent).toBe(6.1)
  })

  it('is the same for 4.0 and 4.1, which differ only in how they tell the time', () => {
    const old = replay(recordedReport('4.0-derived', 'av_mp4'), AV)
    expect(percents(old)).toEqual([9.2, 18.7, 28.7, 38.3, 48, 57.6, 67.5, 77.2, 87.1, 97.3, 99])
    expect(replay(recordedReport('4.1-derived', 'av_mp4'), AV)).toEqual(old)
    expect(
      replay(recordedReport('4.3-derived', 'audio_only'), { expectedUs: 600e6 }).map(({ percent }) => percent),
    ).toEqual([19.2, 39.4, 59.7, 79.8, 99, 99])
    expect(percents(replay(recordedReport('6.1-derived', 'av_mp4'), AV)).slice(0, 3)).toEqual([0, 3.7, 13.2])
  })

  it('reads what ffmpeg left of 70 outputs by frames', () => {
    const estimates = replay(recordedReport('5.1.9', 'many_streams_live_70'), { expectedUs: 1.5e6, expectedFrames: 38 })
    expect(estimates.at(-1)).toMatchObject({ percent: 99, basis: 'frames', outTimeUs: null })
    expect(percents(estimates).slice(0, 4)).toEqual([2.6, 10.5, 18.4, 23.7])
  })

  it('takes expectations that are none for unknown', () => {
    for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      const estimator = new ProgressEstimator([onePass({ expectedUs: bad, expectedFrames: bad })])
      expect(estimator.push(block({ outTimeUs: 1e6, frame: 25 }), 0)).toMatchObject({ percent: null, basis: 'unknown' })
    }
    expect(new ProgressEstimator([]).push(seconds(1), 0)).toMatchObject({ percent: null, pass: { index: 1, count: 1 } })
  })
})

describe('ETA and speed', () => {
  it.each([
    ['5.1.9', 'av_mp4_default_period', 30e6, 750],
    ['7.1.5', 'av_mp4_default_period', 30e6, 750],
    ['5.1.9', 'audio_only', 600e6, null],
    ['7.1.5', 'audio_only', 600e6, null],
    ['5.1.9', 'stats_on_stderr', 30e6, 750],
    ['5.1.9', 'sparse_subs_fast', 30e6, 750],
    ['4.1-derived', 'av_mp4', 30e6, 750],
  ])(
    '%s/%s: is there from the third report on, wrong by an eighth of the whole at most',
    (version, name, expectedUs, expectedFrames) => {
      const report = recordedReport(version, name)
      const blocks = timedBlocks(report)
      const endMs = blocks.at(-1)!.atMs
      const estimates = replay(report, { expectedUs, expectedFrames })
      expect(estimates.slice(0, 2).map(({ etaMs }) => etaMs)).toEqual([null, null])
      for (const [index, { etaMs }] of estimates.slice(2, -1).entries()) {
        const leftMs = endMs - blocks[index + 2]!.atMs
        expect(Math.abs(etaMs! - leftMs)).toBeLessThan(endMs / 8)
      }
      expect(estimates.at(-1)!.etaMs).toBeNull()
    },
  )

  it('has the speed of our clock, not the average since the start', () => {
    const estimates = replay(recordedReport('7.1.5', 'sparse_subs'), { expectedUs: 4e6, expectedFrames: 100 })
    // `-re` plays at 1x; ffmpeg, which counts its start-up, says 0.905 at best.
    expect(estimates.slice(3, -1).every(({ speed }) => Math.abs(speed! - 1) < 0.01)).toBe(true)
  })

  it('has a speed without any expectation', () => {
    expect(replay(recordedReport('5.1.9', 'audio_only'), {}).at(-1)!.speed).toBeCloseTo(200, -1)
  })

  it('waits for 2 % or 5 seconds', () => {
    const estimator = new ProgressEstimator([onePass({ expectedUs: 3_600e6 })])
    const etas = Array.from({ length: 12 }, (_, n) => estimator.push(seconds(n), n * 500).etaMs)
    expect(etas.slice(0, 10)).toEqual(Array(10).fill(null))
    expect(etas.slice(10)).toEqual([1_795_000, 1_794_500])
  })

  it('is slow and steady for a slow encoder, and null in no report', () => {
    const report = recordedReport('7.1-derived', 'slow_encoder')
    const estimates = replay(report, { expectedUs: 2.4e6, expectedFrames: 60 })
    const settled = estimates
      .map((estimate, index) => ({ ...estimate, leftMs: 180_000 - (index + 1) * 500 }))
      .slice(40, -2)
    for (const { etaMs, leftMs, speed } of settled) {
      expect(Math.abs(etaMs! - leftMs)).toBeLessThan(3_000)
      expect(Math.abs(speed! - 0.0133)).toBeLessThan(0.001)
    }
  })

  it('is null in a stall, with the speed at 0, and back after it', () => {
    const report = recordedReport('7.1-derived', 'stalled')
    const blocks = timedBlocks(report)
    const estimates = replay(report, AV)
    const at = (ms: number) => estimates[blocks.findIndex(({ atMs }) => atMs === ms)]!
    expect(at(10_000)).toMatchObject({ percent: 40, etaMs: 15_000, speed: 1.2, stalledForMs: 0 })
    expect(at(10_500)).toMatchObject({ percent: 40, etaMs: 14_500, speed: 1.2, stalledForMs: 500 })
    for (let ms = 11_000; ms <= 40_000; ms += 500) {
      expect(at(ms)).toMatchObject({ percent: 40, etaMs: null, speed: 0, stalledForMs: ms - 10_000 })
    }
    expect(at(40_500)).toMatchObject({ percent: 42, stalledForMs: 0 })
    expect(at(41_000).etaMs! / 14_000).toBeCloseTo(1, 0)
    expect(at(45_000).speed).toBeGreaterThan(1)
  })

  it('is null once its time has passed and the pass is not done', () => {
    const estimator = new ProgressEstimator([onePass({ expectedUs: 10e6 })])
    for (let n = 0; n <= 9; n++) estimator.push(seconds(n), n * 1_000)
    expect(estimator.tick(9_500).etaMs).toBe(500)
    expect(estimator.tick(10_001).etaMs).toBeNull()
  })

  it('bears a clock that is set back', () => {
    const estimator = new ProgressEstimator([onePass({ expectedUs: 100e6 })])
    for (let n = 0; n < 10; n++) estimator.push(seconds(n), 1e12 + n * 500)
    const atStep = estimator.push(seconds(10), 1e12 - 3_600_000)
    expect(atStep).toMatchObject({ stalledForMs: 0 })
    const after = Array.from({ length: 5 }, (_, n) => estimator.push(seconds(11 + n), 1e12 - 3_600_000 + (n + 1) * 500))
    expect(after.at(-1)!.etaMs! / 42_500).toBeCloseTo(1, 0)
    expect(estimator.tick(Number.NaN)).toEqual(after.at(-1))
  })
})

describe('stall', () => {
  it('grows with the clock while no report comes', () => {
    const estimator = new ProgressEstimator([onePass(AV)])
    for (let n = 1; n <= 10; n++) estimator.push(seconds(n), n * 500)
    expect(estimator.tick(5_400)).toMatchObject({ stalledForMs: 400, etaMs: 9_600 })
    expect(estimator.tick(65_000)).toMatchObject({ stalledForMs: 60_000, etaMs: null, speed: 0, percent: 33.3 })
  })

  it('counts from the start of a pass that never reports', () => {
    const estimator = new ProgressEstimator([onePass(AV)])
    estimator.startPass(0, 1_000)
    expect(estimator.tick(21_000)).toMatchObject({ stalledForMs: 20_000, percent: null, etaMs: null })
  })

  it('is not the silence of a finished or finishing pass', () => {
    const report = recordedReport('5.1-derived', 'faststart_long')
    const blocks = timedBlocks(report)
    const estimator = new ProgressEstimator([onePass(AV)])
    for (const { block, atMs } of blocks.slice(0, -1)) estimator.push(block, atMs)
    estimator.finishing()
    expect(estimator.latest).toMatchObject({ etaMs: null, stalledForMs: 0, percent: 98.7 })
    expect(estimator.tick(69_000)).toMatchObject({ etaMs: null, stalledForMs: 0 })
    expect(estimator.push(blocks.at(-1)!.block, 70_000)).toMatchObject({ percent: 99, etaMs: null, stalledForMs: 0 })
    expect(estimator.tick(99_000)).toMatchObject({ stalledForMs: 0, etaMs: null })
  })

  it('is no gap such as were before', () => {
    const estimator = new ProgressEstimator([onePass(AV)])
    let nowMs = 0
    for (let n = 0; n < 30; n++) estimator.push(block({ frame: n * 5 }), (nowMs += n % 3 === 2 ? 3_000 : 500))
    const at = (ms: number) => estimator.tick(nowMs + ms)
    expect(at(4_000).etaMs).not.toBeNull()
    expect(at(6_500)).toMatchObject({ etaMs: null, stalledForMs: 6_500 })
  })

  it('is not time that goes on from an earlier one', () => {
    const estimator = new ProgressEstimator([onePass({ expectedUs: 600e6 })])
    estimator.push(seconds(500), 0)
    // The stream that was furthest has finished (9.0); another one is at 100 s.
    for (let n = 0; n < 60; n++) {
      expect(estimator.push(seconds(100 + n * 5), 1_000 + n * 500)).toMatchObject({ stalledForMs: n === 0 ? 1_000 : 0 })
    }
    expect(estimator.latest).toMatchObject({ percent: 83.3, speed: 10 })
  })

  it('is possible again when a finishing pass advances', () => {
    const estimator = new ProgressEstimator([onePass(AV)])
    estimator.push(seconds(1), 0)
    estimator.finishing()
    estimator.push(seconds(2), 500)
    expect(estimator.tick(10_500).stalledForMs).toBe(10_000)
  })
})

describe('several passes', () => {
  const twoPasses = [
    { label: 'analyse', expectedUs: 30e6, expectedFrames: 750, weight: 0.35 },
    { label: 'encode', expectedUs: 30e6, expectedFrames: 750, weight: 0.65 },
  ]

  it('goes on from the weight of the passes before', () => {
    const estimator = new ProgressEstimator(twoPasses)
    const first = timedBlocks(recordedReport('5.1.9', 'pass1')).map(({ block, atMs }) => estimator.push(block, atMs))
    expect(percents(first)).toEqual([0, 11.1, 24.4, 34.9])
    expect(first[2]).toMatchObject({ pass: { index: 1, count: 2, label: 'analyse' } })
    // What is left of this pass (190 ms) and 0.65/0.35 of a whole one (657 ms).
    expect(first[2]!.etaMs).toBeGreaterThan(800)
    expect(first[2]!.etaMs).toBeLessThan(1_800)

    estimator.startPass(1, 600)
    expect(estimator.latest).toMatchObject({
      percent: 35,
      basis: 'time',
      etaMs: null,
      outTimeUs: null,
      frame: null,
      pass: { index: 2, count: 2, label: 'encode' },
    })
    const second = timedBlocks(recordedReport('5.1.9', 'pass2')).map(({ block, atMs }) =>
      estimator.push(block, 600 + atMs),
    )
    expect(percents(second)).toEqual([35, 45.3, 59.2, 74.9, 90, 99])
    expect(second[3]!.etaMs! / 310).toBeCloseTo(1, 0)
  })

  it('never exceeds the weight of a pass, whatever it reports', () => {
    const estimator = new ProgressEstimator(twoPasses)
    expect(estimator.push(block({ outTimeUs: 90e6, frame: 2_000 }), 0)).toMatchObject({ percent: 35, basis: 'overrun' })
    estimator.startPass(1, 100)
    expect(estimator.latest).toMatchObject({ percent: 35, basis: 'time' })
    expect(estimator.push(block({ outTimeUs: 90e6, frame: 2_000 }), 200)).toMatchObject({
      percent: 99,
      basis: 'overrun',
    })
  })

  it('is unknown in a pass of unknown length and known after it', () => {
    const estimator = new ProgressEstimator([
      { ...twoPasses[0]!, expectedUs: null, expectedFrames: null },
      twoPasses[1]!,
    ])
    expect(estimator.push(block({ outTimeUs: 15e6, frame: 375 }), 0)).toMatchObject({ percent: null, basis: 'unknown' })
    estimator.startPass(1, 100)
    expect(estimator.latest.percent).toBe(35)
  })

  it('stands in a pass of unknown length that follows a known one', () => {
    const estimator = new ProgressEstimator([
      twoPasses[0]!,
      { ...twoPasses[1]!, expectedUs: null, expectedFrames: null },
    ])
    estimator.push(block({ outTimeUs: 15e6, frame: 375 }), 0)
    estimator.startPass(1, 100)
    expect(estimator.push(seconds(10), 200)).toMatchObject({ percent: 17.5, basis: 'time', etaMs: null })
  })

  it('does not fall when a pass is started again', () => {
    const estimator = new ProgressEstimator(twoPasses)
    estimator.startPass(1, 0)
    estimator.push(seconds(15), 100)
    estimator.startPass(0, 200)
    expect(estimator.push(seconds(1), 300)).toMatchObject({ percent: 67.5, pass: { index: 1 } })
  })

  it('makes sense of weights that do not sum to 1, and of an index that is none', () => {
    const estimator = new ProgressEstimator(twoPasses.map((plan) => ({ ...plan, weight: 3 })))
    estimator.startPass(7, 0)
    expect(estimator.latest).toMatchObject({ percent: 50, pass: { index: 2, count: 2 } })
    const weightless = new ProgressEstimator(twoPasses.map((plan) => ({ ...plan, weight: Number.NaN })))
    expect(weightless.push(seconds(15), 0).percent).toBe(25)
  })
})

describe('what `ffleet parse` is made of', () => {
  it('is a parser and an estimator of one pass', () => {
    const report = recordedReport('5.1.9', 'av_mp4_default_period')
    const parser = new ReportParser()
    const estimator = new ProgressEstimator([{ label: 'encode', expectedUs: 30e6, expectedFrames: null, weight: 1 }])
    const blocks = [...parser.push(report.bytes), ...parser.end()]
    // A file that is read at once: no time passes, so there is progress and no pace.
    const estimates = blocks.map((one) => estimator.push(one, 0))
    expect(percents(estimates).slice(0, 3)).toEqual([0.2, 9.3, 18.7])
    expect(
      estimates.every(({ etaMs, speed, stalledForMs }) => etaMs === null && speed === null && stalledForMs === 0),
    ).toBe(true)
  })
})

describe('passes in any order', () => {
  const part = (label: string) => ({ label, expectedUs: null, expectedFrames: 100, weight: 0.3 })
  const inParts = () => new ProgressEstimator([part('1'), part('2'), part('3'), { ...part('join'), weight: 0.1 }])
  const frames = (frame: number) => block({ frame })

  it('count for what they have come to, and not for their place', () => {
    const estimator = inParts()
    const others = new Map([0, 1, 2].map((index) => [index, 0]))
    expect(estimator.beside(others, 1, 0).percent).toBe(0)
    estimator.startPass(2, 100)
    expect(estimator.latest.percent).toBe(0)
    expect(estimator.push(frames(50), 200).percent).toBe(15)
    expect(estimator.beside(new Map([...others, [0, 0.5]]), 2, 300).percent).toBe(30)
    const made = new Map([0, 1, 2].map((index) => [index, 1]))
    expect(estimator.beside(made, 1, 400).percent).toBe(90)
    estimator.startPass(3, 500)
    expect(estimator.latest.percent).toBe(90)
  })

  it('are over sooner by as many as make them at once, but not before the one that is looked at', () => {
    const alone = etaWith(1)
    expect(etaWith(2)).toBeCloseTo(alone / 2, -2)
    expect(etaWith(50)).toBeCloseTo(50_000, -2)
  })

  function etaWith(makers: number): number {
    const estimator = inParts()
    estimator.beside(new Map([0, 1, 2].map((index) => [index, 0])), makers, 0)
    for (let i = 1; i <= 50; i++) estimator.push(frames(i), i * 1_000)
    return estimator.latest.etaMs!
  }
})
