import { createReadStream, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { reportBar, showReport } from '../../../src/cli/parse-report.js'
import { plainStyle } from '../../../src/cli/render/style.js'
import type { ProgressSnapshot } from '../../../src/contract/index.js'
import { cli } from '../../helpers/cli.js'
import { VirtualScreen } from '../../helpers/screen.js'

const REPORTS = new URL('../../../fixtures/reports/', import.meta.url).pathname
const recorded = (version: string) =>
  readdirSync(join(REPORTS, version))
    .filter((name) => name.endsWith('.progress'))
    .map((name) => join(REPORTS, version, name))

async function snapshotsOf(file: string, expected = { expectedUs: 30_000_000, expectedFrames: null as number | null }) {
  const seen: ProgressSnapshot[] = []
  const show = () => ({ show: (snapshot: ProgressSnapshot) => void seen.push(snapshot), close: () => {} })
  const last = await showReport(createReadStream(file, { highWaterMark: 61 }), expected, show)
  return { seen, last }
}

describe('recorded reports', () => {
  const files = ['5.1.9', '7.1.5'].flatMap(recorded)
  test('there are some', () => expect(files.length).toBeGreaterThan(60))

  test.each(files.map((file) => [file.slice(REPORTS.length), file]))(
    '%s keeps the rules of progress',
    async (_, file) => {
      const { seen } = await snapshotsOf(file)
      let former = -1
      for (const [i, snapshot] of seen.entries()) {
        expect(snapshot.seq).toBe(i + 1)
        for (const value of Object.values(snapshot))
          if (typeof value === 'number') expect(value).toSatisfy(Number.isFinite)
        if (snapshot.percent === null) continue
        expect(snapshot.percent).toBeGreaterThanOrEqual(former)
        expect(snapshot.percent).toBeLessThanOrEqual(99)
        former = snapshot.percent
      }
    },
  )

  test('without a duration percent stays unknown, and the bar claims nothing', async () => {
    const file = join(REPORTS, '5.1.9', 'av_mp4.progress')
    const { seen, last } = await snapshotsOf(file, { expectedUs: null as never, expectedFrames: null })
    expect(seen.map((snapshot) => snapshot.percent)).toEqual(seen.map(() => null))
    expect(last?.end).toBe(true)
    const screen = new VirtualScreen(100)
    await showReport(
      createReadStream(file),
      { expectedUs: null, expectedFrames: null },
      reportBar(screen, plainStyle()),
    )
    expect(screen.text).toMatch(/^ffmpeg {2}[█░]+ {2}0:30 {2}750 frames .*finalizing$/)
    expect(screen.cursorHidden).toBe(false)
  })

  test('frames do where there is no duration', async () => {
    const file = join(REPORTS, '5.1.9', 'av_mp4.progress')
    const { seen } = await snapshotsOf(file, { expectedUs: null as never, expectedFrames: 750 })
    expect(seen.at(-1)).toMatchObject({ percent: 99, basis: 'frames', phase: 'finalizing' })
  })
})

describe('ffleet parse', () => {
  const report = readFileSync(join(REPORTS, '5.1.9', 'av_mp4.progress'))

  test('gives a snapshot a line as NDJSON', async () => {
    const { code, stdout, stderr } = await cli(['parse', '--duration', '30'], { input: report })
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ProgressSnapshot)
    expect({ code, stderr, lines: lines.length }).toEqual({ code: 0, stderr: 'Done: 30.0 s, 750 frames.\n', lines: 5 })
    expect(lines[1]).toMatchObject({ seq: 2, percent: 29.6, basis: 'time', frame: 221, outTimeUs: 8_870_023 })
  })

  test.each([
    [['--duration', '40'], '10.0 s of 40.0 s are missing'],
    [['--frames', '1000'], '250 of 1000 frames are missing'],
  ])('says what is missing of %j', async (args, missing) => {
    const { stderr } = await cli(['parse', ...args], { input: report })
    expect(stderr).toBe(`ffmpeg has ended: 30.0 s, 750 frames; ${missing}.\n`)
  })

  test('a report that breaks off is said to, and nothing at all is an error', async () => {
    const broken = await cli(['parse'], { input: report.subarray(0, 500) })
    expect(broken).toMatchObject({ code: 0, stderr: expect.stringMatching(/^The report broke off before its end: /) })
    const nothing = await cli(['parse'], { input: '' })
    expect(nothing.code).toBe(1)
    expect(nothing.stderr).toContain('There was no report on stdin')
  })
})
