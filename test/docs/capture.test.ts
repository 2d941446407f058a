/** The captures that need nothing but ffmpeg, and execa or Python, run as a reader runs them. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { long } from '../helpers/long.js'
import { jsonLines, programsWith, run, start } from './program.js'
import { CLIP_SECONDS, example, hasPython, LONG_SECONDS, openWorkplace, type Workplace } from './workplace.js'

const PYTHON = hasPython ? ['capture.py'] : []

let place: Workplace
beforeAll(async () => {
  place = await openWorkplace()
})
afterAll(() => place.close())

const inFolder = () => ({ cwd: place.folder })
const logOf = (output: string) => readFile(join(place.folder, `${output}.log`), 'utf8')

function reportOf(stdout: string) {
  const lines = jsonLines(stdout)
  return { blocks: lines.slice(0, -1), last: lines.at(-1)! }
}

describe.each(['capture.ts', ...PYTHON])('%s', (name) => {
  it('captures the whole report', async () => {
    const output = `whole-${name}.mp4`
    const ended = await run([...example(name), 'in.mp4', output, String(CLIP_SECONDS)], inFolder())
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    const { blocks, last } = reportOf(ended.stdout)
    expect(last).toMatchObject({ exitCode: 0, sawEnd: true })
    expect(blocks.at(-1)).toMatchObject({ progress: 'end', frame: String(CLIP_SECONDS * 25), percent: 99 })
    expect(await place.durationOf(output)).toBeCloseTo(CLIP_SECONDS, 0)
    expect(await logOf(output)).toContain('libx264')
  })

  it('gives a percent that rests on the expected length', async () => {
    const ended = await run([...example(name), 'long.mp4', `percent-${name}.mp4`, String(LONG_SECONDS)], inFolder())
    const { blocks } = reportOf(ended.stdout)
    const timed = blocks.slice(0, -1).filter(({ out_time_us: us }) => Number(us) > 0)
    expect(timed.length).toBeGreaterThan(0)
    for (const { percent, out_time_us: us } of timed) {
      expect(percent).toBe(Math.round((Number(us) / (LONG_SECONDS * 1e6)) * 100))
    }
  })

  it('gives no percent without one', async () => {
    const ended = await run([...example(name), 'in.mp4', `unknown-${name}.mp4`], inFolder())
    const percents = reportOf(ended.stdout).blocks.map(({ percent }) => percent)
    expect(percents.length).toBeGreaterThan(0)
    expect(new Set(percents)).toEqual(new Set([null]))
  })

  it('takes a failure for one', async () => {
    const output = `failed-${name}.mp4`
    const ended = await run([...example(name), 'missing.mp4', output], inFolder())
    expect(ended.code).toBe(1)
    const { blocks, last } = reportOf(ended.stdout)
    expect(blocks).toEqual([])
    expect(last).toMatchObject({ sawEnd: false, exitCode: expect.any(Number) })
    expect(last.exitCode).not.toBe(0)
    expect(await logOf(output)).toContain('No such file')
  })
})

describe.each(['stop.ts', ...PYTHON])('Ctrl-C on %s', (name) => {
  it('leaves a file that can be played, and no ffmpeg', async () => {
    const output = `stopped-${name}.mp4`
    const running = start([...example(name), 'long.mp4', output], inFolder())
    await running.says('\n')
    running.interrupt()
    const ended = await running.ended
    expect(ended.code).not.toBe(0)
    const seconds = await place.durationOf(output)
    expect(seconds).toBeGreaterThan(0)
    expect(seconds).toBeLessThan(LONG_SECONDS)
    expect(programsWith(output)).toEqual([])
  })
})

describe('capture-node.ts', () => {
  it('reaches 99 percent, and says how ffmpeg ended', async () => {
    const ended = await run([...example('capture-node.ts'), 'in.mp4', 'node.mp4', String(CLIP_SECONDS)], inFolder())
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    const lines = ended.stdout.trimEnd().split('\n')
    expect(lines.slice(-2)).toEqual(['99', JSON.stringify({ exitCode: 0, signal: null, sawEnd: true })])
    expect(await logOf('node.mp4')).toContain('libx264')
  })

  it('gives no percent without a length, and takes a failure for one', async () => {
    const unknown = await run([...example('capture-node.ts'), 'in.mp4', 'node-2.mp4'], inFolder())
    expect(new Set(unknown.stdout.trimEnd().split('\n').slice(0, -1))).toEqual(new Set(['null']))
    const failed = await run([...example('capture-node.ts'), 'missing.mp4', 'node-3.mp4', '3'], inFolder())
    expect(failed.code).toBe(1)
    expect(failed.stdout).toContain('"sawEnd":false')
  })
})

describe('stop-with-q.ts', () => {
  it('leaves a file that can be played up to there', async () => {
    const ended = await run([...example('stop-with-q.ts'), 'long.mp4', 'q.mp4', '0.5'], inFolder())
    expect(ended).toMatchObject({ code: 0, stdout: `${JSON.stringify({ exitCode: 0 })}\n`, stderr: '' })
    const seconds = await place.durationOf('q.mp4')
    expect(seconds).toBeGreaterThan(0)
    expect(seconds).toBeLessThan(LONG_SECONDS)
  })
})

describe('capture-fluent.ts', () => {
  it('reaches 99 percent beside fluent-ffmpeg, which ends well', async () => {
    const ended = await run([...example('capture-fluent.ts'), 'in.mp4', 'fluent.mp4', String(CLIP_SECONDS)], inFolder())
    expect(ended).toMatchObject({ code: 0 })
    expect(ended.stdout.trimEnd().split('\n').slice(-2)).toEqual(['99', 'done'])
    expect(await place.durationOf('fluent.mp4')).toBeCloseTo(CLIP_SECONDS, 0)
  })

  it('says why it failed, and leaves no socket behind', async () => {
    const ended = await run([...example('capture-fluent.ts'), 'missing.mp4', 'none.mp4', '3'], inFolder())
    expect(ended.code).toBe(1)
    expect(ended.stdout).toMatch(/^failed: .*No such file/m)
  })
})

describe.runIf(hasPython)('event-loop.py', () => {
  const play = (what: string) => run([...example('event-loop.py'), what, 'in.mp4'], inFolder())

  long('shows the loop that is closed, the one that is already running, and neither', async () => {
    expect((await play('closed')).stderr).toContain('RuntimeError: Event loop is closed')
    expect((await play('running')).stdout).toContain('This event loop is already running')
    const fixed = await play('fixed')
    expect(fixed).toMatchObject({ code: 0, stderr: '' })
    expect(Number(fixed.stdout)).toBeGreaterThan(0)
  })
})
