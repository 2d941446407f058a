import { execFileSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { RunOptions } from '../../../src/ffmpeg/index.js'
import type { Estimate } from '../../../src/progress/index.js'
import { aRun, FFMPEG, HAS_STATS_PERIOD } from '../../helpers/ffmpeg-runs.js'
import { aFolder } from '../../helpers/folder.js'
import { long } from '../../helpers/long.js'

const SECONDS = 30
/** How many times as fast as it plays, so that tens of reports come. */
const SPEED = HAS_STATS_PERIOD ? 10 : 2

/** Where a file has to tell nothing of its length: written through a pipe, there is no way back to its header. */
async function makeInput(name = 'no-duration.mkv', format = 'matroska'): Promise<string> {
  const path = join(await aFolder(), name)
  const picture = ['-f', 'lavfi', '-i', `testsrc2=s=640x360:r=25:d=${SECONDS}`]
  const sound = ['-f', 'lavfi', '-i', `sine=d=${SECONDS}`]
  const video = ['-c:v', 'libx264', '-preset', 'ultrafast', '-b:v', '800k', '-maxrate', '800k', '-bufsize', '400k']
  const args = [...picture, ...sound, ...video, '-c:a', 'aac', '-f', format, 'pipe:1']
  execFileSync('sh', ['-c', '"$0" "$@" | cat > "$OUT"', FFMPEG, '-v', 'error', '-nostdin', ...args], {
    env: { ...process.env, OUT: path },
  })
  return path
}

async function estimates(path: string, options: RunOptions): Promise<Estimate[]> {
  const slowly = ['-vf', `realtime=speed=${SPEED}`, '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac']
  const seen: Estimate[] = []
  const run = aRun(['-i', `file:${path}`, ...slowly, '-f', 'null', '-'], { statsPeriodMs: 100, ...options })
  for await (const estimate of run) seen.push(estimate)
  expect((await run.result).ok).toBe(true)
  return seen
}

function expectSound(seen: Estimate[]): void {
  const percents = seen.map(({ percent }) => percent ?? 0)
  expect(percents).toEqual([...percents].sort((a, b) => a - b))
  // On a busy machine the place that was read last is some reports old.
  expect(percents.at(-1)).toBeGreaterThanOrEqual(70)
  expect(percents.at(-1)).toBeLessThanOrEqual(99)
}

/** Percent points by which percent was ahead of what had come out. */
function aheadMost(seen: Estimate[]): number {
  return Math.max(...seen.map(({ percent, outTimeUs }) => (percent ?? 0) - (outTimeUs ?? 0) / SECONDS / 1e4))
}

describe.runIf(process.platform === 'linux')('the place in the input', () => {
  it('gives a percent where nothing is known', async () => {
    const matroska = await makeInput()
    const seen = await estimates(matroska, { wholeInput: matroska })
    expect([...new Set(seen.map(({ basis }) => basis))]).toEqual(['unknown', 'bytes'])
    expectSound(seen)
    expect(new Set(seen.map(({ percent }) => percent)).size).toBeGreaterThan(10)
    expect(aheadMost(seen)).toBeLessThan(20)
    expect(seen.some(({ etaMs }) => etaMs !== null)).toBe(true)
  })

  it('is found where a script runs ffmpeg, and for a transport stream', async () => {
    const input = await makeInput('recorded.ts', 'mpegts')
    const folder = dirname(input)
    const script = join(folder, 'ffmpeg.sh')
    writeFileSync(script, `#!/bin/sh\n${FFMPEG} "$@"\nexit $?\n`)
    chmodSync(script, 0o755)
    const seen = await estimates(input, {
      ffmpeg: script,
      statsPeriodMs: HAS_STATS_PERIOD ? 100 : null,
      cwd: folder,
      wholeInput: 'recorded.ts',
    })
    expect(seen.at(-1)!.basis).toBe('bytes')
    expectSound(seen)
  })

  it('corrects an expectation that is far too long, and bounds one that is far too short', async () => {
    const matroska = await makeInput()
    const long = await estimates(matroska, { wholeInput: matroska, plan: { expectedUs: 1_030e6 } })
    expectSound(long)
    expect(long.at(-1)!.basis).toBe('bytes')

    const short = await estimates(matroska, { wholeInput: matroska, plan: { expectedUs: 3e6 } })
    expectSound(short)
    // By the expectation alone it would be ahead by 90; a busy machine reads further ahead than it encodes.
    expect(aheadMost(short)).toBeLessThan(50)
  })

  long('changes nothing where the expectation is right, or the input is another', async () => {
    const matroska = await makeInput()
    const right = await estimates(matroska, { wholeInput: matroska, plan: { expectedUs: SECONDS * 1e6 } })
    expect(right.at(-1)!.basis).toBe('time')
    expectSound(right)
    const other = await estimates(matroska, { wholeInput: FFMPEG })
    expect(other.every(({ percent }) => percent === null)).toBe(true)
  })
})
