/** The captures that need nothing but ffmpeg, and execa or Python, run as a reader runs them. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
    expect(blocks.at(-1)).toMatchObject({ progress: 'end', frame: String(CLIP_SECONDS * 25), percent: null })
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
