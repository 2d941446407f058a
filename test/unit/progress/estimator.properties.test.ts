import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Estimate, type PassPlan, ProgressEstimator, type ReportBlock } from '../../../src/progress/index.js'
import { allReports, blocksOf, onePass, replay } from './recorded-reports.js'

const [NOTHING] = blocksOf('progress=continue\n')

const anyNumber = fc.oneof(fc.double(), fc.integer(), fc.constant(Number.NaN), fc.constant(-0))
const anyFigure = fc.oneof(fc.constant(null), anyNumber, fc.nat(1_000), fc.nat(40_000_000))
const anyBlock: fc.Arbitrary<ReportBlock> = fc.record({
  frame: anyFigure,
  fps: anyFigure,
  bitrate: anyFigure,
  totalBytes: anyFigure,
  outTimeUs: anyFigure,
  dupFrames: anyFigure,
  dropFrames: anyFigure,
  speed: anyFigure,
  quality: fc.dictionary(fc.constantFrom('0:0', '1:0'), anyNumber, { maxKeys: 2 }),
  end: fc.boolean(),
  truncated: fc.boolean(),
  raw: fc.constant({}),
})
const anyPlan: fc.Arbitrary<PassPlan> = fc.record({
  label: fc.string(),
  expectedUs: anyFigure,
  expectedFrames: anyFigure,
  weight: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), anyNumber),
})
type Step = (estimator: ProgressEstimator) => void
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(anyBlock, anyNumber).map(
      ([block, now]): Step =>
        (e) =>
          void e.push(block, now),
    ),
  },
  {
    weight: 2,
    arbitrary: anyNumber.map(
      (now): Step =>
        (e) =>
          void e.tick(now),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(anyNumber, anyNumber).map(
      ([index, now]): Step =>
        (e) =>
          e.startPass(index, now),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Step>((e) => e.finishing()) },
)

describe('an estimator', () => {
  it('keeps the promises of the contract whatever it is fed', () => {
    fc.assert(
      fc.property(fc.array(anyPlan, { maxLength: 3 }), fc.array(anyStep, { maxLength: 40 }), (plans, steps) => {
        const estimator = new ProgressEstimator(plans)
        const estimates = [estimator.latest]
        for (const step of steps) {
          step(estimator)
          estimates.push(estimator.latest)
        }
        expectPromisesKept(estimates)
      }),
      { numRuns: 2_000 },
    )
  })

  it('keeps them on a plausible job, and comes to 99', () => {
    const job = fc.record({
      frames: fc.integer({ min: 5, max: 3_000 }),
      periodMs: fc.integer({ min: 50, max: 2_000 }),
      framesPerReport: fc.integer({ min: 1, max: 400 }),
      wrongBy: fc.double({ min: 0.3, max: 3, noNaN: true }),
    })
    fc.assert(
      fc.property(job, ({ frames, periodMs, framesPerReport, wrongBy }) => {
        const estimator = new ProgressEstimator([onePass({ expectedUs: frames * 40_000 * wrongBy })])
        const estimates: Estimate[] = []
        for (let frame = 0, nowMs = 0; frame <= frames; frame += framesPerReport, nowMs += periodMs) {
          estimates.push(estimator.push({ ...NOTHING!, frame, outTimeUs: frame * 40_000 }, nowMs))
        }
        expectPromisesKept(estimates)
        const last = estimates.at(-1)!
        expect(last.stalledForMs).toBe(0)
        const part = Math.min((last.frame! / frames / wrongBy) * 100, 99)
        expect(Math.abs(last.percent! - part)).toBeLessThan(0.06)
      }),
      { numRuns: 300 },
    )
  })

  it('keeps them on every report there is, with a right, a wrong and no expectation', () => {
    const expectations = [
      {},
      { expectedUs: 30e6, expectedFrames: 750 },
      { expectedUs: 1e6 },
      { expectedFrames: 10_000 },
    ]
    for (const report of allReports()) {
      for (const plan of expectations) expectPromisesKept(replay(report, plan), report.path)
    }
  })
})

function expectPromisesKept(estimates: Estimate[], name = ''): void {
  expect(estimates.flatMap(faultsOf), name).toEqual([])
}

function faultsOf(estimate: Estimate, index: number, all: Estimate[]): string[] {
  const { percent, basis, etaMs, pass, quality, ...figures } = estimate
  const before = all.slice(0, index).reduce((most, one) => Math.max(most, one.percent ?? 0), 0)
  const numbers = [...Object.values(figures), ...Object.values(quality), percent ?? 0, etaMs ?? 0]
  const promises = {
    'numbers are finite and not negative, or null': numbers.every((n) => n === null || (Number.isFinite(n) && n >= 0)),
    'no percent is an unknown basis': (percent === null) === (basis === 'unknown'),
    'percent never becomes unknown': percent !== null || before === 0,
    'percent never falls': percent === null || percent >= before,
    'percent is 99 at most': (percent ?? 0) <= 99,
    'percent has one decimal': percent === null || Math.round(percent * 10) / 10 === percent,
    'no ETA without percent': etaMs === null || percent !== null,
    'no ETA in an overrun': etaMs === null || basis !== 'overrun',
    'no ETA in a stall': etaMs === null || figures.stalledForMs < 15_000,
    'ETA is whole milliseconds': etaMs === null || Number.isSafeInteger(etaMs),
    'media time is a position': (figures.outTimeUs ?? 0) <= 1e13,
    'pass is one of the passes': pass.index >= 1 && pass.index <= pass.count,
  }
  return Object.entries(promises).flatMap(([promise, kept]) =>
    kept ? [] : [`${promise}: ${JSON.stringify(estimate)} at ${index}`],
  )
}
