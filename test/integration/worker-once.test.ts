/** `ffleet worker --once`: one attempt a process, as jobs of Kubernetes run them. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { keptEvents, PACED, startFleet, TINY } from '../helpers/fleet-stack.js'
import type { Part, Stack } from '../helpers/stack.js'
import { waitFor } from '../helpers/wait-for.js'

let stack: Stack
const started: Part[] = []
beforeAll(async () => {
  stack = await startFleet()
})
afterAll(async () => {
  for (const part of started) part.signal('SIGKILL')
  await Promise.all(started.map(({ ended }) => ended))
  await stack.stop()
})

function startOnce(env: Record<string, string> = {}): Part {
  const part = stack.startPart('worker', env, ['--once'])
  started.push(part)
  return part
}

const submit = async (input: string) => (await stack.client.submit({ input, outputs: [TINY] })).id
const typesOf = async (id: string) => (await keptEvents(stack, id)).map(({ type }) => type)
const WELL = { code: 0, signal: null }

it('takes one job, runs it to its end, and leaves what comes behind it; also without the Kubernetes it is told of', async () => {
  const [first, second] = [await submit('in.mp4'), await submit('long.mp4')]
  const worker = startOnce({ FFLEET_SLOTS: '2', FFLEET_POD_DELETION_COST: 'on' })
  expect(await worker.ended).toEqual(WELL)
  expect(await stack.client.get(first)).toMatchObject({ state: 'completed', attempt: 1 })
  expect(await stack.client.get(second)).toMatchObject({ state: 'queued', attempt: 0 })
  expect(await stack.client.workers()).toEqual([])
  expect(worker.output().match(/cost of ending this pod/g)).toHaveLength(1)
})

it('hands it back uncharged on SIGTERM, when the drain has lasted long enough', async () => {
  const [job] = (await stack.client.listPage({ state: 'queued' })).items
  const worker = startOnce({ ...PACED, FFLEET_DRAIN_TIMEOUT_MS: '100' })
  await waitFor(async () => expect(await stack.client.get(job!.id)).toMatchObject({ phase: 'encoding' }))
  worker.signal('SIGTERM')
  expect(await worker.ended).toEqual(WELL)
  expect(await stack.client.get(job!.id)).toMatchObject({ state: 'queued' })
  expect(await startOnce().ended).toEqual(WELL)
  expect(await stack.client.get(job!.id)).toMatchObject({ state: 'completed' })
  expect(await typesOf(job!.id)).not.toContain('attempt.failed')
})

it('leaves when no job comes', async () => {
  expect(await startOnce({ FFLEET_ONCE_IDLE_MS: '1000' }).ended).toEqual(WELL)
})
