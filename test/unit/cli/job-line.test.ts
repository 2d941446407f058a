import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { endLine, jobLine } from '../../../src/cli/render/job-line.js'
import { type JobView, newJobView } from '../../../src/cli/render/job-view.js'
import { plainStyle, styleOf } from '../../../src/cli/render/style.js'
import { displayWidth } from '../../../src/cli/render/text.js'
import type { ProgressSnapshot } from '../../../src/contract/index.js'
import { job, snapshot } from '../../helpers/event-server.js'

const style = plainStyle()

function active(over: Partial<ProgressSnapshot> = {}, view: Partial<JobView> = {}): JobView {
  const progress = snapshot({ percent: 41.3, outTimeUs: 12_400_000, speed: 3.94, fps: 118.2, etaMs: 18_000, ...over })
  const label = 'in.mov → h264-720p'
  return { ...newJobView('J1'), label, state: 'active', phase: progress.phase, attempt: 1, progress, ...view }
}
const line = (view: JobView, columns = 100, nowMs = 0) => jobLine(view, { columns, style, nowMs })

describe('a job on a line', () => {
  test('gets narrower by leaving out the least telling', () => {
    expect([120, 90, 70, 50, 34, 20, 9].map((columns) => line(active(), columns))).toMatchInlineSnapshot(`
      [
        "in.mov → h264-720p  ████████████▍░░░░░░░░░░░░░░░░░  41.3 %  0:12  3.94x  118 fps  100 kB  ETA 0:18  encoding",
        "in.mov → h264-720p  ███████▊░░░░░░░░░░░  41.3 %  0:12  3.94x  118 fps  ETA 0:18  encoding",
        "in.mov → h264-720p  █████▊░░░░░░░░  41.3 %  3.94x  ETA 0:18  encoding",
        "in.mov → h264-720p  41.3 %  ETA 0:18  encoding",
        "in.mov → h264-720p  41.3 %",
        "in.mov → h…  41.3 %",
        "41.3 %",
      ]
    `)
  })

  test('an unknown percent is neither a number nor a filled bar, but time and frames', () => {
    const view = active({ percent: null, basis: 'unknown', etaMs: null })
    expect([0, 450, 3_000].map((nowMs) => line(view, 80, nowMs))).toMatchInlineSnapshot(`
      [
        "in.mov → h264-720p  ███░░░░░░░░░░░░░  0:12  30 frames  3.94x  118 fps  encoding",
        "in.mov → h264-720p  ░░░███░░░░░░░░░░  0:12  30 frames  3.94x  118 fps  encoding",
        "in.mov → h264-720p  ░░░░░░███░░░░░░░  0:12  30 frames  3.94x  118 fps  encoding",
      ]
    `)
    expect(line(view, 80)).not.toContain('%')
    expect(line(active({ percent: null, etaMs: null, outTimeUs: null }), 80)).toContain('30 frames')
  })

  test('a percent by bytes is one like any other', () => {
    expect(line(active({ basis: 'bytes' }), 110)).toBe(line(active({ basis: 'time' }), 110))
  })

  test('says what is the matter', () => {
    expect(line(active({ stalledForMs: 65_000, etaMs: null }), 110)).toContain('stalled 1:05')
    expect(line(active({ percent: 99, basis: 'overrun', etaMs: null }), 110)).toContain('longer than expected')
    expect(line(active({ pass: { index: 2, count: 2, label: 'encode' } }), 110)).toContain('encode 2/2')
    expect(line(active({}, { attempt: 2 }), 110)).toContain('try 2')
    expect(line(active({}, { retrying: true }), 110)).toContain('will be tried again')
    expect(line(active({ phase: 'fetching', fetchedBytes: 5e6, fetchTotalBytes: 2e7 }), 110)).toContain(
      '5.00 MB of 20.0 MB',
    )
    expect(line({ ...newJobView('J1'), queuePosition: 3 })).toBe('J1  queued, position 3')
    expect(line({ ...newJobView('J1'), state: 'active', attempt: 1 })).toContain('starting')
  })

  test('a bar of a known percent is as long as the percent', () => {
    const bar = (percent: number) => /[█▏▎▍▌▋▊▉░]+/.exec(line(active({ percent }), 120))?.[0]
    expect(bar(0)).toBe('░'.repeat(30))
    expect(bar(50)).toBe('█'.repeat(15) + '░'.repeat(15))
    expect(bar(99)).toBe(`${'█'.repeat(29)}▋`)
    expect(bar(100)).toBe('█'.repeat(30))
    const ascii = jobLine(active({ percent: 50 }), { columns: 120, style: plainStyle(false), nowMs: 0 })
    expect(ascii).toContain('#'.repeat(15) + '-'.repeat(15))
    expect(ascii).toMatch(/^[\x20-\x7e]+$/)
  })

  test('never wraps, whatever the name, the figures and the width', () => {
    const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null })
    const snapshots = fc.record({
      percent: maybe(fc.double({ min: 0, max: 100, noNaN: true })),
      outTimeUs: maybe(fc.integer({ min: 0, max: 1e13 })),
      frame: maybe(fc.nat()),
      speed: maybe(fc.double({ min: 0, max: 1e5, noNaN: true })),
      etaMs: maybe(fc.nat()),
      bytesWritten: maybe(fc.nat()),
      stalledForMs: fc.nat(1e6),
    })
    fc.assert(
      fc.property(
        snapshots,
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 2, max: 200 }),
        (over, label, columns) => {
          const text = jobLine(active(over, { label }), { columns, style, nowMs: 1_234, labelColumns: 20 })
          expect(displayWidth(text)).toBeLessThan(columns)
          expect(text).not.toMatch(/\p{Cc}/u)
        },
      ),
    )
  })

  test('a name that holds escape sequences cannot act on the terminal', () => {
    const text = line(active({}, { label: 'a\x1b]0;owned\x07\x9b2J\u202e\nb.mov' }))
    expect(text).toContain('a�]0;owned��2J��b.mov')
  })
})

describe('the line that stays', () => {
  const ended = (state: 'completed' | 'failed' | 'cancelled') => {
    const output = { ...job().outputs[0]!, bytes: 1_234_567 }
    const at = { startedAt: '2026-01-01T00:00:00.000Z', finishedAt: '2026-01-01T00:00:04.300Z' }
    const whole = job({ state, outputs: [output], ...at })
    return { ...newJobView('J1'), label: 'in.mov → h264-720p', state, job: whole }
  }
  test('says how it went', () => {
    expect(endLine(ended('completed'), style)).toBe('✔ in.mov → h264-720p  1.23 MB in 4.3 s')
    const error = {
      code: 'NOT_MEDIA' as const,
      title: 'The input is not media',
      detail: '',
      hint: '',
      retryable: false,
      attempt: 1,
      at: '',
    }
    expect(endLine({ ...ended('failed'), error }, style)).toBe(
      '✖ in.mov → h264-720p  NOT_MEDIA: The input is not media',
    )
    expect(endLine(ended('cancelled'), plainStyle(false))).toBe('cancelled in.mov > h264-720p  cancelled')
  })
})

describe('style', () => {
  test('colour only on a terminal, and not against NO_COLOR or on a dumb one', () => {
    const terminal = { isTTY: true }
    expect(styleOf(terminal, { TERM: 'xterm' }).good('x')).toBe('\x1b[32mx\x1b[39m')
    expect(styleOf(terminal, { TERM: 'xterm', NO_COLOR: '1' }).good('x')).toBe('x')
    expect(styleOf(terminal, { TERM: 'xterm', NO_COLOR: '' }).good('x')).toBe('\x1b[32mx\x1b[39m')
    expect(styleOf(terminal, { TERM: 'dumb' }).good('x')).toBe('x')
    expect(styleOf({}, { TERM: 'xterm', FORCE_COLOR: '1' }).good('x')).toBe('x')
  })

  test('bars beyond ASCII only in a UTF-8 locale', () => {
    expect(styleOf({}, { LANG: 'C.UTF-8' }).unicode).toBe(true)
    if (process.platform === 'linux') expect(styleOf({}, { LC_ALL: 'C', LANG: 'en_US.UTF-8' }).unicode).toBe(false)
  })
})
