import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeClip } from '../../fixtures/media/recipes.js'
import { type Stack, startStack } from '../helpers/stack.js'

let stack: Stack

beforeAll(async () => {
  stack = await startStack()
  await copyFile(await makeClip('h264-aac'), join(stack.mediaRoot, 'in.mp4'))
})
afterAll(() => stack?.stop())

const outputs = [{ preset: 'mp3-192k' }]

test('a worker tells what its attempts took, and the next jobs have a forecast', async () => {
  const { client } = stack
  expect(await client.queue()).toMatchObject({ forecast: null })
  for (let i = 0; i < 3; i++) {
    const { id } = await client.submit({ input: 'in.mp4', outputs })
    expect(await client.wait(id)).toMatchObject({ state: 'completed', forecast: null })
  }
  const delayed = await client.submit({ input: 'in.mp4', outputs, delayMs: 600_000 })
  await expect.poll(async () => (await client.get(delayed.id)).forecast).toMatchObject({ basis: 'history' })
  const { forecast } = await client.queue()
  const afterS = (Date.parse(forecast!.endsAt) - Date.parse(delayed.createdAt)) / 1_000
  expect(afterS).toBeGreaterThan(600)
  expect(afterS).toBeLessThan(660)
  // What failed says nothing of how long it takes.
  const before = await stack.redis.cli('HGETALL', 'ffleet:history')
  const { id } = await client.submit({
    input: 'in.mp4',
    outputs: [{ preset: 'mp3-192k', path: 'a.mp3' }],
    timeoutMs: 1,
    maxAttempts: 1,
  })
  expect((await client.wait(id)).state).toBe('failed')
  expect(await stack.redis.cli('HGETALL', 'ffleet:history')).toEqual(before)
})
