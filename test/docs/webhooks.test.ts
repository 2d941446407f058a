/** The receivers of the guide, run as a reader runs them. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { FfleetClient } from '../../src/client/index.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { type ScriptedWorker, startScriptedWorker, talking } from '../helpers/scripted-worker.js'
import { freePort } from '../helpers/stack.js'
import { waitFor } from '../helpers/wait-for.js'
import { start } from './program.js'
import { example, hasPython } from './workplace.js'

let api: TestApi
let worker: ScriptedWorker
let client: FfleetClient
beforeAll(async () => {
  api = await startApi({ webhooks: {} })
  worker = await startScriptedWorker(api.redisUrl)
  worker.work(talking(1))
  client = new FfleetClient({ baseUrl: api.url })
})
afterAll(async () => {
  await worker?.close()
  await api?.close()
})

describe.each([
  ['receive-webhooks.ts', true],
  ['receive-webhooks.py', hasPython],
])('%s', (name, isThere) => {
  it.runIf(isThere)('acts on an event once, and on none that is signed by somebody else', async () => {
    const port = await freePort()
    const { secret } = await client.webhookSecret()
    const env = { WEBHOOK_SECRET: secret, PORT: String(port) }
    const receiver = start(example(`../guides/examples/${name}`), { cwd: api.folder, env })
    onTestFinished(async () => {
      receiver.child.kill('SIGKILL')
      await receiver.ended
    })
    await receiver.says('listening')
    const url = `http://127.0.0.1:${port}/`
    const { id } = await client.submit({ input: 'in.mp4', outputs: [{ preset: 'h264-360p' }], webhook: { url } })
    await receiver.says(id)
    const first = await waitFor(async () => {
      const { items } = await client.deliveries(id)
      expect(items).toHaveLength(1)
      return items[0]!
    })
    expect(first.outcome).toBe('delivered')
    await client.redeliver(id, first.id)
    await waitFor(async () => expect((await client.deliveries(id)).items).toHaveLength(2))
    expect(receiver.stdout.trim().split('\n')).toHaveLength(2)
    expect((await client.deliveries(id)).items.map(({ status }) => status)).toEqual([204, 204])
    const forged = await fetch(url, { method: 'POST', body: '{}', headers: { 'webhook-id': 'x' } })
    expect(forged.status).toBe(401)
    // Both of a rotation are right.
    await client.rotateWebhookSecret()
    await client.redeliver(id, first.id)
    await waitFor(async () => expect((await client.deliveries(id)).items).toHaveLength(3))
    expect((await client.deliveries(id)).items[0]).toMatchObject({ outcome: 'delivered', attempt: 3 })
  })
})
