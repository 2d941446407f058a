import { Queue } from 'bullmq'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Inspection, NormalizedJob } from '../../../src/contract/index.js'
import { createQueue, createWorkerQueue, type Heartbeat } from '../../../src/queue/index.js'
import { aHeartbeat, aJob } from '../../helpers/jobs.js'
import { startRedis, type TestRedis } from '../../helpers/redis.js'
import { waitFor } from '../../helpers/wait-for.js'

let redis: TestRedis
const open: { close(): Promise<unknown> }[] = []

beforeAll(async () => {
  redis = await startRedis({ persist: true })
})
afterAll(() => redis.stop())
beforeEach(async () => {
  await redis.cli('FLUSHALL')
})
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

async function aQueue(inspectLimitMs = 10_000) {
  const queue = await createQueue({ redis: redis.url, inspectLimitMs })
  open.push(queue)
  return queue
}

/** A member of the fleet; it answers where it is told how. */
async function aMember(inspect?: (job: NormalizedJob) => Promise<Inspection>, state: Heartbeat['state'] = 'running') {
  const workers = await createWorkerQueue({ redis: redis.url })
  open.push(workers)
  await workers.member('w-test').join(aHeartbeat({ state }))
  if (inspect) open.push(workers.openInspector({ name: 'test', inspect, onError: () => {} }))
}

const found: Inspection = { worker: 'w-test', plan: null, refusal: null }
const questions = async () => {
  const keys = (await redis.cli('KEYS', 'bull:inspect:*')) as string[]
  return keys.filter((key) => /:[0-9a-f]{8}-[0-9a-f-]{27}/.test(key))
}

test('a worker gets the job and its answer comes back, of several at once to each its own', async () => {
  const queue = await aQueue()
  await aMember(async (job) => ({ ...found, worker: job.input.uri }))
  const input = (uri: string) => aJob({ input: { uri, startMs: null, endMs: null, expectedDurationMs: null } })
  const uris = ['a', 'b', 'c', 'd', 'e']
  const answers = await Promise.all(uris.map((uri) => queue.inspections.ask(input(uri))))
  expect(answers).toEqual(uris.map((worker) => ({ inspection: { ...found, worker } })))
  expect(await questions()).toEqual([])
})

test('nobody is waited for where nobody takes work', async () => {
  const queue = await aQueue()
  expect(await queue.inspections.ask(aJob())).toEqual({ unanswered: 'No worker is running.' })
  await aMember(undefined, 'draining')
  expect(await queue.inspections.ask(aJob())).toEqual({
    unanswered: 'No worker takes work: all are draining or unhealthy.',
  })
  expect(await redis.cli('KEYS', 'bull:inspect:*')).toEqual([])
})

test('a question that nobody answers in time is taken back', async () => {
  const queue = await aQueue(100)
  await aMember()
  expect(await queue.inspections.ask(aJob())).toEqual({ unanswered: 'No worker answered within 0.1 s.' })
  expect(await questions()).toEqual([])
})

test('an inspection that fails is no answer, and is not tried again', async () => {
  const queue = await aQueue()
  let asked = 0
  await aMember(async () => {
    asked += 1
    throw new Error('out of time')
  })
  expect(await queue.inspections.ask(aJob())).toEqual({ unanswered: 'The worker that was asked gave no answer.' })
  expect(asked).toBe(1)
  expect(await questions()).toEqual([])
})

test('a question that was left behind is thrown away unread', async () => {
  const bull = new Queue('inspect', { connection: { path: redis.socket } })
  open.push(bull)
  const timestamp = Date.now() - 3_600_000
  await bull.add('inspect', aJob(), { jobId: 'old', timestamp, removeOnComplete: true, removeOnFail: true })
  const asked: NormalizedJob[] = []
  await aMember(async (job) => {
    asked.push(job)
    return found
  })
  await waitFor(async () => expect(await bull.getJobState('old')).toBe('unknown'))
  expect(asked).toEqual([])
})

test('a closing API does not keep anybody waiting', async () => {
  const queue = await createQueue({ redis: redis.url })
  await aMember()
  const asked = queue.inspections.ask(aJob())
  await waitFor(async () => expect(await questions()).not.toEqual([]))
  const closed = queue.close()
  expect(await asked).toEqual({ unanswered: 'The API is closing.' })
  await closed
})

test('is refused while Redis is away, and goes on when it is back', async () => {
  const queue = await aQueue(20_000)
  await aMember(async () => found)
  expect(await queue.inspections.ask(aJob())).toEqual({ inspection: found })
  redis.signal('SIGKILL')
  await waitFor(async () => {
    await expect(queue.inspections.ask(aJob())).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' })
  })
  await redis.restart()
  await waitFor(async () => expect(await queue.jobs.ping(500)).toBe(true))
  await aMember()
  expect(await queue.inspections.ask(aJob())).toEqual({ inspection: found })
}, 40_000)
