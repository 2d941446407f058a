/** A Redis Cluster of two masters, each with half of the slots, and a replica that takes over in the middle of a job. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkRedis } from '../../../src/queue/check-redis.js'
import { all, PACED, startFleet, TINY } from '../../helpers/fleet-stack.js'
import { startRedis, type TestRedis } from '../../helpers/redis.js'
import { freePort, type Stack } from '../../helpers/stack.js'
import { waitFor } from '../../helpers/wait-for.js'

const NAMESPACE = 'clustered'

let stack: Stack
/** Has the slot of the namespace at first; the stack's own. */
let owner: TestRedis
let other: TestRedis
let replica: TestRedis
let ports: { owner: number; other: number; replica: number }

const node = (port: number) => ['--cluster-enabled', 'yes', '--bind', '127.0.0.1', '--port', String(port)]
const healthy = (redis: TestRedis) =>
  redis.cli('CLUSTER', 'INFO').then((info) => expect(info).toContain('cluster_state:ok'))
const role = async (redis: TestRedis) => ((await redis.cli('ROLE')) as string[])[0]

async function meet(): Promise<void> {
  const slot = Number(await owner.cli('CLUSTER', 'KEYSLOT', `{${NAMESPACE}}`))
  const [lower, upper] = [
    ['0', '8191'],
    ['8192', '16383'],
  ] as const
  await owner.cli('CLUSTER', 'ADDSLOTSRANGE', ...(slot < 8192 ? lower : upper))
  await other.cli('CLUSTER', 'ADDSLOTSRANGE', ...(slot < 8192 ? upper : lower))
  for (const port of [ports.other, ports.replica]) {
    await owner.cli('CLUSTER', 'MEET', '127.0.0.1', port)
  }
  for (const each of [owner, other, replica]) await waitFor(() => healthy(each))
  const id = String(await owner.cli('CLUSTER', 'MYID'))
  await waitFor(() => replica.cli('CLUSTER', 'REPLICATE', id))
  await waitFor(async () => expect(((await replica.cli('ROLE')) as string[])[3]).toBe('connected'))
}

beforeAll(async () => {
  const [a, b, c] = (await Promise.all([freePort(), freePort(), freePort()])) as [number, number, number]
  ports = { owner: a, other: b, replica: c }
  stack = await startFleet(
    {
      redis: { args: node(ports.owner) },
      redisUrl: async (redis) => {
        owner = redis
        ;[other, replica] = (await Promise.all(
          [ports.other, ports.replica].map((port) => startRedis({ args: node(port) })),
        )) as [TestRedis, TestRedis]
        await meet()
        return urlOf()
      },
      workers: 1,
      env: { FFLEET_LOCK_DURATION_MS: '20000', ...PACED },
    },
    { 'long.mp4': 'h264-aac-6s' },
  )
}, 60_000)
afterAll(async () => {
  await stack?.stop()
  await Promise.all([other?.stop(), replica?.stop()])
})

/** The node that has nothing of the fleet comes first. */
const urlOf = () => `redis+cluster://127.0.0.1:${ports.other},127.0.0.1:${ports.replica}?namespace=${NAMESPACE}`

test('all is on one node, a job outlives that another node takes over, and every connection follows', async () => {
  const { client } = stack
  const { id } = await client.submit({ input: 'long.mp4', outputs: [TINY] })
  const seen = all(client.events(id, { signal: AbortSignal.timeout(60_000) }))
  await expect.poll(async () => (await client.get(id)).progress?.phase, { timeout: 20_000 }).toBe('encoding')
  expect(await other.cli('DBSIZE')).toBe(0)
  await replica.cli('CLUSTER', 'FAILOVER')
  await expect.poll(() => role(owner), { timeout: 20_000 }).toBe('slave')

  const events = await seen
  expect(events.map(({ type }) => type).filter((type) => type.startsWith('job.'))).toEqual([
    'job.queued',
    'job.completed',
  ])
  expect(new Set(events.map((event) => event.id)).size).toBe(events.length)
  expect(await client.get(id)).toMatchObject({ state: 'completed', attempt: 1 })
  const next = await client.submit({ input: 'long.mp4', outputs: [TINY] })
  expect((await client.wait(next.id, { timeoutMs: 30_000 })).state).toBe('completed')
  expect(await role(replica)).toBe('master')
  expect(await other.cli('DBSIZE')).toBe(0)
}, 120_000)

test('a node by its plain URL is refused, at the start and by who asks', async () => {
  const url = `redis://127.0.0.1:${ports.other}?namespace=${NAMESPACE}`
  expect(await checkRedis(url)).toMatchObject({ unfit: { found: 'a node of a cluster' } })
  const part = stack.startPart('api', {
    ...(process.env as Record<string, string>),
    FFLEET_REDIS_URL: url,
    FFLEET_PORT: '0',
  })
  expect((await part.ended).code).toBe(2)
  expect(part.output()).toContain('redis+cluster://host:port,host:port?namespace=name')
  expect(await checkRedis(urlOf())).toMatchObject({ unfit: null })
})
