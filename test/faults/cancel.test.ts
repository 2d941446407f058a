import { describe, expect, test } from 'vitest'
import { PACED, program, useFleet } from '../helpers/fleet.js'
import { long } from '../helpers/long.js'

const fleet = useFleet()

/** Cancels where a worker waits at a point of its work, and lets it go on. */
async function cancelAt(point: RegExp): Promise<{ id: string; state: string }> {
  const fault = fleet.fault(point, 'hold')
  await fleet.worker(fault.env)
  const id = await fleet.submit()
  await expect.poll(() => fault.reached()).toBe(true)
  await fleet.stack.client.cancel(id)
  await fault.release()
  return { id, state: (await fleet.ended(id)).state }
}

const outputsOf = async (id: string) =>
  (await fleet.events(id)).flatMap((event) => (event.type === 'output.ready' ? [event.output.name] : []))

describe('a job cancelled', () => {
  test('while queued never runs', async () => {
    const id = await fleet.submit()
    expect(await fleet.stack.client.cancel(id)).toMatchObject({ state: 'cancelled' })
    await fleet.worker()
    expect(await fleet.ended(await fleet.submit())).toMatchObject({ state: 'completed' })
    expect((await fleet.events(id)).map(({ type }) => type)).toEqual(['job.queued', 'job.cancelled'])
  })

  test('while it waits for another attempt has no other', async () => {
    const env = {
      FFLEET_FFMPEG: program('dies-by-signal.mjs'),
      FFLEET_STAND_IN_BLOCKS: '1',
      FFLEET_BACKOFF_MS: '60000',
    }
    await fleet.worker(env)
    const id = await fleet.submit()
    await fleet.told(id, (event) => event.type === 'attempt.failed')
    await fleet.stack.client.cancel(id)
    expect(await fleet.ended(id)).toMatchObject({ state: 'cancelled', attempt: 1 })
  })

  long('while fetching is cancelled', async () => {
    expect(await cancelAt(/^before realpath .*\/in\.mp4$/)).toMatchObject({ state: 'cancelled' })
  })

  test('while probing is cancelled', async () => {
    expect(await cancelAt(/^before open .*\/in\.mp4$/)).toMatchObject({ state: 'cancelled' })
  })

  test('while encoding is cancelled, and ffmpeg is gone', async () => {
    await fleet.worker(PACED)
    const id = await fleet.submit({ input: 'long.mp4' })
    await fleet.told(id, (event) => event.type === 'progress' && (event.progress.percent ?? 0) > 0)
    await fleet.stack.client.cancel(id)
    const job = await fleet.ended(id)
    expect(job).toMatchObject({ state: 'cancelled', attempt: 1 })
    expect(job.progress!.percent).toBeLessThan(100)
    expect(await fleet.encoders()).toEqual([])
  })

  long('while finalizing is cancelled', async () => {
    await fleet.worker({ FFLEET_FFMPEG: program('long-trailer.mjs'), FFLEET_STAND_IN_SECONDS: '60' })
    const id = await fleet.submit()
    await fleet.phase(id, 'finalizing')
    await fleet.stack.client.cancel(id)
    expect(await fleet.ended(id)).toMatchObject({ state: 'cancelled' })
  })

  long('while verifying is cancelled', async () => {
    expect(await cancelAt(/^before open .*\/1\/out-0\.mp4$/)).toMatchObject({ state: 'cancelled' })
  })

  test('while publishing, before the commit, is cancelled and shows nothing', async () => {
    const { id, state } = await cancelAt(/^after sync .*\/1\/out-0\.mp4$/)
    expect(state).toBe('cancelled')
    expect(await outputsOf(id)).toEqual([])
  })

  test('while publishing, after the commit, is completed', async () => {
    const { id, state } = await cancelAt(/^before link .*\/1\/out-0\.mp4 -> /)
    expect(state).toBe('completed')
    expect(await outputsOf(id)).toEqual(['tiny'])
  })

  test('again and again from all sides ends once', async () => {
    await fleet.worker(PACED)
    const id = await fleet.submit()
    await fleet.phase(id, 'encoding')
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => fleet.stack.client.cancel(id)))
    expect(answers[0]).toMatchObject({ status: 'fulfilled' })
    expect(await fleet.ended(id)).toMatchObject({ state: 'cancelled' })
  })
})
