import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type PassReport, TIMELINE_COLUMNS } from '../../../src/contract/index.js'
import type { Estimate } from '../../../src/progress/index.js'
import { openFolderReports } from '../../../src/storage/reports/folder.js'
import type { ReportWriter } from '../../../src/storage/reports/store.js'
import { createAttemptReporter } from '../../../workers/attempt-report.js'
import { inBrief, startedPass } from '../../../workers/pass-report.js'
import { aFolder } from '../../helpers/folder.js'

beforeEach(() => vi.useFakeTimers({ toFake: ['performance', 'Date'] }))
afterEach(() => vi.useRealTimers())

const JOB = '01J00000000000000000000000'

function reporterTo(store: Pick<ReportWriter, 'append'>, onError?: (error: unknown) => void) {
  return createAttemptReporter({
    store,
    ...{ jobId: JOB, attempt: 1, worker: 'w-test', host: 'studio', ffmpegVersion: '5.1.9' },
    redact: (text) => text,
    onError:
      onError ??
      ((error) => {
        throw error
      }),
  })
}

/** A pass that somebody else ran. */
const elsewhere = (label: string) =>
  ({ ...inBrief(startedPass(label, '5.1.9', ['-i', 'in.mp4'])), worker: 'w-other', host: 'shed' }) as PassReport

test('a pass of hours has a course while it runs, and is written ever more seldom', async () => {
  const store = openFolderReports(await aFolder())
  let writes = 0
  const reporter = reporterTo({
    append: (...args) => {
      writes++
      return store.append(...args)
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

test('hundreds of passes are told once each, in their order, and all of them while they run', async () => {
  const store = openFolderReports(await aFolder())
  const lengths: number[] = []
  const failing = { next: false }
  let tries = 0
  const lost: unknown[] = []
  const reporter = reporterTo(
    {
      append: async (jobId, part, options) => {
        tries++
        if (failing.next) {
          failing.next = false
          throw new Error('no space')
        }
        lengths.push(JSON.stringify(part).length)
        await store.append(jobId, part, options)
      },
    },
    (error) => lost.push(error),
  )
  const labels: string[] = []
  const told = async () => (await store.read(JOB)).attempts[0]!.passes.map(({ label }) => label)
  for (let n = 1; n <= 200; n++) {
    failing.next = n % 50 === 1
    reporter.passStarted(`part ${n}`, ['-i', 'in.mp4'])
    reporter.passElsewhere(elsewhere(`other ${n}`))
    labels.push(`other ${n}`, `part ${n}`)
    // Lines of their own, as a pass takes longer than to tell of it.
    const last = () => expect(tries).toBeGreaterThanOrEqual(n)
    await vi.waitFor(last, { interval: 1 })
    if (n % 50 === 0) await vi.waitFor(async () => expect(await told()).toEqual(labels))
  }
  await reporter.end('completed', null, null)
  expect(await told()).toEqual(labels)
  expect(lost).toHaveLength(4)
  const whole = lengths.pop()!
  expect(lengths.length).toBeGreaterThan(50)
  expect(lengths.reduce((sum, length) => sum + length, 0)).toBeLessThan(5 * whole)
})
