import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Estimate, type InputPlace, type PassPlan, ProgressEstimator } from '../../../src/progress/index.js'
import { blocksOf, onePass } from './recorded-reports.js'

const [NOTHING] = blocksOf('progress=continue\n')
const PERIOD_MS = 500

/** One encode of a file in even pieces, as ffmpeg would report it. */
type Encode = {
  /** Of media. */
  seconds?: number
  sizeBytes?: number
  bufferBytes?: number
  /** Media that is read before it comes out. */
  heldSeconds?: number
  secondsPerReport?: number
  framesPerSecond?: number | null
  tellsTime?: boolean
  /** Share of the bytes in which a share of the time is; even bit rate if left out. */
  bytesAt?: (time: number) => number
  /** Where ffmpeg is at each report, in place of what follows from the rest. */
  placeAt?: (time: number, report: number) => number
}

type Seen = Estimate & { done: number; read: number }

function encode(plan: Partial<PassPlan>, encode: Encode = {}, estimator = new ProgressEstimator([onePass(plan)])) {
  const { seconds = 100, sizeBytes = 100e6, bufferBytes = 32_768, heldSeconds = 3, secondsPerReport = 1.3 } = encode
  const { framesPerSecond = 25, tellsTime = true, bytesAt = (time: number) => time, placeAt } = encode
  const seen: Seen[] = []
  for (let report = 1, out = 0; out < seconds; report++) {
    out = Math.min(report * secondsPerReport, seconds)
    const through = Math.round(bytesAt(Math.min((out + heldSeconds) / seconds, 1)) * sizeBytes)
    const buffered = Math.min(Math.ceil(through / bufferBytes) * bufferBytes, sizeBytes)
    const bytes = placeAt === undefined ? buffered : Math.round(placeAt(out / seconds, report) * sizeBytes)
    const frame = framesPerSecond === null ? null : Math.round(out * framesPerSecond)
    const block = { ...NOTHING!, outTimeUs: tellsTime ? out * 1e6 : null, frame }
    const estimate = estimator.push(block, report * PERIOD_MS, { bytes, sizeBytes })
    seen.push({ ...estimate, done: (100 * out) / seconds, read: (100 * bytes) / sizeBytes })
  }
  return seen
}

const percents = (seen: Estimate[]) => seen.map(({ percent }) => percent)
const bases = (seen: Estimate[]) => [...new Set(seen.map(({ basis }) => basis))]

/** Where percent is known it is within `most` of what is done. */
function expectNear(seen: Seen[], most: number): void {
  for (const { percent, done } of seen) if (percent !== null) expect(Math.abs(percent - done)).toBeLessThan(most)
}

describe('without any expectation', () => {
  it('percent is what share of the input has come through', () => {
    const seen = encode({})
    expect(percents(seen).slice(0, 2)).toEqual([null, null])
    expect(seen[2]).toMatchObject({ basis: 'bytes' })
    expectNear(seen, 1.1)
    expect(seen.at(-1)).toMatchObject({ percent: 99, basis: 'bytes' })
  })

  it('there is an ETA by the pace of the bytes', () => {
    const seen = encode({})
    const { etaMs, done } = seen[40]!
    expect(etaMs! / (((100 - done) / 1.3) * PERIOD_MS)).toBeCloseTo(1, 1)
    expect(seen[40]!.speed).toBeCloseTo(2.6, 1)
  })

  it('frames do where media time is unknown, and media time without video', () => {
    for (const known of [{ tellsTime: false }, { framesPerSecond: null }]) {
      const seen = encode({}, known)
      expectNear(seen, 1.1)
      expect(seen.at(-1)).toMatchObject({ percent: 99, basis: 'bytes' })
    }
  })

  it('read-ahead is not taken for done', () => {
    const buffers = { sizeBytes: 1_318_464, bufferBytes: 262_144, seconds: 30, secondsPerReport: 0.4, heldSeconds: 0 }
    const seen = encode({}, buffers)
    expect(bases(seen)).toEqual(['unknown', 'bytes'])
    expectNear(seen, 5)
    const held = encode({}, { seconds: 30, heldSeconds: 12 })
    expectNear(held, 5)
  })

  it('what is read at once tells nothing', () => {
    for (const sizeBytes of [10_000, 262_144, 500_000]) {
      expect(bases(encode({}, { sizeBytes, bufferBytes: 262_144 }))).toEqual(['unknown'])
    }
    expect(bases(encode({}, { seconds: 4, heldSeconds: 4, secondsPerReport: 0.2 }))).toEqual(['unknown'])
  })

  it('each pass counts anew', () => {
    const estimator = new ProgressEstimator([onePass({ weight: 0.4 }), onePass({ weight: 0.6 })])
    const first = encode({}, {}, estimator)
    estimator.startPass(1, 60_000)
    expect(estimator.latest).toMatchObject({ percent: 40, basis: 'bytes' })
    const seen = [...first, ...encode({}, {}, estimator)]
    expect(percents(seen)).toEqual([...percents(seen)].sort((a, b) => (a ?? -1) - (b ?? -1)))
    expect(seen.at(-1)!.percent).toBe(99)
  })

  it('percent stands where ffmpeg begins to turn back', () => {
    const seen = encode({}, { placeAt: (time, report) => (time > 0.5 && report % 2 ? 0.01 : time) })
    expect(seen.at(-1)!.percent).toBeGreaterThan(45)
    expect(seen.at(-1)!.percent).toBeLessThan(55)
  })

  it('what ffmpeg looks at before anything comes out is left out', () => {
    const estimator = new ProgressEstimator([onePass({})])
    const nothingOut = { ...NOTHING!, outTimeUs: 0, frame: 0 }
    estimator.push(nothingOut, 0, { bytes: 99e6, sizeBytes: 100e6 })
    expectNear(encode({}, {}, estimator), 1.1)
  })
})

describe('an expectation that is wrong', () => {
  it('by far too long gives way when half is read', () => {
    const seen = encode({ expectedUs: 1_030e6 }, { seconds: 30, secondsPerReport: 0.5 })
    expect(bases(seen)).toEqual(['time', 'bytes'])
    for (const { percent, done } of seen) expect(percent).toBeLessThan(done + 2)
    expectNear(
      seen.filter(({ done }) => done > 52),
      2,
    )
    const { etaMs, speed } = seen[45]!
    expect(etaMs).toBeLessThan(20_000)
    expect(speed).toBeCloseTo(1, 1)
  })

  it('too long by half gives way towards the end', () => {
    const seen = encode({ expectedUs: 200e6 }, { seconds: 100 })
    expect(seen.at(-1)).toMatchObject({ percent: 99, basis: 'bytes' })
  })

  it('by far too short does not run ahead', () => {
    const seen = encode({ expectedUs: 30e6, expectedFrames: 750 }, { seconds: 1_030, secondsPerReport: 2 })
    for (const { percent, done } of seen) expect(percent!).toBeLessThan(Math.max(15, done + 1))
    expect(bases(seen)).toEqual(['time', 'bytes'])
    expect(seen.at(-1)!.percent).toBe(99)
    expect(seen.at(-100)!.etaMs).toBeGreaterThan(10_000)
  })

  it('too short by half stops short of 99', () => {
    const seen = encode({ expectedUs: 50e6 }, { seconds: 100 })
    const early = seen.filter(({ done }) => done < 80)
    expect(Math.max(...percents(early).map(Number))).toBeLessThan(90)
  })

  it('too short by little is an overrun as before', () => {
    const seen = encode({ expectedUs: 95e6 }, { seconds: 100 })
    expect(seen.at(-1)).toMatchObject({ percent: 99, basis: 'overrun', etaMs: null })
  })
})

describe('an expectation that is right', () => {
  it.each<[string, Encode]>([
    ['an even bit rate', {}],
    ['a calm beginning', { bytesAt: (time) => (time < 0.3 ? time / 3 : 0.1 + ((time - 0.3) * 9) / 7) }],
    ['a calm end', { bytesAt: (time) => (time < 0.5 ? time * 1.8 : 0.9 + (time - 0.5) / 5) }],
    ['a short clip that the encoder holds', { seconds: 4, heldSeconds: 4, secondsPerReport: 0.1 }],
    ['a file that is read at once', { sizeBytes: 200_000, bufferBytes: 262_144 }],
    ['an attachment in front', { bytesAt: (time) => 0.9 + time / 10 }],
    ['streams one behind the other', { placeAt: (time, report) => (report % 2 ? 0.95 + time / 20 : time) }],
    ['an index at the end', { bytesAt: (time) => 0.93 * time }],
  ])('counts, with %s', (_, how) => {
    const seconds = how.seconds ?? 100
    const seen = encode({ expectedUs: seconds * 1e6 }, how)
    const byTime = seen.map(({ done }) => Math.min(99, Math.round(done * 10) / 10))
    expect(percents(seen)).toEqual(byTime)
  })
})

describe('whatever is read', () => {
  const anyNumber = fc.oneof(fc.double(), fc.nat(2_000_000), fc.integer())
  const anyPlace: fc.Arbitrary<InputPlace | null> = fc.oneof(
    fc.constant(null),
    fc.record({ bytes: anyNumber, sizeBytes: anyNumber }),
    fc.record({ bytes: fc.nat(2_000_000), sizeBytes: fc.constant(2_000_000) }),
  )
  const anyReport = fc.record({
    place: anyPlace,
    outTimeUs: fc.option(fc.nat(40_000_000)),
    frame: fc.option(fc.nat(1_000)),
    end: fc.boolean(),
    afterMs: fc.nat(3_000),
  })
  const anyPlan = fc.record({ expectedUs: fc.option(fc.nat(40_000_000)), expectedFrames: fc.option(fc.nat(1_000)) })

  it.each([
    ['in any order', (_: string, values: number[]) => values],
    ['onwards', (_: string, values: number[]) => [...values].sort((a, b) => a - b)],
  ])('percent never falls, is 99 at most, and every number is finite: %s', (_, order) => {
    fc.assert(
      fc.property(anyPlan, fc.array(anyReport, { maxLength: 30 }), (plan, reports) => {
        const estimator = new ProgressEstimator([onePass(plan)])
        const places = order(
          'bytes',
          reports.map(({ place }) => place?.bytes ?? 0),
        )
        let nowMs = 0
        let before = 0
        for (const [i, { place, outTimeUs, frame, end, afterMs }] of reports.entries()) {
          nowMs += afterMs
          const input = place && { ...place, bytes: places[i]! }
          const { percent, etaMs, speed, basis } = estimator.push({ ...NOTHING!, outTimeUs, frame, end }, nowMs, input)
          expect(percent === null).toBe(basis === 'unknown')
          expect(percent ?? before).toBeGreaterThanOrEqual(before)
          expect(percent ?? 0).toBeLessThanOrEqual(99)
          for (const number of [percent, etaMs, speed]) expect(Number.isFinite(number ?? 0)).toBe(true)
          before = percent ?? before
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
