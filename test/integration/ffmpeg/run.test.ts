import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { diagnose } from '../../../src/diagnosis/index.js'
import { BARE, dieWithParent } from '../../../src/ffmpeg/index.js'
import { type Estimate, ProgressEstimator, type ReportBlock, ReportParser } from '../../../src/progress/index.js'
import { aRun, clip, FFMPEG, HAS_STATS_PERIOD, quickClip, standIn } from '../../helpers/ffmpeg-runs.js'
import { aFolder } from '../../helpers/folder.js'
import { isAlive } from '../../helpers/processes.js'

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')

describe('a run that succeeds', () => {
  it('tells its progress and ends in a full result', async () => {
    const folder = await aFolder()
    const pids: number[] = []
    const run = aRun(clip(2, 'out.mp4'), {
      cwd: folder,
      statsPeriodMs: 100,
      plan: { label: 'encode', expectedUs: 2_000_000, expectedFrames: 50 },
      onSpawn: (pid) => pids.push(pid),
    })
    const estimates: Estimate[] = []
    for await (const estimate of run) estimates.push(estimate)
    const result = await run.result

    expect(pids).toEqual([run.pid])
    expect(result).toMatchObject({
      ok: true,
      ended: 'exited',
      exitCode: 0,
      signal: null,
      sawEnd: true,
      argv: run.argv,
      errors: [],
      logFile: null,
      oomKills: null,
      error: null,
      listenerError: null,
    })
    expect(run.argv.slice(-3)).toEqual(['-c:a', 'aac', 'out.mp4'])
    expect(existsSync(join(folder, 'out.mp4'))).toBe(true)
    expect(result.lastBlock?.frame).toBe(50)
    expect(result.wallMs).toBeGreaterThan(1_000)
    expect(result.usage.cpuUserMs).toBeGreaterThan(10)
    expect(result.usage.maxRssBytes).toBeGreaterThan(10_000_000)
    expect(result.logBytes).toBeGreaterThan(500)
    expect(result.logTail.some((line) => line.startsWith('[info] Stream mapping'))).toBe(true)

    expect(estimates.length).toBeGreaterThan(HAS_STATS_PERIOD ? 5 : 2)
    const percents = estimates.flatMap(({ percent }) => (percent === null ? [] : [percent]))
    expect(percents).toEqual([...percents].sort((a, b) => a - b))
    expect(percents.at(-1)).toBeGreaterThan(70)

    expect(result.timeline.length).toBe(result.blocks)
    const times = result.timeline.map(([atMs]) => atMs)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(times.at(-1)).toBeLessThanOrEqual(result.wallMs + 100)
  })

  it('reports and writes what ffmpeg does when it is run by hand', async () => {
    const folder = await aFolder()
    const args = (name: string) => quickClip(3, name, '-bitexact', '-flags', '+bitexact', '-threads', '1')
    const blocks: ReportBlock[] = []
    const chunks: Uint8Array[] = []
    const run = aRun(args('ours.mp4'), {
      cwd: folder,
      onBlock: (block) => blocks.push(block),
      onBytes: (chunk) => chunks.push(chunk),
    })
    const result = await run.result
    const byHand = spawnSync(FFMPEG, [...run.argv.slice(0, -1), 'by-hand.mp4'], { cwd: folder })

    expect(sha256(join(folder, 'ours.mp4'))).toBe(sha256(join(folder, 'by-hand.mp4')))
    const bytes = Buffer.concat(chunks)
    const parser = new ReportParser()
    expect([...parser.push(bytes), ...parser.end()]).toEqual(blocks)
    expect(result.blocks).toBe(blocks.length)
    expect(result.lastBlock).toEqual(blocks.at(-1))
    // What depends on the clock differs from run to run.
    const steady = (report: string) =>
      report.slice(report.lastIndexOf('frame=')).replaceAll(/^(?:fps|speed)=.*\n/gm, '')
    expect(steady(bytes.toString())).toBe(steady(byHand.stdout.toString()))
    expect(steady(bytes.toString())).toContain('progress=end')
  })

  it('loses nothing when this process was too busy to read until ffmpeg had ended', async () => {
    const run = aRun(quickClip(1, '-', '-f', 'null'), {
      statsPeriodMs: 50,
      onSpawn(pid) {
        const giveUpAt = performance.now() + 20_000
        // Only a zombie is left of it once it has ended: this process cannot take notice yet.
        while (isAlive(pid) && performance.now() < giveUpAt);
      },
    })
    const result = await run.result
    expect(result).toMatchObject({ ok: true, sawEnd: true })
    expect(result.lastBlock?.frame).toBe(25)
    expect(result.logTail.some((line) => line.includes('bench: maxrss'))).toBe(true)
  })

  it('leaves -stats_period out for an ffmpeg that does not know it', async () => {
    const run = aRun(quickClip(1, '-', '-f', 'null'), { statsPeriodMs: null })
    expect(run.argv).not.toContain('-stats_period')
    expect((await run.result).ok).toBe(true)
  })

  it('carries an estimator through several passes', async () => {
    const folder = await aFolder()
    const plan = { expectedUs: 1_000_000, expectedFrames: null }
    const estimator = new ProgressEstimator([
      { ...plan, label: 'first', weight: 0.4 },
      { ...plan, label: 'second', weight: 0.6 },
    ])
    for (const [index, pass] of [['1'], ['2']].entries()) {
      const args = quickClip(1, 'out.mp4', '-b:v', '100k', '-pass', ...pass)
      const run = aRun(args, { cwd: folder, statsPeriodMs: 50, pass: { estimator, index } })
      expect((await run.result).ok).toBe(true)
      expect(estimator.latest.pass).toEqual({ index: index + 1, count: 2, label: index === 0 ? 'first' : 'second' })
    }
  })

  it('says when ffmpeg moves the index to the front', async () => {
    let told = 0
    const run = aRun(quickClip(1, 'out.mp4', '-movflags', '+faststart'), {
      cwd: await aFolder(),
      onFinishing: () => (told += 1),
    })
    expect((await run.result).ok).toBe(true)
    expect(told).toBe(1)
  })

  it('gives ffmpeg no keys of buckets, of the API or of Redis, though it runs without a sandbox', async () => {
    const cwd = await aFolder()
    const ffmpeg = join(cwd, 'tells-environment.sh')
    await writeFile(ffmpeg, '#!/bin/sh\nenv > environment.txt\n', { mode: 0o755 })
    const secrets = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'FFLEET_API_KEY', 'FFLEET_REDIS_URL']
    for (const name of secrets) vi.stubEnv(name, 'hidden-from-it')
    vi.stubEnv('LD_HINT', 'shown-to-it')
    await aRun([], { ffmpeg, cwd }).result.finally(() => vi.unstubAllEnvs())
    const given = await readFile(join(cwd, 'environment.txt'), 'utf8')
    expect(given).toContain('LD_HINT=shown-to-it')
    expect(given).not.toContain('hidden-from-it')
  })

  it('reads the log also where colours are forced on', async () => {
    const levels = new Set<string | null>()
    const run = aRun(quickClip(1, '-', '-f', 'null'), {
      env: { AV_LOG_FORCE_COLOR: '1', TERM: 'xterm-256color' },
      onLog: ({ level }) => levels.add(level),
    })
    await run.result
    expect(levels).toContain('info')
    expect(levels).not.toContain(null)
  })
})

describe('somebody who reads slowly', () => {
  it('gets the newest estimate and holds nothing up', async () => {
    const run = aRun([], { ffmpeg: standIn('floods-stdout'), env: { FFLEET_STAND_IN_MEGABYTES: '5' } })
    const seen: Estimate[] = []
    for await (const estimate of run) {
      seen.push(estimate)
      await run.result // the run goes on to its end although this reader takes no more
    }
    expect(seen).toHaveLength(2)
    expect(seen[1]!.frame).toBe((await run.result).lastBlock?.frame)
    expect((await run.result).blocks).toBeGreaterThan(20_000)
  })

  it('may leave at any time', async () => {
    const run = aRun(clip(1, '-', '-f', 'null'), { statsPeriodMs: 50 })
    for await (const _ of run) break
    expect((await run.result).ok).toBe(true)
  })
})

it('is not broken by callbacks that throw or reject', async () => {
  const run = aRun(quickClip(1, '-', '-f', 'null'), {
    onSpawn() {
      throw new Error('first')
    },
    onBlock() {
      throw new Error('second')
    },
    async onLog() {
      throw new Error('third')
    },
    onBytes() {
      throw Object.create(null)
    },
  })
  expect(await run.result).toMatchObject({ ok: true, listenerError: 'first' })
})

describe('what cannot be spawned is a result', () => {
  it.each([
    ['a program that is not there', { ffmpeg: 'no-such-ffmpeg' }, /^ENOENT: /],
    ['a path that is not there', { ffmpeg: '/no/such/ffmpeg' }, /^ENOENT: /],
    ['a file that is no program', { ffmpeg: '/etc/passwd' }, /^EACCES: /],
    ['a folder that is not there', { cwd: '/no/such/folder' }, /^ENOENT: /],
  ])('%s', async (_, options, error) => {
    for (const enclosure of [dieWithParent(), BARE]) {
      const result = await aRun(['-i', 'x'], { ...options, enclosure }).result
      expect(result).toMatchObject({ ok: false, ended: 'spawn-failed', exitCode: null, signal: null, blocks: 0 })
      expect(result.error).toMatch(error)
      expect(diagnose(result).code).toBe('ENCODER_NOT_AVAILABLE')
    }
  })

  it.each([
    ['an argument', ['-i', 'a\0b'], {}],
    ['a path of the log', [], { logFile: 'a\0b' }],
  ])('%s that holds a NUL', async (_, args, options) => {
    const run = aRun(args, options)
    expect(run.pid).toBeUndefined()
    expect(await run.result).toMatchObject({ ended: 'spawn-failed', error: expect.stringMatching(/^EINVAL/) })
    for await (const _ of run) expect.unreachable()
  })

  it('without a file descriptor to spare, however many are left', async () => {
    const script = fileURLToPath(new URL('../../helpers/run-without-descriptors.ts', import.meta.url))
    const { stdout, status } = spawnSync(process.execPath, ['--import', 'tsx', script], { encoding: 'utf8' })
    const endings = stdout.trim().split('\n')
    expect(endings).toHaveLength(20)
    expect(endings[0]).toMatch(/^0 spawn-failed EMFILE: /)
    expect(endings.at(-1)).toBe('19 exited null')
    expect(status).toBe(0)
  })
})

describe('usage', () => {
  it('of an ffmpeg that was killed comes from samples', async () => {
    const run = aRun(clip(30, '-', '-f', 'null'), { statsPeriodMs: 100 })
    for await (const { frame } of run) if ((frame ?? 0) > 5) break
    run.kill()
    const { usage, ended } = await run.result
    expect(ended).toBe('killed')
    expect(usage.maxRssBytes).toBeGreaterThan(10_000_000)
    expect(usage.cpuUserMs).toBeGreaterThan(0)
  })

  it('is not that of a worker larger than ffmpeg', async () => {
    const large = Buffer.alloc(400_000_000, 1)
    // At its own pace: one that has ended before its first report is read tells no figure of its own.
    const { usage } = await aRun(clip(3, '-', '-f', 'null'), { statsPeriodMs: 100 }).result
    expect(large.length).toBe(400_000_000)
    expect(usage.maxRssBytes).toBeGreaterThan(10_000_000)
    expect(usage.maxRssBytes).toBeLessThan(200_000_000)
  })
})

it('takes no disk that fills up under the trailer for a success', async () => {
  const result = await aRun(quickClip(1, '/dev/full', '-f', 'matroska')).result
  expect(result.ok).toBe(false)
  expect(diagnose(result).code).toBe('DISK_FULL')
})
