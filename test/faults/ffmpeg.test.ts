import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Job, JobRequest } from '../../src/contract/index.js'
import { PACED, program, useFleet } from '../helpers/fleet.js'
import { long, some } from '../helpers/long.js'
import { makeMemoryGroup } from '../helpers/memory-group.js'
import { isAlive } from '../helpers/processes.js'

const fleet = useFleet()

/** The limits of a worker in these tests; each test changes the one that it is about. */
const LIMITS = {
  FFLEET_START_TIMEOUT_MS: '20000',
  FFLEET_STALL_TIMEOUT_MS: '20000',
  FFLEET_FINALIZE_TIMEOUT_MS: '20000',
}

/** Runs a job with a stand-in as ffmpeg; whatever it did, the same worker must do the next job well. */
async function runWith(
  file: string,
  env: Record<string, string> = {},
  request: Partial<JobRequest> = {},
): Promise<Job> {
  await fleet.worker({ ...LIMITS, FFLEET_FFMPEG: program(file), ...env })
  return fleet.ended(await fleet.submit({ maxAttempts: 1, ...request }))
}

const residentMb = async (pid: number) =>
  Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))![1]) / 1024

describe('an ffmpeg that is hit from outside', () => {
  test('by SIGKILL is run again', async () => {
    await fleet.worker({ ...LIMITS, ...PACED })
    const id = await fleet.submit()
    await fleet.told(id, (event) => event.type === 'progress' && (event.progress.frame ?? 0) > 0)
    const [encoder] = await fleet.encoders()
    process.kill(encoder!, 'SIGKILL')
    const failed = await fleet.told(id, (event) => event.type === 'attempt.failed')
    expect(failed).toMatchObject({ attempt: 1, willRetry: true, error: { code: 'ENCODER_KILLED' } })
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 2 })
  })

  long('by SIGSTOP is ended as STALLED', async () => {
    await fleet.worker({ ...LIMITS, ...PACED, FFLEET_STALL_TIMEOUT_MS: '1000' })
    const id = await fleet.submit({ input: 'long.mp4', maxAttempts: 1 })
    await fleet.told(id, (event) => event.type === 'progress' && (event.progress.frame ?? 0) > 0)
    const [encoder] = await fleet.encoders()
    process.kill(encoder!, 'SIGSTOP')
    expect(await fleet.ended(id)).toMatchObject({ state: 'failed', error: { code: 'STALLED' } })
    expect(isAlive(encoder!)).toBe(false)
  })
})

describe('an ffmpeg that', () => {
  test('ignores SIGTERM is gone as soon as the job is cancelled', async () => {
    await fleet.worker({ ...LIMITS, FFLEET_FFMPEG: program('ignores-sigterm.mjs') })
    const id = await fleet.submit()
    await fleet.told(id, (event) => event.type === 'progress')
    await fleet.stack.client.cancel(id)
    expect(await fleet.ended(id)).toMatchObject({ state: 'cancelled' })
    expect(await fleet.encoders()).toEqual([])
  })

  long('runs longer than the request allows is ended as TIMED_OUT', async () => {
    const job = await runWith('ignores-sigterm.mjs', {}, { timeoutMs: 1_000 })
    expect(job).toMatchObject({ state: 'failed', error: { code: 'TIMED_OUT' } })
  })

  test.each(some(['floods-stderr.mjs', 'floods-stdout.mjs', 'endless-line.mjs'], 3))(
    '%s: costs the worker no memory',
    async (file) => {
      const job = await runWith(file, { FFLEET_STAND_IN_MEGABYTES: '40' })
      expect(job).toMatchObject({
        state: 'failed',
        error: { code: expect.stringMatching(/OUTPUT_INVALID|ENCODER_FAILED/) },
      })
      expect(await residentMb(fleet.stack.workers[0]!.pid)).toBeLessThan(250)
    },
  )

  test('never writes a block is ended as STALLED', async () => {
    const job = await runWith('never-reports.mjs', { FFLEET_START_TIMEOUT_MS: '1000' })
    expect(job).toMatchObject({ state: 'failed', error: { code: 'STALLED' } })
  })

  long('reports but never advances is ended as STALLED', async () => {
    const job = await runWith('reports-but-never-advances.mjs', { FFLEET_STALL_TIMEOUT_MS: '1000' })
    expect(job).toMatchObject({ state: 'failed', error: { code: 'STALLED' } })
  })

  long('writes half a block and dies fails, and its error says why', async () => {
    const job = await runWith('half-block-then-dies.mjs')
    expect(job).toMatchObject({
      state: 'failed',
      error: { code: 'ENCODER_FAILED', detail: expect.stringContaining('Error while filtering: Invalid argument') },
    })
  })

  long('forks a child leaves none behind', async () => {
    const job = await runWith('forks-a-child.mjs')
    expect(job).toMatchObject({ state: 'failed', error: { code: 'OUTPUT_INVALID' } })
  })

  long('exits 0 with nothing is no success', async () => {
    const job = await runWith('exits-zero-with-nothing.mjs')
    expect(job).toMatchObject({ state: 'failed', error: { code: 'OUTPUT_INVALID' } })
  })

  test('exits with an error it explains fails with the explanation', async () => {
    const job = await runWith('exits-with-code.mjs', { FFLEET_STAND_IN_STDERR: 'x.mp4: No space left on device' })
    expect(job).toMatchObject({ state: 'failed', error: { code: 'DISK_FULL' } })
  })

  long('starts slowly is waited for, also with the longest time that a request can allow', async () => {
    const env = { FFLEET_STAND_IN_SECONDS: '1.5', FFLEET_STALL_TIMEOUT_MS: '1000' }
    const job = await runWith('slow-start.mjs', env, { timeoutMs: 2_592_000_000 })
    expect(job).toMatchObject({ state: 'completed', attempt: 1 })
  })

  test('takes long for its trailer is waited for, within the limit for that', async () => {
    const job = await runWith('long-trailer.mjs', { FFLEET_STAND_IN_SECONDS: '2', FFLEET_STALL_TIMEOUT_MS: '1000' })
    expect(job).toMatchObject({ state: 'completed', attempt: 1 })
  })

  long('takes longer than that limit is ended as TIMED_OUT', async () => {
    const job = await runWith('long-trailer.mjs', { FFLEET_STAND_IN_SECONDS: '60', FFLEET_FINALIZE_TIMEOUT_MS: '1000' })
    expect(job).toMatchObject({ state: 'failed', error: { code: 'TIMED_OUT' } })
  })
})

describe('an ffmpeg without memory', () => {
  const request = { input: 'large.mp4', outputs: [{ preset: 'h264-1080p' }], maxAttempts: 10 }

  beforeAll(async () => {
    const large = join(fleet.stack.mediaRoot, request.input)
    const source = ['-f', 'lavfi', '-i', 'testsrc2=size=1920x1080:rate=25:duration=1']
    await promisify(execFile)('ffmpeg', ['-y', ...source, '-c:v', 'libx264', '-preset', 'ultrafast', large])
  })

  test('is OUT_OF_MEMORY, tried again twice and no more', async () => {
    const job = await runWith('starved.sh', {}, request)
    expect(job).toMatchObject({ state: 'failed', attempt: 3, error: { code: 'OUT_OF_MEMORY' } })
  })

  test('is what the kernel kills, not the worker', async ({ skip }) => {
    // More than the worker has, as where it always was in its group: what is to be killed first is chosen in relation to it.
    const group = await makeMemoryGroup(192 * 1024 * 1024)
    if (group === null) return skip('no control group for memory can be made here')
    onTestFinished(group.remove)
    const worker = await fleet.worker(LIMITS)
    await group.add(worker.pid)
    const job = await fleet.ended(await fleet.submit(request))
    expect(job).toMatchObject({ state: 'failed', attempt: 3, error: { code: 'OUT_OF_MEMORY' } })
    expect(await group.kills()).toBe(3)
    expect(isAlive(worker.pid)).toBe(true)
  })
})
