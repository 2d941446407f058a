import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { dieWithParent } from '../../../src/ffmpeg/die-with-parent.js'
import type { FfmpegRun, RunOptions } from '../../../src/ffmpeg/index.js'
import { aRun, clip, standIn } from '../../helpers/ffmpeg-runs.js'
import { aFolder } from '../../helpers/folder.js'
import { some } from '../../helpers/long.js'
import { commandLine, groupMembers, isAlive, waitsIn } from '../../helpers/processes.js'
import { waitFor } from '../../helpers/wait-for.js'

const PERIOD_MS = 200

async function running(args: string[], options: RunOptions = {}): Promise<FfmpegRun> {
  const run = aRun(args, { statsPeriodMs: PERIOD_MS, ...options })
  for await (const { frame } of run) if ((frame ?? 0) > 0) break
  return run
}

/** A grace that no test lives to see the end of. */
const NO_END_MS = Number.POSITIVE_INFINITY

describe('a stop', () => {
  it.each(['stop()', 'the signal'])('by %s lets ffmpeg finish its file', async (how) => {
    const folder = await aFolder()
    const abort = new AbortController()
    const run = await running(clip(60, 'out.mp4'), { cwd: folder, signal: abort.signal, graceMs: NO_END_MS })
    if (how === 'stop()') run.stop()
    else abort.abort()
    expect(await run.result).toMatchObject({ ok: false, ended: 'stopped', exitCode: 255, signal: null })
    const probe = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', join(folder, 'out.mp4')]
    expect(Number(execFileSync('ffprobe', probe, { encoding: 'utf8' }))).toBeGreaterThan(0)
  })

  it('sends one SIGTERM however often it is asked, then kills', async () => {
    const abort = new AbortController()
    const run = await running([], { ffmpeg: standIn('ignores-sigterm'), signal: abort.signal, graceMs: 700 })
    const askedAt = performance.now()
    for (let i = 0; i < 3; i += 1) run.stop()
    abort.abort()
    const result = await run.result
    // A timer may be late, never early.
    expect(performance.now() - askedAt).toBeGreaterThan(690)
    expect(result).toMatchObject({ ok: false, ended: 'killed', exitCode: null, signal: 'SIGKILL', oomKills: null })
    expect(result.warnings).toEqual(['not yet'])
  })

  it('ends an ffmpeg that is stopped by SIGSTOP', async () => {
    const run = await running(clip(60, '-', '-f', 'null'), { graceMs: 300 })
    process.kill(run.pid!, 'SIGSTOP')
    run.stop()
    expect(await run.result).toMatchObject({ ended: 'killed', signal: 'SIGKILL' })
  })

  it('ends an ffmpeg that waits for a FIFO', async () => {
    const folder = await aFolder()
    const fifo = join(folder, 'fifo')
    execFileSync('mkfifo', [fifo])
    const run = aRun(['-i', fifo, '-f', 'null', '-'], { graceMs: 300 })
    await waitFor(() => expect(waitsIn(run.pid!)).toBe('wait_for_partner'))
    run.stop()
    // Before 5.0 a signal wakes it.
    expect((await run.result).ended).toMatch(/killed|stopped/)
  })

  it('before anything began means that nothing begins', async () => {
    const run = aRun(clip(60, '-', '-f', 'null'), { signal: AbortSignal.abort(), onSpawn: () => expect.unreachable() })
    expect(run.pid).toBeUndefined()
    expect(await run.result).toMatchObject({ ok: false, ended: 'stopped', exitCode: null, error: null })
  })

  it('that comes right after the spawn ends it as well', async () => {
    const run = aRun(clip(60, '-', '-f', 'null'), { graceMs: 1_000 })
    run.stop()
    expect(await run.result).toMatchObject({ ok: false, ended: 'stopped' })
  })

  it('after the end changes nothing', async () => {
    const abort = new AbortController()
    const run = aRun([], { ffmpeg: standIn('exits-zero-with-nothing'), signal: abort.signal })
    await run.result
    abort.abort()
    run.stop()
    run.kill()
    expect(await run.result).toMatchObject({ ok: false, ended: 'exited', exitCode: 0, sawEnd: false, blocks: 0 })
  })
})

describe('a kill', () => {
  it('ends everything at once, also while a stop waits', async () => {
    const run = await running([], { ffmpeg: standIn('ignores-sigterm'), graceMs: NO_END_MS })
    run.stop()
    run.kill()
    expect(await run.result).toMatchObject({ ended: 'killed', signal: 'SIGKILL' })
  })

  it('reaches the children too', async () => {
    const args = clip(60, '-', '-f', 'null')
    const run = await running(args, { ffmpeg: standIn('slow-start'), env: { FFLEET_STAND_IN_SECONDS: '0' } })
    expect(groupMembers(run.pid!)).toHaveLength(2)
    run.kill()
    expect((await run.result).ended).toBe('killed')
    await waitFor(() => expect(groupMembers(run.pid!)).toEqual([]))
  })
})

describe('a child that ffmpeg leaves behind', () => {
  const childOf = (log: string[]) => Number(/child (\d+)/.exec(log.join('\n'))![1])

  it('in its group goes with it', async () => {
    const run = aRun([], { ffmpeg: standIn('forks-a-child'), statsPeriodMs: 50 })
    const result = await run.result
    expect(result).toMatchObject({ ok: true, ended: 'exited', blocks: 3 })
    await waitFor(() => expect(isAlive(childOf(result.logTail))).toBe(false))
  })

  it('outside of its group does not hold up the end', async () => {
    const env = { FFLEET_STAND_IN_SETSID: '1' }
    const run = aRun([], { ffmpeg: standIn('forks-a-child'), statsPeriodMs: 50, env })
    const result = await run.result
    const child = childOf(result.logTail)
    onTestFinished(() => void process.kill(child, 'SIGKILL'))
    expect(result).toMatchObject({ ok: true, blocks: 3 })
    expect(isAlive(child)).toBe(true)
  })
})

describe('when the process that runs it', () => {
  /** The same in a process of its own. */
  async function inAChild(args: string[], options: RunOptions, how: { exitWhenReported?: true; bare?: true } = {}) {
    const script = fileURLToPath(new URL('../../helpers/run-in-a-child.ts', import.meta.url))
    const request = JSON.stringify({ args, options: { statsPeriodMs: 100, ...options }, ...how })
    const child = spawn(process.execPath, ['--import', 'tsx', script, request], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines: string[] = []
    const closed = once(child, 'close')
    createInterface(child.stdout).on('line', (line) => lines.push(line))
    const line = async (start: string) => {
      await vi.waitFor(() => expect(lines.some((said) => said.startsWith(start))).toBe(true), {
        timeout: 40_000,
        interval: 10,
      })
      return lines.find((said) => said.startsWith(start))!.slice(start.length)
    }
    const pid = Number(await line('pid '))
    onTestFinished(() => {
      child.kill('SIGKILL')
      if (isAlive(pid)) process.kill(-pid, 'SIGKILL')
    })
    return { child, closed, pid, line }
  }

  it('is killed, ffmpeg dies', async () => {
    const { child, closed, pid, line } = await inAChild(clip(60, '-', '-f', 'null'), {})
    await line('reported')
    expect(commandLine(pid)[0]).toBe('ffmpeg')
    child.kill('SIGKILL')
    await closed
    await waitFor(() => expect(isAlive(pid)).toBe(false))
  })

  it('exits, ffmpeg dies, also without setpriv', async () => {
    const { closed, pid } = await inAChild(clip(60, '-', '-f', 'null'), {}, { exitWhenReported: true, bare: true })
    await closed
    await waitFor(() => expect(isAlive(pid)).toBe(false))
  })

  const FLOODS: [string, number][] = [
    ['floods-stdout', 20],
    ['floods-stderr', 100],
    ['endless-line', 80],
  ]
  it.each(some(FLOODS, 3))('has %s before it, it holds little memory', async (program, megabytes) => {
    const env = { FFLEET_STAND_IN_MEGABYTES: String(megabytes) }
    const { line } = await inAChild([], { ffmpeg: standIn(program), env })
    const result = JSON.parse(await line('ended '))
    expect(result).toMatchObject({ ended: 'exited', exitCode: 0, ok: program !== 'endless-line' })
    expect(result.maxRssBytes).toBeLessThan(program === 'endless-line' ? 250_000_000 : 220_000_000)
    if (program !== 'floods-stdout') expect(result.logBytes).toBeGreaterThanOrEqual(megabytes * 1_000_000)
    expect(JSON.stringify(result).length).toBeLessThan(2_000_000)
  })
})

it('is not bound to the life of a thread', async () => {
  const module = new URL('../../../src/ffmpeg/die-with-parent.ts', import.meta.url).href
  const code = `import('tsx/esm/api')
    .then(({ tsImport }) => tsImport(${JSON.stringify(module)}, ${JSON.stringify(import.meta.url)}))
    .then(({ dieWithParent }) => require('node:worker_threads').parentPort.postMessage(dieWithParent().name))`
  const thread = new Worker(code, { eval: true })
  const [inThread] = await once(thread, 'message')
  await thread.terminate()
  expect(inThread).toBe('none')
  expect(dieWithParent().name).toBe('pdeathsig')
})
