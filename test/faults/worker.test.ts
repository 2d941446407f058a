import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { copyClip } from '../../fixtures/media/recipes.js'
import { PACED, program, useFleet } from '../helpers/fleet.js'
import { long } from '../helpers/long.js'
import { isAlive } from '../helpers/processes.js'

const fleet = useFleet()

const attempts = async (id: string) =>
  (await fleet.events(id)).filter((event) => event.type === 'attempt.started').length

/** The point of each stage at which the worker dies; files tell the stages apart. */
const STAGES = {
  fetching: /^before realpath .*\/in\.mp4$/,
  probing: /^before open .*\/in\.mp4$/,
  preparing: /^after mkdir .*\/1\/input$/,
  verifying: /^before open .*\/1\/out-0\.mp4$/,
  'before the fsync': /^before sync .*\/1\/out-0\.mp4$/,
  'between fsync and commit': /^after sync .*\/1\/out-0\.mp4$/,
  'between commit and publishing': /^before link .*\/1\/out-0\.mp4 -> /,
  'its output has two names': /^after link .*\/1\/out-0\.mp4 -> /,
  'between publishing and announcement': /^after rm .*\/1\/out-0\.mp4$/,
  'between announcement and acknowledgement': /^after rmdir .*\/\.ffleet\/[^/]+\/1$/,
}

/** On either side of the decision to publish. */
const DECISIVE: readonly string[] = ['between fsync and commit', 'between commit and publishing']

describe('a worker killed', () => {
  for (const [stage, point] of Object.entries(STAGES)) {
    const always = DECISIVE.includes(stage) ? test : long
    always(`while ${stage}: another one ends the job`, async () => {
      const fault = fleet.fault(point, 'kill')
      const doomed = await fleet.worker(fault.env)
      const id = await fleet.submit()
      expect(await doomed.ended).toEqual({ code: null, signal: 'SIGKILL' })
      expect(fault.reached()).toBe(true)
      await fleet.worker()
      expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 2 })
    })
  }

  for (const point of [/^before rename .*\/1\/out-0\.mp4 -> /, /^after rename .*\/1\/out-0\.mp4 -> /]) {
    long(`${String(point).slice(2, 15)} that replaces what is there: another one ends the job`, async () => {
      await writeFile(join(fleet.stack.outputRoot, 'former.mp4'), 'by hand')
      const fault = fleet.fault(point, 'kill')
      const doomed = await fleet.worker(fault.env)
      const id = await fleet.submit({ outputs: [{ preset: 'tiny', path: 'former.mp4', onExists: 'replace' }] })
      expect(await doomed.ended).toEqual({ code: null, signal: 'SIGKILL' })
      await fleet.worker()
      expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 2 })
    })
  }

  test('while encoding: its ffmpeg goes with it', async () => {
    const doomed = await fleet.worker(PACED)
    const id = await fleet.submit({ input: 'long.mp4' })
    await fleet.told(id, (event) => event.type === 'progress' && (event.progress.percent ?? 0) > 0)
    expect(await fleet.encoders()).toHaveLength(1)
    doomed.signal('SIGKILL')
    await expect.poll(() => fleet.encoders()).toEqual([])
    await fleet.worker()
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 2 })
    expect(await attempts(id)).toBe(2)
    const report = await fleet.stack.client.report(id)
    expect(report.attempts.map(({ outcome }) => outcome)).toEqual(['lost', 'completed'])
  })
})

describe('a worker stopped beyond its lock', () => {
  test('is ended as lost, its ffmpeg too, and counts no more when it goes on', async () => {
    const stopped = await fleet.worker(PACED)
    const id = await fleet.submit({ input: 'long.mp4' })
    await fleet.told(id, (event) => event.type === 'progress' && (event.progress.percent ?? 0) > 0)
    const [encoder] = await fleet.encoders()
    stopped.signal('SIGSTOP')
    await fleet.worker()
    await fleet.told(id, (event) => event.type === 'attempt.started' && event.attempt === 2)
    await expect.poll(() => isAlive(encoder!)).toBe(false)
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 2 })
    stopped.signal('SIGCONT')
    const other = await fleet.submit()
    expect(await fleet.ended(other)).toMatchObject({ state: 'completed' })
    const lost = (await fleet.events(id)).find((event) => event.type === 'attempt.failed')
    expect(lost).toMatchObject({ attempt: 1, willRetry: true, error: { code: 'WORKER_LOST' } })
  })

  long('after it has decided to publish: what it decided is published by another one, once', async () => {
    const fault = fleet.fault(STAGES['between commit and publishing'], 'stop')
    const stopped = await fleet.worker(fault.env)
    const id = await fleet.submit()
    await expect.poll(() => fault.reached()).toBe(true)
    await fleet.worker()
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 2 })
    stopped.signal('SIGCONT')
    expect(await fleet.ended(await fleet.submit())).toMatchObject({ state: 'completed' })
  })

  test('before it has decided to publish: only the other one publishes', async () => {
    const fault = fleet.fault(STAGES['between fsync and commit'], 'stop')
    const stopped = await fleet.worker(fault.env)
    const id = await fleet.submit()
    await expect.poll(() => fault.reached()).toBe(true)
    // The second attempt arrives at the same point and waits there until the first one is awake: both publish at once.
    const meeting = fleet.fault(/^after sync .*\/2\/out-0\.mp4$/, 'hold')
    await fleet.worker(meeting.env)
    await expect.poll(() => meeting.reached()).toBe(true)
    stopped.signal('SIGCONT')
    await meeting.release()
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 2 })
    const ready = (await fleet.events(id)).filter((event) => event.type === 'output.ready')
    expect(ready).toMatchObject([{ attempt: 2 }])
  })
})

describe('a worker asked to stop', () => {
  test('finishes a short job and leaves', async () => {
    const worker = await fleet.worker(PACED)
    const id = await fleet.submit()
    await fleet.phase(id, 'encoding')
    worker.signal('SIGTERM')
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
    expect(await worker.ended).toEqual({ code: 0, signal: null })
  })

  test('hands a long job back at the deadline, and no attempt is charged for it', async () => {
    const leaving = await fleet.worker({ ...PACED, FFLEET_DRAIN_TIMEOUT_MS: '300' })
    const id = await fleet.submit({ input: 'long.mp4', maxAttempts: 1 })
    await fleet.phase(id, 'encoding')
    leaving.signal('SIGTERM')
    expect(await leaving.ended).toEqual({ code: 0, signal: null })
    expect(await fleet.encoders()).toEqual([])
    expect(await fleet.get(id)).toMatchObject({ state: 'queued' })
    expect(await fleet.stack.redis.cli('HGET', `bull:transcode:${id}`, 'atm')).toBeNull()
    await fleet.worker()
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 2, maxAttempts: 1 })
    expect((await fleet.events(id)).map(({ type }) => type)).not.toContain('attempt.failed')
  })

  long('twice ends at once and hands back', async () => {
    const leaving = await fleet.worker({ ...PACED, FFLEET_DRAIN_TIMEOUT_MS: '600000' })
    const id = await fleet.submit({ input: 'long.mp4' })
    await fleet.phase(id, 'encoding')
    leaving.signal('SIGTERM')
    leaving.signal('SIGINT')
    await leaving.ended
    expect(await fleet.encoders()).toEqual([])
    await fleet.worker()
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 2 })
    expect((await fleet.events(id)).map(({ type }) => type)).not.toContain('attempt.failed')
  })

  long('while it begins an attempt hands that back too', async () => {
    const fault = fleet.fault(STAGES.fetching, 'hold')
    const leaving = await fleet.worker({ ...fault.env, FFLEET_DRAIN_TIMEOUT_MS: '100' })
    const id = await fleet.submit()
    await expect.poll(() => fault.reached()).toBe(true)
    leaving.signal('SIGTERM')
    await expect.poll(async () => (await fleet.stack.client.workers())[0]?.state).toBe('draining')
    await fault.release()
    expect(await leaving.ended).toEqual({ code: 0, signal: null })
    await fleet.worker()
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed' })
  })

  long('from afar drains as well', async () => {
    const leaving = await fleet.worker({ ...PACED, FFLEET_DRAIN_TIMEOUT_MS: '200' })
    const id = await fleet.submit({ input: 'long.mp4' })
    await fleet.phase(id, 'encoding')
    const [info] = await fleet.stack.client.workers()
    expect(info).toMatchObject({ busy: 1, jobs: [id] })
    await fleet.stack.client.drain(info!.id)
    expect(await leaving.ended).toEqual({ code: 0, signal: null })
    await fleet.worker()
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 2 })
    expect(await fleet.stack.client.workers()).toMatchObject([
      { id: expect.not.stringContaining(info!.id), busy: 0, jobs: [] },
    ])
  })
})

describe('a job', () => {
  test('that kills its worker again and again is POISONED, and hurts no other', async () => {
    const poison = await fleet.submit({ tags: { poison: 'yes' } })
    for (const attempt of [1, 2]) {
      const doomed = await fleet.worker({ ...PACED, FFLEET_POISON_STARTS: '2' })
      await fleet.told(poison, (event) => event.type === 'progress' && event.progress.attempt === attempt)
      doomed.signal('SIGKILL')
      await doomed.ended
    }
    const other = await fleet.submit()
    await fleet.worker({ FFLEET_POISON_STARTS: '2' })
    expect(await fleet.ended(poison)).toMatchObject({ state: 'failed', error: { code: 'POISONED' }, attempt: 2 })
    expect(await fleet.ended(other)).toMatchObject({ state: 'completed', attempt: 1 })
  })

  long('cancelled after its worker was killed leaves nothing behind', async () => {
    const doomed = await fleet.worker(PACED)
    const id = await fleet.submit({ input: 'long.mp4' })
    await fleet.told(id, (event) => event.type === 'progress')
    await fleet.stack.client.pause()
    doomed.signal('SIGKILL')
    await doomed.ended
    await fleet.stack.client.cancel(id)
    await fleet.worker()
    expect(await fleet.ended(id)).toMatchObject({ state: 'cancelled' })
    await fleet.stack.client.resume()
  })
})

test('a stopped worker whose job is cancelled keeps no ffmpeg and no scratch', async () => {
  // Longer than it takes another worker to start, however busy the machine is.
  await copyClip('h264-aac-30s', join(fleet.stack.mediaRoot, 'half-a-minute.mp4'))
  const stopped = await fleet.worker(PACED)
  const id = await fleet.submit({ input: 'half-a-minute.mp4' })
  await fleet.told(id, (event) => event.type === 'progress')
  await fleet.worker()
  await fleet.stack.client.pause()
  stopped.signal('SIGSTOP')
  await fleet.stack.client.cancel(id)
  expect(await fleet.ended(id)).toMatchObject({ state: 'cancelled' })
  await expect.poll(() => fleet.encoders()).toEqual([])
  await fleet.stack.client.resume()
})

test('a worker that fails job after job takes itself out and says so', async () => {
  const sick = await fleet.worker({ FFLEET_FFMPEG: program('dies-by-signal.mjs'), FFLEET_STAND_IN_BLOCKS: '1' })
  const ids = await Promise.all(Array.from({ length: 5 }, () => fleet.submit({ maxAttempts: 1 })))
  for (const id of ids)
    expect(await fleet.ended(id)).toMatchObject({ state: 'failed', error: { code: 'ENCODER_KILLED' } })
  await expect
    .poll(async () => (await fleet.stack.client.workers()).map(({ pid, state }) => ({ pid, state })))
    .toEqual([{ pid: sick.pid, state: 'unhealthy' }])
  const next = await fleet.submit()
  const sound = await fleet.worker()
  expect(await fleet.ended(next)).toMatchObject({ state: 'completed', attempt: 1 })
  expect(sick.pid).not.toBe(sound.pid)
})
