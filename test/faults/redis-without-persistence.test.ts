import { expect, test } from 'vitest'
import { PACED, useFleet } from '../helpers/fleet.js'

const fleet = useFleet()

test('Redis restarted empty: what ran ends without a trace, and the fleet takes new jobs', async () => {
  const worker = await fleet.worker(PACED)
  const { id } = await fleet.stack.client.submit({ input: 'long.mp4', outputs: [{ preset: 'tiny' }] })
  await fleet.told(id, (event) => event.type === 'progress' && (event.progress.frame ?? 0) > 0)
  fleet.stack.redis.signal('SIGKILL')
  await fleet.stack.redis.restart()
  await expect.poll(() => fleet.encoders()).toEqual([])
  await expect.poll(async () => (await fetch(`${fleet.stack.baseUrl}/v1/jobs/${id}`)).status).toBe(404)
  expect(await fleet.ended(await fleet.submit())).toMatchObject({ state: 'completed' })
  await expect.poll(async () => (await fleet.stack.client.workers()).map(({ pid }) => pid)).toEqual([worker.pid])
})
