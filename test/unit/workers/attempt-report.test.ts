import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { TIMELINE_COLUMNS } from '../../../src/contract/index.js'
import type { Estimate } from '../../../src/progress/index.js'
import { openFolderReports } from '../../../src/storage/reports/folder.js'
import { createAttemptReporter } from '../../../workers/attempt-report.js'
import { aFolder } from '../../helpers/folder.js'

beforeEach(() => vi.useFakeTimers({ toFake: ['performance', 'Date'] }))
afterEach(() => vi.useRealTimers())

const JOB = '01J00000000000000000000000'

test('a pass of hours has a course while it runs, and is written ever more seldom', async () => {
  const store = openFolderReports(await aFolder())
  let writes = 0
  const reporter = createAttemptReporter({
    store: {
      ...store,
      append: (...args) => {
        writes++
        return store.append(...args)
      },
    },
    jobId: JOB,
    attempt: 1,
    worker: 'w-test',
    host: 'studio',
    ffmpegVersion: '5.1.9',
    redact: (text) => text,
    onError: (error) => {
      throw error
    },
  })
  const settled = () => new Promise((resolve) => setImmediate(resolve))
  reporter.passStarted('encode', ['-i', 'in.mp4'])
  const hours = 10
  for (let s = 1; s <= hours * 3_600; s++) {
    vi.advanceTimersByTime(1_000)
    reporter.passGoesOn({
      outTimeUs: s * 2e6,
      frame: s * 50,
      fps: 50,
      speed: 2,
      bitrate: 1e6,
      bytesWritten: s,
      quality: { '0:0': 28 },
    } as Partial<Estimate> as Estimate)
    if (s % 600 === 0 || s === 16) await settled()
    if (s === 16) {
      await vi.waitFor(async () => {
        const [pass] = (await store.read(JOB)).attempts[0]!.passes
        expect(pass!.timeline).toEqual({ columns: TIMELINE_COLUMNS, rows: expect.any(Array) })
        expect(pass!.timeline.rows).toHaveLength(15)
      })
    }
  }
  await reporter.end('completed', null, null)
  expect(writes).toBeLessThan(60)
  const [pass] = (await store.read(JOB)).attempts[0]!.passes
  expect(pass!.timeline.rows.length).toBeGreaterThan(400)
  expect(pass!.timeline.rows[0]![pass!.timeline.columns.indexOf('quality')]).toBe(28)
  expect(pass!.timeline.rows.at(-1)![1]).toBeGreaterThan(hours * 3_600 * 2e6 * 0.85)
})
