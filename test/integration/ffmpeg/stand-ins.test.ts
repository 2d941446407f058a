import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { diagnose } from '../../../src/diagnosis/index.js'
import { findCapabilities } from '../../../src/ffmpeg/index.js'
import type { Estimate } from '../../../src/progress/index.js'
import { aRun, quickClip, standIn } from '../../helpers/ffmpeg-runs.js'
import { aFolder } from '../../helpers/folder.js'
import { some } from '../../helpers/long.js'

const folder = new URL('../../../fixtures/programs/', import.meta.url)
const programs = readdirSync(folder).filter((file) => !['README.md', 'stand-in.mjs', 'browser.sh'].includes(file))

describe('every stand-in', () => {
  it('is in the list of its folder', () => {
    const readme = readFileSync(new URL('README.md', folder), 'utf8')
    expect([...readme.matchAll(/^\| `([\w-]+\.\w+)`/gm)].map(([, name]) => name)).toEqual([...programs].sort())
  })

  it.each(some(programs, 6))('%s answers what a worker asks at its start', async (program) => {
    const { version, encoders } = await findCapabilities({ ffmpeg: fileURLToPath(new URL(program, folder)) })
    expect(version).toMatch(/^\d+\.\d+/)
    expect(encoders.has('libx264')).toBe(true)
  })
})

const run = (program: string, env: Record<string, string> = {}, args: string[] = []) =>
  aRun(args, { ffmpeg: standIn(program), statsPeriodMs: 50, env })

/** Iterates until an estimate has stood still at this frame for so long. */
async function stalledEstimate(
  estimates: AsyncIterable<Estimate>,
  at: number | null,
  forMs: number,
): Promise<Estimate> {
  for await (const estimate of estimates) if (estimate.frame === at && estimate.stalledForMs >= forMs) return estimate
  throw new Error('it ended')
}

it('never-reports: the stall grows although no report comes', async () => {
  let ready = () => {}
  const waiting = new Promise<void>((resolve) => {
    ready = resolve
  })
  const ffmpeg = aRun([], { ffmpeg: standIn('never-reports'), statsPeriodMs: 50, onLog: () => ready() })
  expect((await stalledEstimate(ffmpeg, null, 300)).percent).toBeNull()
  await waiting
  ffmpeg.stop()
  expect(await ffmpeg.result).toMatchObject({ ended: 'stopped', exitCode: 255, blocks: 0 })
})

it('reports-but-never-advances: reports are no progress', async () => {
  const ffmpeg = run('reports-but-never-advances')
  expect((await stalledEstimate(ffmpeg, 50, 300)).outTimeUs).toBe(2_000_000)
  ffmpeg.kill()
  expect((await ffmpeg.result).blocks).toBeGreaterThan(3)
})

it('half-block-then-dies: what was said counts, as truncated', async () => {
  const result = await run('half-block-then-dies').result
  expect(result).toMatchObject({ ok: false, ended: 'exited', exitCode: 1, sawEnd: false, blocks: 3 })
  expect(result.lastBlock).toMatchObject({ frame: 75, truncated: true, end: false })
  expect(diagnose(result).code).toBe('ENCODER_FAILED')
})

it('exits-zero-with-nothing: exit code 0 is no success', async () => {
  const result = await run('exits-zero-with-nothing').result
  expect(result).toMatchObject({ ok: false, exitCode: 0, blocks: 0, lastBlock: null, logTail: [], logBytes: 0 })
  expect(diagnose(result).code).toBe('OUTPUT_INVALID')
})

it('endless-line: nothing of it is believed', async () => {
  const result = await run('endless-line', { FFLEET_STAND_IN_MEGABYTES: '2' }).result
  expect(result).toMatchObject({ ok: false, exitCode: 0, sawEnd: false })
  expect(result.logTail).toHaveLength(1)
  expect(result.logTail[0]!.length).toBeLessThan(5_000)
})

it.each([
  ['228', '', 'DISK_FULL'],
  ['244', '', 'OUT_OF_MEMORY'],
  ['1', 'av_interleaved_write_frame(): No space left on device', 'DISK_FULL'],
  ['1', "Unknown encoder 'libx264'", 'ENCODER_NOT_AVAILABLE'],
  ['187', 'Something new', 'ENCODER_FAILED'],
])('exits-with-code: %s %s → %s', async (EXIT_CODE, STDERR, code) => {
  const env = { FFLEET_STAND_IN_EXIT_CODE: EXIT_CODE, FFLEET_STAND_IN_STDERR: STDERR }
  const result = await run('exits-with-code', env).result
  expect(result).toMatchObject({ ok: false, ended: 'exited', exitCode: Number(EXIT_CODE), blocks: 1 })
  expect(diagnose(result).code).toBe(code)
})

it.each([
  ['SIGKILL', 'ENCODER_KILLED'],
  ['SIGTERM', 'ENCODER_KILLED'],
  ['SIGSEGV', 'ENCODER_FAILED'],
])('dies-by-signal: %s → %s', async (signal, code) => {
  const result = await run('dies-by-signal', { FFLEET_STAND_IN_SIGNAL: signal }).result
  expect(result).toMatchObject({ ok: false, ended: 'exited', exitCode: null, signal, blocks: 3 })
  // The kernel was asked about memory in the one case that it matters in.
  expect([0, null]).toContain(result.oomKills)
  expect(diagnose(result).code).toBe(code)
})

it('long-trailer: a silent end is announced and is no stall', async () => {
  const cwd = await aFolder()
  let finishing = false
  const ffmpeg = aRun(quickClip(1, 'out.mp4'), {
    ffmpeg: standIn('long-trailer'),
    cwd,
    statsPeriodMs: 50,
    env: { FFLEET_STAND_IN_SECONDS: '0.6' },
    plan: { expectedUs: 1_000_000 },
    onFinishing: () => (finishing = true),
  })
  const after: Estimate[] = []
  for await (const estimate of ffmpeg) if (finishing) after.push(estimate)
  const result = await ffmpeg.result
  expect(result).toMatchObject({ ok: true, sawEnd: true })
  expect(after.length).toBeGreaterThan(3)
  expect(after.every(({ etaMs, stalledForMs }) => etaMs === null && stalledForMs === 0)).toBe(true)
  expect(execFileSync('ffprobe', ['-v', 'error', join(cwd, 'out.mp4')], { encoding: 'utf8' })).toBe('')
})

it('slow-start: late, but whole', async () => {
  const ffmpeg = aRun(quickClip(1, '-', '-f', 'null'), {
    ffmpeg: standIn('slow-start'),
    statsPeriodMs: 50,
    env: { FFLEET_STAND_IN_SECONDS: '0.4' },
  })
  const result = await ffmpeg.result
  expect(result).toMatchObject({ ok: true })
  expect(result.timeline[0]![0]).toBeGreaterThan(400)
})
