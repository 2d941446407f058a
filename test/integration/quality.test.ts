/** A crf that is found for a film: what comes out is compared by ffmpeg itself, and weighed. */
import { execFileSync } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Job, JobEvent, QualityTarget } from '../../src/contract/index.js'
import { all, startFleet } from '../helpers/fleet-stack.js'
import { brokenPromises } from '../helpers/invariants.js'
import { long } from '../helpers/long.js'
import type { Part, Stack } from '../helpers/stack.js'

const SIZE = '320x180'
/** Three samples of 2 s stand for it; here all that is hard lies between them. */
const BETWEEN = "noise=alls=60:allf=t:enable='not(between(mod(t,8),2.5,5.5))'"

let stack: Stack
let worker: Part
const made: string[] = []

function film(name: string, source: string, seconds: number): void {
  const args = [
    '-f',
    'lavfi',
    '-i',
    source,
    '-t',
    `${seconds}`,
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-crf',
    '12',
  ]
  execFileSync('ffmpeg', ['-v', 'error', ...args, join(stack.mediaRoot, name)])
}

beforeAll(async () => {
  stack = await startFleet()
  film('easy.mp4', `testsrc2=s=${SIZE}:r=25,boxblur=8`, 2)
  film('hard.mp4', `testsrc2=s=${SIZE}:r=25,noise=alls=40:allf=t`, 2)
  film('lurking.mp4', `testsrc2=s=${SIZE}:r=10,boxblur=8,${BETWEEN}`, 24)
  film('endless.mp4', `testsrc2=s=${SIZE}:r=25,noise=alls=40:allf=t`, 20)
  worker = await stack.startWorker()
})
afterAll(() => stack.stop())

async function make(input: string, target: QualityTarget): Promise<Job> {
  const outputs = [{ preset: 'tiny', path: `${made.length}.mp4`, quality: { target } }]
  const { id } = await stack.client.submit({ input, outputs })
  made.push(id)
  return stack.client.wait(id)
}

const pathOf = ({ outputs: [output] }: Job) => join(stack.outputRoot, output!.path)

/** By the ffmpeg that is installed, of the whole film. */
function likeness(job: Job, input: string): number {
  const files = [pathOf(job), join(stack.mediaRoot, input)].flatMap((path) => ['-i', path])
  const graph = '[0:v]setpts=N/25/TB[a];[1:v]setpts=N/25/TB[b];[a][b]ssim'
  const args = ['-hide_banner', ...files, '-lavfi', graph, '-f', 'null', '-']
  const log = execFileSync('sh', ['-c', 'exec ffmpeg "$@" 2>&1', 'sh', ...args], { encoding: 'utf8' })
  return Number(/All:(\S+)/.exec(log)![1])
}

test('an easy and a hard film get the same likeness by different settings', async () => {
  const target = { ssim: 0.96 }
  const [easy, hard] = [await make('easy.mp4', target), await make('hard.mp4', target)]
  for (const [job, input] of [
    [easy, 'easy.mp4'],
    [hard, 'hard.mp4'],
  ] as const) {
    expect(job).toMatchObject({ state: 'completed', warnings: [] })
    const { ssim, tries, ms, expectedBytes } = job.outputs[0]!.quality!
    expect([tries, ms > 0, expectedBytes]).toEqual([expect.any(Number), true, null])
    const whole = likeness(job, input)
    expect(whole).toBeGreaterThanOrEqual(target.ssim)
    // These films are their own sample.
    expect(whole).toBeCloseTo(ssim!, 2)
  }
  expect(easy.outputs[0]!.quality!.crf).toBeGreaterThan(hard.outputs[0]!.quality!.crf)
  // A step of the encoder is about this wide here: nothing is given away.
  expect(likeness(hard, 'hard.mp4')).toBeLessThan(target.ssim + 0.025)
})

test('the search is a phase of its own, percent goes one way, and the report tells of it', async () => {
  const id = made[1]!
  const events = await all<JobEvent>(stack.client.events(id))
  const phases = events.flatMap((event) => (event.type === 'phase.changed' ? [event.phase] : []))
  expect(phases.filter((phase, i) => phase !== phases[i - 1])).toEqual(
    expect.arrayContaining(['probing', 'searching', 'encoding', 'verifying', 'publishing']),
  )
  expect(phases.indexOf('searching')).toBeLessThan(phases.indexOf('encoding'))
  const percents = events.flatMap((event) => (event.type === 'progress' ? [event.progress.percent ?? 0] : []))
  expect(percents).toEqual([...percents].sort((a, b) => a - b))
  const report = await stack.client.report(id)
  const { quality } = report.outputs[0]!
  const passes = report.attempts[0]!.passes
  expect(passes.map(({ label }) => label)).toEqual([
    'sample',
    ...Array.from({ length: quality!.tries * 2 }, () => 'try'),
    'encode',
  ])
  expect(passes.at(-1)!.argv.join(' ')).toContain(`-crf ${quality!.crf} `)
  expect((await stack.client.requestOf(id)).outputs[0]).toMatchObject({ quality: { target: { ssim: 0.96 } } })
})

test('a dry run shows that it is not known yet', async () => {
  const request = { input: 'in.mp4', outputs: [{ preset: 'tiny', quality: { target: { ssim: 0.96 } } }] }
  const { plan, refusal } = await stack.client.dryRun(request)
  expect(refusal).toBeNull()
  expect(plan!.outputs[0]!.expectedBytes).toBeNull()
  expect([...new Set(plan!.passes.map(({ label }) => label))]).toEqual(['sample', 'try', 'encode'])
  expect(plan!.passes.at(-1)!.argv.join(' ')).toMatch(/-crf <crf for SSIM 0\.96 of \S+> /)
})

test('a size is held, and used', async () => {
  const job = await make('hard.mp4', { maxBytes: 300_000 })
  expect(job).toMatchObject({ state: 'completed', warnings: [] })
  const { size } = await stat(pathOf(job))
  expect(size).toBeLessThanOrEqual(300_000)
  expect(size).toBeGreaterThan(200_000)
  expect(job.outputs[0]).toMatchObject({ bytes: size, quality: { ssim: null } })
})

test('an output that samples said too little of is made once more', async () => {
  const job = await make('lurking.mp4', { maxBytes: 400_000 })
  expect(job).toMatchObject({ state: 'completed', attempt: 1 })
  expect((await stat(pathOf(job))).size).toBeLessThanOrEqual(400_000)
  const { attempts, outputs } = await stack.client.report(job.id)
  expect(attempts[0]!.passes.map(({ label }) => label).filter((label) => label === 'encode')).toHaveLength(2)
  expect(outputs[0]!.quality).toMatchObject({ expectedBytes: null })
})

test('a size that can not be reached is refused before the film is encoded', async () => {
  const small = await make('hard.mp4', { maxBytes: 10_000 })
  expect(small).toMatchObject({ state: 'failed', attempt: 1, error: { code: 'SIZE_NOT_REACHABLE' } })
  expect(small.error!.detail).toMatch(/highest crf of h264, 51, it would have about \d+ bytes; 10000 are allowed/)
})

test('joined films are gone through once', async () => {
  const outputs = [{ preset: 'tiny', path: 'joined.mp4', quality: { target: { ssim: 0.9 } } }]
  const { id } = await stack.client.submit({ inputs: ['easy.mp4', 'hard.mp4'], outputs })
  made.push(id)
  const job = await stack.client.wait(id)
  expect(job).toMatchObject({ state: 'completed', outputs: [{ quality: { crf: expect.any(Number) } }] })
})

async function searching(): Promise<string> {
  const outputs = [{ preset: 'vp9-720p', quality: { target: { ssim: 0.99 } } }]
  const { id } = await stack.client.submit({ input: 'endless.mp4', outputs })
  made.push(id)
  await expect.poll(async () => (await stack.client.get(id)).phase, { timeout: 30_000 }).toBe('searching')
  return id
}

test('cancelled in the search, it leaves nothing', async () => {
  const id = await searching()
  await stack.client.cancel(id)
  expect(await stack.client.wait(id)).toMatchObject({ state: 'cancelled' })
  await expect.poll(() => brokenPromises(stack, made), { timeout: 15_000 }).toEqual([])
})

long('a worker that dies in the search is followed by one that searches anew', async () => {
  const id = await searching()
  worker.signal('SIGKILL')
  await stack.startWorker()
  expect(await stack.client.wait(id)).toMatchObject({ state: 'completed', attempt: 2 })
  await expect.poll(() => brokenPromises(stack, made), { timeout: 15_000 }).toEqual([])
})
