/** The captures that use ffleet as a library, run as a reader runs them: on the built package. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { long } from '../helpers/long.js'
import { jsonLines, programsWith, run, start } from './program.js'
import { example, LONG_SECONDS, openWorkplace, type Workplace } from './workplace.js'

let place: Workplace
beforeAll(async () => {
  place = await openWorkplace()
})
afterAll(() => place.close())

const inFolder = () => ({ cwd: place.folder })

describe.each(['capture-progress.ts', 'capture-run.ts'])('%s', (name) => {
  it('gives percents that rise, stay at or below 99, and an exit code', async () => {
    const ended = await run([...example(name), 'long.mp4', `${name}.mp4`, String(LONG_SECONDS)], inFolder())
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    const percents = jsonLines(ended.stdout).flatMap(({ percent }) => (typeof percent === 'number' ? [percent] : []))
    expect(percents.length).toBeGreaterThan(0)
    expect(percents).toEqual([...percents].sort((a, b) => a - b))
    expect(percents.at(-1)).toBeLessThanOrEqual(99)
    expect(await place.durationOf(`${name}.mp4`)).toBeCloseTo(LONG_SECONDS, 0)
  })

  long('takes a failure for one', async () => {
    const ended = await run([...example(name), 'missing.mp4', `failed-${name}.mp4`], inFolder())
    expect(ended).toMatchObject({ code: 1, stderr: '' })
  })
})

describe('capture-run.ts', () => {
  it('ends with what ffmpeg said and cost', async () => {
    const ended = await run([...example('capture-run.ts'), 'in.mp4', 'cost.mp4'], inFolder())
    const result = jsonLines(ended.stdout).at(-1)!
    expect(result).toMatchObject({ ok: true, ended: 'exited', exitCode: 0, sawEnd: true, errors: [] })
    expect(result.maxRssBytes).toBeGreaterThan(1_000_000)
    const failed = await run([...example('capture-run.ts'), 'missing.mp4', 'failed.mp4'], inFolder())
    expect(JSON.stringify(jsonLines(failed.stdout).at(-1)!.errors)).toContain('No such file')
  })

  it('stops on Ctrl-C and leaves a file that can be played', async () => {
    const running = start([...example('capture-run.ts'), 'long.mp4', 'stopped.mp4'], inFolder())
    await running.says('"speed":')
    running.interrupt()
    const ended = await running.ended
    expect(jsonLines(ended.stdout).at(-1)).toMatchObject({ ok: false, ended: 'stopped' })
    expect(ended.code).toBe(1)
    expect(await place.durationOf('stopped.mp4')).toBeGreaterThan(0)
    expect(programsWith('stopped.mp4')).toEqual([])
  })
})
