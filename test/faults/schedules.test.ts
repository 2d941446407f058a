/** An API that is killed while it takes a slot: the slot becomes one job all the same. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copyClip } from '../../fixtures/media/recipes.js'
import { isTerminal, type Schedule, type ScheduleRun } from '../../src/contract/index.js'
import { ask, post } from '../helpers/api-answers.js'
import { type Stack, startStack } from '../helpers/stack.js'

const HOOK = resolve(import.meta.dirname, '../helpers/fault-hook.mjs')
let stack: Stack
let marker: string
beforeAll(async () => {
  stack = await startStack({ workers: 1 })
  marker = join(stack.folder, 'killed')
  await copyClip('h264-aac', join(stack.mediaRoot, 'in.mp4'))
})
afterAll(() => stack?.stop())

const url = (rest = '') => `${stack.baseUrl}/v1/schedules${rest}`
const runs = async () => (await ask<{ items: ScheduleRun[] }>(url('/often/runs'), 'ScheduleRunList')).body.items

async function startAgain(env: Record<string, string> = {}): Promise<void> {
  stack.api.signal('SIGKILL')
  await stack.api.ended
  await stack.startApi(env)
}

test('between the tick and its job', async () => {
  const at = 'before open .*/media/in\\.mp4'
  const made = await post<Schedule>(url(), 'Schedule', {
    ...{ name: 'often', everyMs: 3_000, overlap: 'queue', paused: true },
    job: { input: 'in.mp4', outputs: [{ preset: 'mp3-192k', path: '{date}-{time}.mp3' }], tags: { is: 'often' } },
  })
  expect(made).toMatchObject({ status: 201 })
  const fault = { in: 'api', at, act: 'kill', marker }
  await startAgain({ NODE_OPTIONS: `--import=${HOOK}`, TEST_FAULT: JSON.stringify(fault) })
  await post(url('/often/resume'), 'Schedule')
  expect(await stack.api.ended).toMatchObject({ signal: 'SIGKILL' })
  expect(existsSync(marker)).toBe(true)
  const hash = (await stack.redis.cli('HGETALL', 'ffleet:schedule:/often')) as string[]
  const slotMs = Number(hash.find((field) => field.startsWith('began:'))!.slice('began:'.length))
  expect(await stack.redis.cli('ZCARD', 'ffleet:jobs')).toBe(0)

  await stack.startApi()
  const cutOff = async () => (await runs()).find(({ slotAt }) => Date.parse(slotAt) === slotMs)
  await expect.poll(cutOff, { timeout: 40_000 }).toMatchObject({ outcome: 'submitted', trigger: 'slot', detail: null })
  await post(url('/often/pause'), 'Schedule')
  await expect
    .poll(async () => (await runs()).every(({ jobState }) => jobState !== null && isTerminal(jobState)), {
      timeout: 60_000,
    })
    .toBe(true)
  const known = await runs()
  expect(known.every(({ jobState }) => jobState === 'completed')).toBe(true)
  expect(known.length).toBeGreaterThan(2)
  const jobs = await stack.client.listPage({ tags: { is: 'often' }, limit: 200 })
  expect(jobs.items.map(({ id }) => id).sort()).toEqual(known.map(({ jobId }) => jobId).sort())
}, 120_000)

test('told to stop: what is taken is done, and the next API goes on', async () => {
  const before = (await runs()).length
  await post(url('/often/resume'), 'Schedule')
  await expect.poll(async () => (await runs()).length, { timeout: 20_000 }).toBe(before + 1)
  stack.api.signal('SIGTERM')
  expect(await stack.api.ended).toEqual({ code: 0, signal: null })
  await stack.startApi()
  await expect.poll(async () => (await runs()).length, { timeout: 20_000 }).toBeGreaterThan(before + 1)
  await post(url('/often/pause'), 'Schedule')
  const [slots, known] = [new Set((await runs()).map(({ slotAt }) => slotAt)), await runs()]
  expect(slots.size).toBe(known.length)
  const gaps = known.slice(0, known.length - before).map(({ slotAt }) => Date.parse(slotAt) % 3_000)
  expect(new Set(gaps)).toEqual(new Set([0]))
})
