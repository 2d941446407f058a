/** Whose secret signs what, and who may see and change what of webhooks. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addKey } from '../../../src/callers/index.js'
import { FfleetClient } from '../../../src/client/index.js'
import { startApi, type TestApi } from '../../helpers/api-server.js'
import { type Receiver, startReceiver } from '../../helpers/receiver.js'
import { type ScriptedWorker, startScriptedWorker, talking } from '../../helpers/scripted-worker.js'
import { waitFor } from '../../helpers/wait-for.js'

const KEYS = {
  boss: ['admin', null],
  shop: ['submit', 'shop'],
  shopkeeper: ['admin', 'shop'],
  blog: ['admin', 'blog'],
} as const

let folder: string
let api: TestApi
let worker: ScriptedWorker
let receiver: Receiver
const clients = {} as Record<keyof typeof KEYS, FfleetClient>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-hooks-'))
  const keyFile = join(folder, 'keys.json')
  const keys: Record<string, string> = {}
  for (const [name, [role, tenant]] of Object.entries(KEYS)) {
    keys[name] = (await addKey(keyFile, { name, role, tenant })).key
  }
  api = await startApi({ keyFile, webhooks: {} })
  for (const name of Object.keys(KEYS) as (keyof typeof KEYS)[]) {
    clients[name] = new FfleetClient({ baseUrl: api.url, apiKey: keys[name]!, retry: false })
  }
  await mkdir(join(api.mediaRoot, 'shop'))
  await writeFile(join(api.mediaRoot, 'shop', 'in.mp4'), 'not looked at')
  worker = await startScriptedWorker(api.redisUrl)
  worker.work(talking(1))
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  await worker.close()
  await api.close()
  await rm(folder, { recursive: true, force: true })
})

async function told(name: 'boss' | 'shop'): Promise<{ id: string; received: Receiver['received'][number] }> {
  const input = name === 'shop' ? 'shop/in.mp4' : 'in.mp4'
  const url = `${receiver.url}?key=sesame`
  const { id } = await clients[name].submit({ input, outputs: [{ preset: 'h264-360p' }], webhook: { url } })
  const received = await waitFor(() => {
    const one = receiver.received.find(({ event }) => 'jobId' in event && event.jobId === id)
    expect(one).toBeDefined()
    return one!
  })
  return { id, received }
}

const isOf = ({ headers, body }: Receiver['received'][number], secret: string) => {
  try {
    return new Webhook(secret).verify(body, headers as Record<string, string>) !== null
  } catch {
    return false
  }
}

describe('a secret', () => {
  it('is of a tenant, for its admins and those of the fleet', async () => {
    const [none, shop] = [await clients.boss.webhookSecret(), await clients.shopkeeper.webhookSecret()]
    expect([none.tenant, shop.tenant]).toEqual([null, 'shop'])
    expect(await clients.boss.webhookSecret({ tenant: 'shop' })).toEqual(shop)
    await expect(clients.shop.webhookSecret()).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(clients.blog.webhookSecret({ tenant: 'shop' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    const [{ received }, { received: other }] = [await told('shop'), await told('boss')]
    expect([isOf(received, shop.secret), isOf(received, none.secret)]).toEqual([true, false])
    expect([isOf(other, shop.secret), isOf(other, none.secret)]).toEqual([false, true])
  })

  it('that is rotated signs beside its successor, and only of that tenant', async () => {
    const former = await clients.shopkeeper.webhookSecret()
    const other = await clients.boss.webhookSecret()
    const next = await clients.shopkeeper.rotateWebhookSecret()
    expect(next.secret).not.toBe(former.secret)
    expect(Date.parse(next.formerUntil!) - Date.now()).toBeGreaterThan(86_000_000)
    const { received } = await told('shop')
    expect([isOf(received, next.secret), isOf(received, former.secret)]).toEqual([true, true])
    expect(await clients.boss.webhookSecret()).toEqual(other)
    // One that was replaced in the same day counts too: who asked twice loses nothing.
    const last = await clients.shopkeeper.rotateWebhookSecret()
    const { received: later } = await told('shop')
    expect([last, next, former].map(({ secret }) => isOf(later, secret))).toEqual([true, true, true])
  })
})

describe('deliveries', () => {
  it('of another tenant are not there', async () => {
    const { id } = await told('shop')
    const log = await waitFor(async () => {
      const now = await clients.shop.deliveries(id)
      expect(now.items).toHaveLength(1)
      return now
    })
    expect(log.url).toBe(receiver.url)
    const delivery = log.items[0]!.id
    const never = `${id.slice(0, -4)}ZZZZ`
    for (const call of [
      (job: string) => clients.blog.deliveries(job),
      (job: string) => clients.blog.redeliver(job, delivery),
      (job: string) => clients.blog.replayDeliveries(job, '0'),
    ]) {
      const [theirs, nobodys] = await Promise.all(
        [id, never].map((job) => call(job).catch(({ status, code, detail }) => ({ status, code, detail }))),
      )
      expect(theirs).toMatchObject({ code: 'NOT_FOUND' })
      expect(theirs).toEqual(nobodys)
    }
    expect((await clients.boss.deliveries(id)).items).toHaveLength(1)
  })

  it('leave no secret in the log, in a job or in a report', async () => {
    const { id, received } = await told('shop')
    const secrets = [await clients.boss.webhookSecret(), await clients.shopkeeper.rotateWebhookSecret()]
    const told_ = [...api.logged, JSON.stringify(await clients.boss.get(id)), received.body].join('\n')
    expect(told_).toContain('/v1/webhooks/secret/rotate')
    for (const { secret } of secrets) expect(told_).not.toContain(secret)
    expect(told_).not.toContain('sesame')
  })
})
