import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createNdjsonRenderer } from '../../../src/cli/render/ndjson.js'
import { createPlainRenderer } from '../../../src/cli/render/plain.js'
import { plainStyle } from '../../../src/cli/render/style.js'
import { countOf, createTtyRenderer, type TtyOptions } from '../../../src/cli/render/tty.js'
import type { FleetEvent, JobError, JobEvent } from '../../../src/contract/index.js'
import { completedEvent, job, logEvent, progressEvent } from '../../helpers/event-server.js'
import { VirtualScreen } from '../../helpers/screen.js'

const T0 = Date.parse('2026-01-02T03:04:05.000Z')
const error: JobError = {
  code: 'ENCODER_KILLED',
  title: 'ffmpeg was killed from outside',
  detail: 'Signal SIGKILL.',
  retryable: true,
  hint: 'Look.',
  attempt: 1,
  at: '',
}

/** A job with two attempts, two minutes long, a snapshot twice a second. */
function history(): JobEvent[] {
  const events: JobEvent[] = []
  let n = 0
  const base = (atMs: number) => ({ id: `${T0 + n++}-0`, jobId: 'J1', at: new Date(T0 + atMs).toISOString() })
  events.push({ ...base(0), type: 'job.queued', attempt: 0 })
  events.push({ ...base(10), type: 'attempt.started', attempt: 1, worker: 'w-1' })
  events.push({ ...base(20), type: 'phase.changed', attempt: 1, phase: 'probing' })
  events.push({ ...base(30), type: 'attempt.failed', attempt: 1, error, willRetry: true })
  events.push({ ...base(40), type: 'attempt.started', attempt: 2, worker: 'w-2' })
  events.push({ ...base(50), type: 'phase.changed', attempt: 2, phase: 'encoding' })
  for (let i = 0; i < 40; i++) {
    const { type, progress } = progressEvent(i, { percent: i * 2, outTimeUs: i * 1e6, attempt: 2 }) as Extract<
      JobEvent,
      { type: 'progress' }
    >
    events.push({ ...base(100 + i * 500), type, progress })
    events.push({ ...base(101 + i * 500), type: 'log', attempt: 2, level: 'error', text: `line ${i}` })
  }
  const output = { ...job().outputs[0]!, bytes: 1_500_000 }
  events.push({ ...base(21_000), type: 'output.ready', attempt: 2, output })
  events.push({ ...base(21_500), type: 'job.completed', job: job({ state: 'completed', outputs: [output] }) })
  return events
}

const PLAYABLE: JobEvent = {
  ...{ id: '1-0', jobId: 'J1', at: new Date(T0).toISOString(), type: 'output.playable', attempt: 1, output: 'film' },
  playable: { afterMs: 2_500, attempt: 1, href: '/v1/jobs/J1/early/1/film/master.m3u8' },
}

class Sink {
  text = ''
  write(chunk: string): boolean {
    this.text += chunk
    return true
  }
}

describe('plain lines', () => {
  test('one a notable change, progress at most every 5 s, log lines bounded', () => {
    const out = new Sink()
    const renderer = createPlainRenderer(out, new Sink())
    renderer.describe(job())
    for (const event of history()) renderer.event(event)
    renderer.close()
    expect(out.text).toMatchInlineSnapshot(`
      "2026-01-02T03:04:05Z J1 in.mov → h264-720p: queued
      2026-01-02T03:04:05Z J1 in.mov → h264-720p: attempt 1 started on w-1
      2026-01-02T03:04:05Z J1 in.mov → h264-720p: probing
      2026-01-02T03:04:05Z J1 in.mov → h264-720p: attempt 1 failed, another one follows: ENCODER_KILLED Signal SIGKILL.
      2026-01-02T03:04:05Z J1 in.mov → h264-720p: attempt 2 started on w-2
      2026-01-02T03:04:05Z J1 in.mov → h264-720p: encoding
      2026-01-02T03:04:05Z J1 in.mov → h264-720p: encoding 0.0 %, 0:00, 30 frames, 2.00x, ETA 0:09
      2026-01-02T03:04:05Z J1 in.mov → h264-720p: error: line 0
      2026-01-02T03:04:05Z J1 in.mov → h264-720p: error: line 1
      2026-01-02T03:04:06Z J1 in.mov → h264-720p: error: line 2
      2026-01-02T03:04:06Z J1 in.mov → h264-720p: error: line 3
      2026-01-02T03:04:07Z J1 in.mov → h264-720p: error: line 4
      2026-01-02T03:04:07Z J1 in.mov → h264-720p: error: line 5
      2026-01-02T03:04:08Z J1 in.mov → h264-720p: error: line 6
      2026-01-02T03:04:08Z J1 in.mov → h264-720p: error: line 7
      2026-01-02T03:04:09Z J1 in.mov → h264-720p: error: line 8
      2026-01-02T03:04:09Z J1 in.mov → h264-720p: error: line 9
      2026-01-02T03:04:10Z J1 in.mov → h264-720p: encoding 20.0 %, 0:10, 30 frames, 2.00x, ETA 0:09
      2026-01-02T03:04:10Z J1 in.mov → h264-720p: error: line 10
      2026-01-02T03:04:10Z J1 in.mov → h264-720p: error: line 11
      2026-01-02T03:04:11Z J1 in.mov → h264-720p: error: line 12
      2026-01-02T03:04:11Z J1 in.mov → h264-720p: error: line 13
      2026-01-02T03:04:12Z J1 in.mov → h264-720p: error: line 14
      2026-01-02T03:04:12Z J1 in.mov → h264-720p: error: line 15
      2026-01-02T03:04:13Z J1 in.mov → h264-720p: error: line 16
      2026-01-02T03:04:13Z J1 in.mov → h264-720p: error: line 17
      2026-01-02T03:04:14Z J1 in.mov → h264-720p: error: line 18
      2026-01-02T03:04:14Z J1 in.mov → h264-720p: error: line 19
      2026-01-02T03:04:15Z J1 in.mov → h264-720p: encoding 40.0 %, 0:20, 30 frames, 2.00x, ETA 0:09
      2026-01-02T03:04:15Z J1 in.mov → h264-720p: more lines of ffmpeg are in the log
      2026-01-02T03:04:20Z J1 in.mov → h264-720p: encoding 60.0 %, 0:30, 30 frames, 2.00x, ETA 0:09
      2026-01-02T03:04:26Z J1 in.mov → h264-720p: output h264-720p is ready: J1/h264-720p.mp4, 1.50 MB
      2026-01-02T03:04:26Z J1 in.mov → h264-720p: completed: J1/h264-720p.mp4 (1.50 MB)
      "
    `)
  })

  test('how long it took until an output could be played, and where, if that outlives the command', () => {
    const lines = (server: string | null) => {
      const out = new Sink()
      createPlainRenderer(out, new Sink(), { server }).event(PLAYABLE)
      return out.text
    }
    expect(lines(null)).toBe('2026-01-02T03:04:05Z J1: output film can be played, 2.5 s after the attempt began\n')
    expect(lines('http://there')).toContain('began: http://there/v1/jobs/J1/early/1/film/master.m3u8\n')
  })

  test('workers, and jobs that nobody described', () => {
    const out = new Sink()
    const renderer = createPlainRenderer(out, new Sink())
    const at = '2026-01-02T03:04:05.678Z'
    renderer.event({ id: '1-0', type: 'worker.joined', at, worker: 'w-1', reason: null })
    renderer.event({ id: '2-0', type: 'worker.left', at, worker: 'w-1', reason: 'lost\x1b[2J' })
    renderer.event({ id: '3-0', type: 'job.queued', at, jobId: 'J9', attempt: 0 })
    expect(out.text.split('\n')).toEqual([
      '2026-01-02T03:04:05Z w-1: joined',
      '2026-01-02T03:04:05Z w-1: left (lost�[2J)',
      '2026-01-02T03:04:05Z J9: queued',
      '',
    ])
  })
})

describe('ndjson', () => {
  test('is the events and nothing else', () => {
    const [out, err] = [new Sink(), new Sink()]
    const renderer = createNdjsonRenderer(out, err)
    const events = history()
    renderer.describe(job())
    for (const event of events) renderer.event(event)
    renderer.note('connection lost')
    renderer.close()
    expect(
      out.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as FleetEvent),
    ).toEqual(events)
    expect(err.text).toBe('{"note":"connection lost"}\n')
  })
})

describe('a terminal', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  const frame = () => vi.advanceTimersByTime(100)

  function open(columns = 100, rows = 24, more: Partial<TtyOptions> = {}) {
    const screen = new VirtualScreen(columns, rows)
    return { screen, renderer: createTtyRenderer({ screen, style: plainStyle(), ...more }) }
  }

  test('says above how long it took until an output could be played', () => {
    const { screen, renderer } = open(200, 24, { server: 'http://there' })
    renderer.describe(job({ id: 'J1' }))
    renderer.event(PLAYABLE)
    frame()
    expect(screen.text.split('\n')[0]).toBe(
      'in.mov → h264-720p: output film can be played, 2.5 s after the attempt began: http://there/v1/jobs/J1/early/1/film/master.m3u8',
    )
    renderer.close()
  })

  test('draws in place: live lines below, what is over above', () => {
    const { screen, renderer } = open()
    renderer.describe(job({ id: 'J1', state: 'queued', phase: null }))
    renderer.describe(job({ id: 'J2', state: 'queued', phase: null, input: { ...job().input, uri: 'b.mov' } }))
    frame()
    expect(screen.text).toMatchInlineSnapshot(`
      "in.mov → h264-720p  queued
      b.mov → h264-720p   queued"
    `)
    renderer.event(progressEvent(1, { percent: 50 }))
    renderer.event(progressEvent(1, { percent: 25 }, 'J2'))
    frame()
    expect(screen.text).toMatchInlineSnapshot(`
      "in.mov → h264-720p  ███████████░░░░░░░░░░░  50.0 %  0:01  2.00x  60 fps  100 kB  ETA 0:09  encoding
      b.mov → h264-720p   █████▌░░░░░░░░░░░░░░░░  25.0 %  0:01  2.00x  60 fps  100 kB  ETA 0:09  encoding"
    `)
    renderer.event(completedEvent(2, 'J1'))
    renderer.event({ ...progressEvent(2, { percent: 75 }, 'J2') })
    frame()
    expect(screen.text).toMatchInlineSnapshot(`
      "✔ in.mov → h264-720p  in 0 ms
        job     J1
        output  J1/h264-720p.mp4
      b.mov → h264-720p   ████████████████▌░░░░░  75.0 %  0:01  2.00x  60 fps  100 kB  ETA 0:09  encoding"
    `)
    renderer.event(completedEvent(3, 'J2'))
    renderer.close()
    expect(screen.text).toMatchInlineSnapshot(`
      "✔ in.mov → h264-720p  in 0 ms
        job     J1
        output  J1/h264-720p.mp4
      ✔ in.mov → h264-720p  in 0 ms
        job     J2
        output  J1/h264-720p.mp4"
    `)
    expect(screen.cursorHidden).toBe(false)
  })

  test('ten frames a second, however many events, and none when nothing changed', () => {
    const { screen, renderer } = open()
    for (let n = 1; n <= 1_000; n++) renderer.event(progressEvent(n, { percent: n / 20 }))
    const before = screen.raw.length
    frame()
    const once = screen.raw.length - before
    expect(once).toBeLessThan(300)
    for (let i = 0; i < 40; i++) frame()
    expect(screen.raw.length - before).toBe(once)
    renderer.close()
  })

  test('what nothing was heard of for 5 s is not shown as live', () => {
    const { screen, renderer } = open(110)
    renderer.describe(job())
    renderer.event(progressEvent(1, { percent: 50 }))
    for (let i = 0; i < 40; i++) frame()
    expect(screen.text).toContain('ETA 0:09')
    for (let i = 0; i < 31; i++) frame()
    expect(screen.text).toMatch(/^in\.mov → h264-720p {2}\S+ {2}at 50\.0 % {2}no word for 7 s$/)
    renderer.event(progressEvent(2, { percent: 51 }))
    frame()
    expect(screen.text).toMatch(/51\.0 %.*ETA 0:09/)
    renderer.close()
  })

  test('a job that waits: its place, and what keeps all from being started', () => {
    const { screen, renderer } = open()
    renderer.describe(job({ state: 'queued', phase: null, queuePosition: 9 }))
    renderer.position('J1', 3)
    renderer.standstill('No worker is running.')
    frame()
    expect(screen.text).toBe('in.mov → h264-720p  queued, position 3\nNo worker is running.')
    renderer.event(progressEvent(1, { percent: 50 }))
    renderer.position('J1', 2)
    frame()
    expect(screen.text).not.toMatch(/position|No worker/)
    renderer.close()
  })

  test('rows with the ends of their ids, under a headline, and bars that do not jump', () => {
    const { screen, renderer } = open(100, 24, { ids: true, headline: countOf })
    const ids = ['01M8ESJDT5410QW6HBE6X07CYX', '01M8ESJEEJ6JQCGH7M3XPY5D50', '01M8ESJEEJ6JQCGH7M3ZPY5D50']
    for (const id of ids) renderer.describe(job({ id, state: 'queued', phase: null }))
    renderer.event(progressEvent(1, { percent: 50 }, ids[0]))
    frame()
    const lines = screen.text.split('\n')
    expect(lines[0]).toBe('1 job running, 2 waiting')
    expect(lines.slice(1).map((line) => line.split('  ')[0])).toEqual([
      'X07CYX',
      'M3XPY5D50'.slice(-8),
      'ZPY5D50'.padStart(8, '3'),
    ])
    const bar = lines[1]!.indexOf('█')
    renderer.event(completedEvent(2, ids[0]))
    renderer.describe(job({ id: ids[1]!, input: { ...job().input, uri: 'a' } }))
    renderer.event(progressEvent(3, { percent: 50 }, ids[1]))
    frame()
    expect(screen.text).toContain(ids[0])
    expect(
      screen.text
        .split('\n')
        .find((line) => line.includes(' a → '))!
        .indexOf('█'),
    ).toBeGreaterThanOrEqual(bar)
    renderer.close()
  })

  test('an end says job, path and address', () => {
    const { screen, renderer } = open(100, 24, { server: 'http://host:4280' })
    const output = { ...job().outputs[0]!, bytes: 1_500_000, href: '/v1/jobs/J1/outputs/h264-720p' }
    renderer.event({ ...completedEvent(1), job: job({ state: 'completed', outputs: [output] }) } as JobEvent)
    const links = { ...job().links, self: '/v1/jobs/J2', report: '/v1/jobs/J2/report' }
    renderer.event({
      ...completedEvent(2),
      type: 'job.failed',
      jobId: 'J2',
      job: job({ id: 'J2', state: 'failed', error, links }),
    } as JobEvent)
    renderer.close()
    expect(screen.text).toMatchInlineSnapshot(`
      "✔ in.mov → h264-720p  1.50 MB
        job     J1
        output  J1/h264-720p.mp4
                http://host:4280/v1/jobs/J1/outputs/h264-720p
      ✖ in.mov → h264-720p  ENCODER_KILLED: ffmpeg was killed from outside
        job     J2
                Signal SIGKILL.
                Look.
        report  http://host:4280/v1/jobs/J2/report"
    `)
  })

  test('more jobs than rows: the running ones, and how many more', () => {
    const { screen, renderer } = open(100, 5)
    for (let i = 0; i < 10; i++) renderer.describe(job({ id: `Q${i}`, state: 'queued', phase: null }))
    renderer.event(progressEvent(1, {}, 'A1'))
    frame()
    const lines = screen.text.split('\n')
    expect(lines).toHaveLength(4)
    expect(lines[0]).toContain('A1')
    expect(lines[3]).toBe('… and 8 more jobs')
    renderer.close()
  })

  test('of those that wait, what is next', () => {
    const { screen, renderer } = open(100, 5)
    for (let i = 0; i < 10; i++)
      renderer.describe(
        job({
          id: `Q${i}`,
          state: 'queued',
          phase: null,
          queuePosition: 10 - i,
          input: { ...job().input, uri: `${i}.mov` },
        }),
      )
    renderer.position('Q9', null)
    frame()
    const shown = screen.text.split('\n').map((line) => /\d\.mov/.exec(line)?.[0])
    expect(shown.slice(0, 3)).toEqual(['8.mov', '7.mov', '6.mov'])
    renderer.close()
  })

  test('a window made narrower leaves no rests', () => {
    const { screen, renderer } = open(100)
    renderer.event(progressEvent(1, { percent: 50 }))
    frame()
    screen.columns = 40
    // As a terminal does it: the long line is wrapped.
    const wrapped = screen.text
    const reflown = new VirtualScreen(40)
    reflown.write(wrapped)
    const writes = screen.raw.length
    renderer.event(progressEvent(2, { percent: 60 }))
    frame()
    reflown.write(screen.raw.slice(writes))
    expect(reflown.text.split('\n')).toHaveLength(1)
    expect(reflown.text).toContain('60.0 %')
    renderer.close()
  })

  test('a few error lines of ffmpeg, failed attempts, notes', () => {
    const { screen, renderer } = open(120)
    for (let n = 1; n <= 9; n++) renderer.event({ ...logEvent(n, `oops ${n}`), level: 'error' } as JobEvent)
    renderer.event(logEvent(10, 'only a warning'))
    renderer.event({ id: '11-0', type: 'attempt.failed', jobId: 'J1', at: '', attempt: 1, error, willRetry: true })
    renderer.note('connection lost')
    renderer.close()
    expect(screen.text).toMatchInlineSnapshot(`
      "ffmpeg: oops 1
      ffmpeg: oops 2
      ffmpeg: oops 3
      ffmpeg: oops 4
      ffmpeg: oops 5
      attempt 1 failed: ENCODER_KILLED Signal SIGKILL.
      connection lost
      J1  waiting for another try (ffmpeg was killed from outside)"
    `)
  })

  test('a job whose retry is replayed lives again', () => {
    const { screen, renderer } = open(100, 24, { ended: () => [] })
    renderer.event({ ...completedEvent(1), type: 'job.failed' } as JobEvent)
    renderer.event({ id: '2-0', type: 'job.queued', jobId: 'J1', at: '', attempt: 1 })
    frame()
    expect(screen.text).toBe('J1  queued')
    renderer.close()
  })
})
