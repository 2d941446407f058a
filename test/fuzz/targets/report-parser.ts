import { deepStrictEqual, ok } from 'node:assert'
import fc from 'fast-check'
import { type Estimate, ProgressEstimator, type ReportBlock, ReportParser } from '../../../src/progress/index.js'
import { allReports, blocksOf, onePass } from '../../unit/progress/recorded-reports.js'
import type { Target } from '../target.js'
import { anyEdits, anyPlaces, bytesOf, type Edit, edited, pieces } from '../values.js'

type Input = {
  report: string
  edits: Edit[]
  places: number[]
  expectedUs: number | null
  expectedFrames: number | null
}

const NUMBERS = ['nan', 'inf', '-inf', '1e999', '-1', 'N/A', '99999999999999999999', '-577014:32:22.775807', '0.000001']
const LINES = [
  'frame',
  'fps',
  'out_time_us',
  'out_time_ms',
  'out_time',
  'speed',
  'bitrate',
  'total_size',
  'stream_0_0_q',
]
const PIECES = [
  ...NUMBERS,
  ...LINES.flatMap((key) => NUMBERS.map((value) => `\n${key}=${value}\n`)),
  ...['\n', '\r', '\r\n', '=', 'progress=end\n', 'progress=continue\n', 'frame=1frame=2', '\ufeff', '\0'],
]
const PERIOD_MS = 500

/** Recorded reports, changed at a few places, in pieces: what a parser and an estimator make of them. */
export const reportParser: Target<Input> = {
  name: 'report-parser',
  runs: 400,
  async open() {
    const reports = new Map(allReports().map(({ path, bytes }) => [path, Buffer.from(bytes).toString('latin1')]))
    return {
      inputs: fc.record({
        report: fc.constantFrom(...reports.keys()),
        edits: anyEdits(PIECES),
        places: anyPlaces,
        expectedUs: fc.option(fc.integer({ min: 0, max: 60_000_000 })),
        expectedFrames: fc.option(fc.integer({ min: 0, max: 2_000 })),
      }),
      check({ report, edits, places, ...plan }) {
        const bytes = bytesOf(edited(reports.get(report)!, edits))
        const whole = blocksOf(bytes)
        const parser = new ReportParser()
        const cut = pieces(bytes, places).flatMap((piece) => parser.push(piece))
        deepStrictEqual([...cut, ...parser.end()], whole)
        for (const block of whole) checkBlock(block)
        const estimator = new ProgressEstimator([onePass(plan)])
        checkEstimates(whole.map((block, i) => estimator.push(block, i * PERIOD_MS)))
      },
    }
  },
}

function checkBlock({ quality, raw, end, truncated, ...figures }: ReportBlock): void {
  for (const [name, value] of [...Object.entries(figures), ...Object.entries(quality)]) {
    ok(value === null || Number.isFinite(value), `${name} is ${value}`)
  }
  for (const value of Object.values(raw)) ok(typeof value === 'string')
  ok(typeof end === 'boolean' && typeof truncated === 'boolean')
}

function checkEstimates(estimates: readonly Estimate[]): void {
  let last = 0
  for (const estimate of estimates) {
    for (const [name, value] of Object.entries(estimate)) {
      if (typeof value === 'number') ok(Number.isFinite(value), `${name} is ${value}`)
    }
    const { percent } = estimate
    ok(percent === null || (percent >= last && percent <= 99), `percent is ${percent} after ${last}`)
    last = percent ?? last
  }
}
