/** What people do to our jobs in BullMQ itself: the calls behind the buttons of bull-board and Taskforce. */
import { Queue as BullQueue } from 'bullmq'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { program, useFleet } from '../helpers/fleet.js'
import { long } from '../helpers/long.js'

const fleet = useFleet()
let bull: BullQueue
beforeEach(() => {
  bull = new BullQueue('transcode', { connection: { path: fleet.stack.redis.socket } })
})
afterEach(() => bull.close())

const jobOf = async (id: string) => (await bull.getJob(id))!

long('remove of a job that waits cancels it', async () => {
  const id = await fleet.submit()
  await (await jobOf(id)).remove()
  expect(await fleet.ended(id)).toMatchObject({ state: 'cancelled', attempt: 0 })
})

test('remove of a job that runs is refused, and the job goes on', async () => {
  await fleet.worker({ FFLEET_FFMPEG: program('paced.sh') })
  const id = await fleet.submit()
  await fleet.told(id, (event) => event.type === 'progress')
  await expect((await jobOf(id)).remove()).rejects.toThrow('locked')
  expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
})

long('remove of a job that has ended changes nothing of it', async () => {
  await fleet.worker()
  const id = await fleet.submit()
  const ended = await fleet.ended(id)
  await (await jobOf(id)).remove()
  expect(await fleet.get(id)).toEqual({ ...ended, links: expect.anything() })
})

long('retry of a failed job runs it again, whole', async () => {
  const broken = await fleet.worker({ FFLEET_FFMPEG: program('exits-with-code.mjs') })
  const { id } = await fleet.stack.client.submit({ input: 'in.mp4', outputs: [{ preset: 'tiny' }], maxAttempts: 1 })
  expect(await fleet.ended(id)).toMatchObject({ state: 'failed' })
  broken.signal('SIGTERM')
  await broken.ended
  await expect.poll(async () => (await jobOf(id)).getState()).toBe('failed')
  await (await jobOf(id)).retry('failed')
  await fleet.worker()
  await expect.poll(async () => (await fleet.get(id)).state, { timeout: 20_000 }).toBe('completed')
  expect(await fleet.get(id)).toMatchObject({ attempt: 2, error: null, progress: { percent: 100 } })
  fleet.watchOutputs(id)
})

long('retry of a completed job does not run it again', async () => {
  await fleet.worker()
  const id = await fleet.submit()
  const ended = await fleet.ended(id)
  await (await jobOf(id)).retry('completed')
  await expect.poll(async () => (await jobOf(id)).getState()).toBe('completed')
  expect(await fleet.get(id)).toEqual({ ...ended, links: expect.anything() })
})

long('promote lets a delayed job run now', async () => {
  await fleet.worker()
  const id = await fleet.submit({ delayMs: 3_600_000 })
  await (await jobOf(id)).promote()
  expect(await fleet.ended(id)).toMatchObject({ state: 'completed' })
})

test('pause and resume are those of the API', async () => {
  await bull.pause()
  expect(await fleet.stack.client.queue()).toMatchObject({ paused: true })
  await fleet.stack.client.resume()
  expect(await bull.isPaused()).toBe(false)
})

long('retry of a job that was cancelled does not run it', async () => {
  await fleet.worker({ FFLEET_FFMPEG: program('paced.sh') })
  const id = await fleet.submit({ input: 'long.mp4' })
  await fleet.told(id, (event) => event.type === 'progress')
  await fleet.stack.client.cancel(id)
  const ended = await fleet.ended(id)
  expect(ended).toMatchObject({ state: 'cancelled' })
  await expect.poll(async () => (await jobOf(id)).getState()).toBe('failed')
  await (await jobOf(id)).retry('failed')
  await expect.poll(async () => (await jobOf(id)).getState()).toBe('failed')
  expect(await fleet.get(id)).toEqual({ ...ended, links: expect.anything() })
})

long('a job that was added there alone fails as unknown, and hurts no other', async () => {
  await fleet.worker()
  const added = await bull.add('transcode', { input: 'in.mp4' })
  await expect.poll(() => added.getState(), { timeout: 20_000 }).toBe('failed')
  expect((await jobOf(added.id!)).failedReason).toBe('NOT_FOUND')
  expect(await fleet.ended(await fleet.submit())).toMatchObject({ state: 'completed' })
})
