import { createReadStream, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { showReport, startOfSaved } from '../../../src/cli/parse-report.js'
import { ReportClock } from '../../../src/cli/report-clock.js'
import type { ProgressSnapshot } from '../../../src/contract/index.js'
import { ReportParser } from '../../../src/progress/index.js'

const REPORTS = new URL('../../../fixtures/reports/', import.meta.url).pathname

/** A report of 30 frames a second of media at an even speed, a block each half second, as ffmpeg rounds it. */
function written(seconds: number, speed: number, { video = true } = {}): string {
  const blocks = Array.from({ length: Math.floor(seconds * 2) }, (_, i) => {
    const elapsed = (i + 1) / 2 + 0.03
    const media = elapsed * speed
    const frame = Math.round(media * 30)
    const fps = elapsed > 1 ? (frame / elapsed).toFixed(2) : '0.00'
    const told = (media / elapsed) * (1 + 0.001 * Math.sin(i))
    const ofVideo = video ? [`frame=${frame}`, `fps=${fps}`] : []
    return [...ofVideo, `out_time_us=${Math.round(media * 1e6)}`, `speed=${told.toPrecision(3)}x`, 'progress=continue']
  })
  return `${blocks.flat().join('\n')}\n`
}
const blocksOf = (report: string) => new ReportParser().push(report)

describe('the clock of a report', () => {
  test.each([
    ['with video', true, 100],
    ['of audio alone', false, 2_000],
  ])('%s is ffmpeg’s, however fast it is read', (_, video, toleranceMs) => {
    const blocks = blocksOf(written(600, 2, { video }))
    const clock = new ReportClock({ saved: true })
    const read = blocks.map((block) => clock.read(block, 0))
    for (const [i, elapsedMs] of read.entries()) {
      expect(Math.abs(elapsedMs - ((i + 1) * 500 + 30)), `block ${i}`).toBeLessThan(i < 4 ? 700 : toleranceMs)
      expect(elapsedMs).toBeGreaterThanOrEqual(read[i - 1] ?? 0)
    }
  })

  test('of an ffmpeg that runs goes on with the time here', () => {
    const blocks = blocksOf(written(60, 2))
    const clock = new ReportClock({ saved: false })
    let before = clock.read(blocks[0]!, 1_000)
    for (const [i, block] of blocks.entries()) {
      if (i === 0) continue
      const elapsedMs = clock.read(block, 1_000 + i * 500)
      expect(Math.abs(elapsedMs - before - 500)).toBeLessThan(i < 4 ? 700 : 60)
      before = elapsedMs
    }
  })

  test('is led astray by nothing that a report may hold', () => {
    const clock = new ReportClock({ saved: true })
    const odd =
      'speed=N/A\nspeed=0x\nout_time_us=-5\nspeed=1e+03x\nfps=-1\nframe=9\nout_time_us=9e99\nspeed=1x\nprogress=end\n'
    for (const block of blocksOf(odd)) expect(clock.read(block, 5)).toSatisfy(Number.isFinite)
  })
})

describe('a saved report', () => {
  const file = join(REPORTS, '5.1.9', 'av_mp4.progress')
  const expected = { expectedUs: 30_000_000, expectedFrames: null }
  async function read(source: AsyncIterable<Uint8Array | string>, saved: { startedAtMs: number } | null) {
    const seen: ProgressSnapshot[] = []
    await showReport(source, expected, () => ({ show: (snapshot) => void seen.push(snapshot), close: () => {} }), saved)
    return seen
  }
  async function* slowly() {
    const text = readFileSync(file, 'utf8')
    for (let at = 0; at < text.length; at += 200) {
      await sleep(20)
      yield text.slice(at, at + 200)
    }
  }
  const told = (seen: ProgressSnapshot[]) => seen.map(({ percent, speed, etaMs, at }) => [percent, speed, etaMs, at])

  test('has the same speed, ETA and times whether it is read fast or slowly', async () => {
    const saved = { startedAtMs: Date.parse('2026-01-01T00:00:00Z') }
    const [fast, slow] = await Promise.all([read(createReadStream(file), saved), read(slowly(), saved)])
    expect(told(slow)).toEqual(told(fast))
    expect(fast.at(-1)!.speed).toBeGreaterThan(40)
    expect(fast.at(-1)!.speed).toBeLessThan(55)
    expect(Date.parse(fast[2]!.at) - Date.parse(fast[1]!.at)).toBeCloseTo(200, -2)
  })

  test('through a pipe it is noticed, and the speed is of the same size', async () => {
    const [piped, known] = await Promise.all([
      read([readFileSync(file)] as never, null),
      read(slowly(), { startedAtMs: 0 }),
    ])
    expect(Math.abs(piped.at(-1)!.speed! / known.at(-1)!.speed! - 1)).toBeLessThan(0.2)
  })

  test('began as long before it was written as it tells', async () => {
    expect(await startOfSaved(createReadStream(file), 10_000)).toBeLessThan(9_500)
  })

  test.each(readdirSync(join(REPORTS, '7.1.5')).filter((name) => name.endsWith('.progress')))(
    '%s has a clock that never falls',
    (name) => {
      const clock = new ReportClock({ saved: true })
      let before = 0
      for (const block of blocksOf(readFileSync(join(REPORTS, '7.1.5', name), 'latin1'))) {
        const elapsedMs = clock.read(block, 0)
        expect(elapsedMs).toBeGreaterThanOrEqual(before)
        expect(elapsedMs).toBeLessThan(600_000)
        before = elapsedMs
      }
    },
  )
})
