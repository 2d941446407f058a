import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { parseBenchLine, parseProc, UsageMeter } from '../../../src/ffmpeg/usage.js'
import { openFiles } from '../../helpers/processes.js'

describe('parseBenchLine', () => {
  it.each([
    ['bench: utime=0.068s stime=0.005s rtime=0.055s', { cpuUserMs: 68, cpuSystemMs: 5 }],
    ['bench: utime=12.5s stime=3s rtime=20s', { cpuUserMs: 12_500, cpuSystemMs: 3_000 }],
    ['bench: maxrss=54108kB', { maxRssBytes: 54_108 * 1_024 }],
    ['bench: maxrss=56432KiB', { maxRssBytes: 56_432 * 1_024 }],
    ['bench: maxrss=', null],
    ['frame=1', null],
  ])('%s', (line, usage) => expect(parseBenchLine(line)).toEqual(usage))
})

describe('parseProc', () => {
  const stat = (utime: string) => `4711 (a) b (c) S 1 4711 4711 0 -1 4194304 900 0 0 0 ${utime} 12 0 0 20 0 9 0 1 1 1`

  it('reads CPU time and peak memory, whatever the program is called', () => {
    expect(parseProc(stat('345'), 'Name:\tff\nVmPeak:\t  99 kB\nVmHWM:\t   55268 kB\n')).toEqual({
      cpuUserMs: 3_450,
      cpuSystemMs: 120,
      maxRssBytes: 55_268 * 1_024,
    })
  })
  it('knows nothing of a zombie’s memory', () => expect(parseProc(stat('1'), 'Name:\tff\n').maxRssBytes).toBeNull())
  it.each(['', 'x', '1 (', '1 (a) S'])('gives null for %j', (text) => {
    expect(parseProc(text, text)).toEqual({ cpuUserMs: null, cpuSystemMs: null, maxRssBytes: null })
  })
})

describe('UsageMeter', () => {
  it('knows nothing at first', () => {
    expect(new UsageMeter(() => null).usage).toEqual({ cpuUserMs: null, cpuSystemMs: null, maxRssBytes: null })
  })

  it('takes the larger of what it sees', () => {
    const meter = new UsageMeter(() => null, 0)
    meter.read('bench: utime=0.5s stime=0.1s rtime=1s')
    meter.read('bench: utime=0.4s stime=0.2s rtime=1s')
    meter.read('bench: maxrss=2kB')
    meter.read('something else')
    expect(meter.usage).toEqual({ cpuUserMs: 500, cpuSystemMs: 200, maxRssBytes: 2_048 })
  })

  it('does not take the peak that a process inherits from its parent for its own', () => {
    const meter = new UsageMeter(() => null, 10 * 1_024)
    meter.read('bench: maxrss=10kB')
    expect(meter.usage.maxRssBytes).toBeNull()
    meter.read('bench: maxrss=11kB')
    expect(meter.usage.maxRssBytes).toBe(11 * 1_024)
  })

  it('samples a process until it is closed, and leaves no file open', () => {
    const before = openFiles().length
    const meter = new UsageMeter(() => process.pid)
    meter.sample()
    expect(meter.usage.maxRssBytes).toBeGreaterThan(10_000_000)
    expect(meter.usage.cpuUserMs).toBeGreaterThan(0)
    meter.close()
    const closed = new UsageMeter(() => process.pid)
    closed.close()
    closed.sample()
    closed.close()
    expect(closed.usage.maxRssBytes).toBeNull()
    expect(openFiles().length).toBe(before)
  })

  it('speaks of no other process once its own is gone', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] })
    const meter = new UsageMeter(() => child.pid!)
    meter.sample()
    expect(meter.usage.maxRssBytes).not.toBeNull()
    child.kill('SIGKILL')
    await once(child, 'exit')
    const before = meter.usage
    meter.sample()
    expect(meter.usage).toBe(before)
    meter.close()
  })

  it('survives that the process is gone', () => {
    const meter = new UsageMeter(() => 2 ** 30)
    meter.sample()
    expect(meter.usage.maxRssBytes).toBeNull()
  })
})
