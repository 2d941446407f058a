import { afterAll, beforeAll, expect, it } from 'vitest'
import { FfleetClient } from '../../src/client/index.js'
import { submit } from '../helpers/api-answers.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { type ScriptedWorker, startScriptedWorker, talking } from '../helpers/scripted-worker.js'

let api: TestApi
let worker: ScriptedWorker
let client: FfleetClient
beforeAll(async () => {
  api = await startApi()
  worker = await startScriptedWorker(api.redisUrl)
  client = new FfleetClient(api.url)
})
afterAll(async () => {
  await worker.close()
  await api.close()
})

/** Of the last two minutes, as the test may run over the turn of one. */
async function totals() {
  const { bucketMs, items } = await client.queueHistory({ minutes: 2 })
  expect([bucketMs, items.length]).toEqual([60_000, 2])
  const sum = (of: (item: (typeof items)[number]) => number) => items.reduce((total, item) => total + of(item), 0)
  return {
    completed: sum(({ completed }) => completed),
    cancelled: sum(({ cancelled }) => cancelled),
    failed: Object.assign({}, ...items.map(({ failed }) => failed)),
  }
}

it('tells how jobs ended, each once', async () => {
  expect(await totals()).toEqual({ completed: 0, cancelled: 0, failed: {} })
  const cancelled = await submit(api.url, { delayMs: 60_000 })
  await client.cancel(cancelled.id)
  const done = await submit(api.url)
  worker.work(talking(1))
  await client.wait(done.id)
  await worker.rest()
  await expect.poll(totals).toEqual({ completed: 1, cancelled: 1, failed: {} })
  expect(await client.queueHistory({ minutes: 1_440 })).toMatchObject({ items: { length: 1_440 } })
})

it('tells autoscalers one number, in JSON and to Prometheus', async () => {
  const ids = await Promise.all([submit(api.url), submit(api.url), submit(api.url, { delayMs: 30_000 })])
  const { demand } = await client.queue()
  expect(demand).toEqual({ slots: 3, jobs: 3, waiting: 2, dueSoon: 1, parts: 0 })
  const metrics = await (await fetch(`${api.url}/metrics`)).text()
  expect(metrics).toContain('\nffleet_queue_demand 3\n')
  for (const { id } of ids) await client.cancel(id)
})

it('lists what is next in the order in which it will be started', async () => {
  const [low, high, middle] = [
    await submit(api.url, { priority: 0 }),
    await submit(api.url, { priority: 10 }),
    await submit(api.url, { priority: 5 }),
  ]
  await submit(api.url, { delayMs: 60_000 })
  expect((await client.queueNext()).map(({ id, queuePosition }) => [id, queuePosition])).toEqual([
    [high.id, 1],
    [middle.id, 2],
    [low.id, 3],
  ])
  expect((await client.queueNext({ limit: 1 })).map(({ id }) => id)).toEqual([high.id])
})

it.each(['history?minutes=0', 'history?minutes=1441', 'next?limit=0', 'next?limit=201', 'next?state=queued'])(
  'refuses /v1/queue/%s',
  async (query) => {
    expect((await fetch(`${api.url}/v1/queue/${query}`)).status).toBe(422)
  },
)
