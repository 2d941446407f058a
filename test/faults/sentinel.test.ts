/** Redis behind Sentinels: the master is killed in the middle of a job. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkRedis, redisRemedy } from '../../src/queue/check-redis.js'
import { all, keptEvents, PACED, startFleet, TINY } from '../helpers/fleet-stack.js'
import { brokenPromises } from '../helpers/invariants.js'
import { REDIS_SERVER, startRedis, type TestRedis } from '../helpers/redis.js'
import { freePort, type Stack } from '../helpers/stack.js'
import { waitFor } from '../helpers/wait-for.js'

const SENTINELS = 3
const PATIENT = { timeout: 20_000 }
const LOOPBACK = ['--bind', '127.0.0.1', '--port']

let folder: string
let stack: Stack
let replica: TestRedis
let masterPort: number
let replicaPort: number
let sentinelPorts: number[]
const sentinels: ChildProcess[] = []

const ask = async (port: number, ...args: [string, ...string[]]) => {
  const redis = new Redis({ port, lazyConnect: true, enableReadyCheck: false, retryStrategy: () => null })
  redis.on('error', () => {})
  try {
    await redis.connect()
    return (await redis.call(...args)) as string[]
  } finally {
    redis.disconnect()
  }
}

/** On ports of their own, agreed on who the master is and on each other. */
async function startSentinels(): Promise<void> {
  for (const port of sentinelPorts) {
    const file = join(folder, `sentinel-${port}.conf`)
    const watched = [
      `sentinel monitor mymaster 127.0.0.1 ${masterPort} 2`,
      'sentinel down-after-milliseconds mymaster 800',
      'sentinel failover-timeout mymaster 5000',
    ]
    await writeFile(file, [`bind 127.0.0.1`, `port ${port}`, `dir ${folder}`, ...watched].join('\n'))
    sentinels.push(spawn(REDIS_SERVER, [file, '--sentinel'], { stdio: 'ignore' }))
  }
  for (const port of sentinelPorts) {
    const known = async () => {
      const told = await ask(port, 'SENTINEL', 'MASTER', 'mymaster').catch((): string[] => [])
      return ['num-other-sentinels', 'num-slaves'].map((name) => Number(told[told.indexOf(name) + 1]))
    }
    await waitFor(async () => expect(await known()).toEqual([SENTINELS - 1, 1]))
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-sentinel-'))
  const ports = await Promise.all(Array.from({ length: SENTINELS + 2 }, freePort))
  ;[masterPort, replicaPort, ...sentinelPorts] = ports as [number, number, ...number[]]
  stack = await startFleet(
    {
      redis: { persist: true, args: [...LOOPBACK, String(masterPort), '--repl-diskless-sync-delay', '0'] },
      redisUrl: async () => {
        replica = await startRedis({
          persist: true,
          args: [...LOOPBACK, String(replicaPort), '--replicaof', '127.0.0.1', String(masterPort)],
        })
        await startSentinels()
        return urlOf()
      },
      env: { FFLEET_LOCK_DURATION_MS: '20000' },
    },
    { 'long.mp4': 'h264-aac-6s' },
  )
}, 60_000)
afterAll(async () => {
  await stack?.stop()
  for (const sentinel of sentinels) sentinel.kill('SIGKILL')
  await replica?.stop()
  await rm(folder, { recursive: true, force: true })
})

const urlOf = (name = 'mymaster') =>
  `redis+sentinel://${sentinelPorts.map((port) => `127.0.0.1:${port}`).join(',')}/${name}`

test('the master is killed in the middle of a job: it ends once, all who follow see it, and the fleet goes on', async () => {
  const { client } = stack
  await stack.startWorker(PACED)
  const { id } = await client.submit({ input: 'long.mp4', outputs: [TINY] })
  const seen = all(client.events(id, { signal: AbortSignal.timeout(60_000) }))
  await expect.poll(async () => (await client.get(id)).progress?.phase, PATIENT).toBe('encoding')
  stack.redis.signal('SIGKILL')
  const events = await seen
  const types = events.map(({ type }) => type)
  expect(types.filter((type) => type.startsWith('job.'))).toEqual(['job.queued', 'job.completed'])
  expect(new Set(events.map((event) => event.id)).size).toBe(events.length)
  expect((await client.get(id)).attempt).toBe(1)
  expect(await replica.cli('ROLE')).toContain('master')

  const next = await client.submit({ input: 'long.mp4', outputs: [TINY] })
  expect((await client.wait(next.id, { timeoutMs: 30_000 })).state).toBe('completed')

  // The old one comes back, is made a replica, and nobody of the fleet is with it.
  await stack.redis.restart()
  await expect.poll(() => stack.redis.cli('ROLE'), PATIENT).toContain('slave')
  expect(String(await stack.redis.cli('CLIENT', 'LIST'))).not.toContain('name=ffleet')
  await expect.poll(() => brokenPromises(stack, [id, next.id]), PATIENT).toEqual([])
  expect((await keptEvents(stack, id)).filter(({ type }) => type === 'job.completed')).toHaveLength(1)
}, 120_000)

test('a name that no Sentinel knows, and what is no Sentinel, are told', async () => {
  for (const [url, found, remedy] of [
    [urlOf('other'), /No such master/, /the name under which they watch/],
    [`redis+sentinel://127.0.0.1:${replicaPort}/mymaster`, /unknown command/, /their port is 26379/],
  ] as const) {
    const error = await checkRedis(url).then(
      () => expect.fail('it was reached'),
      (reason: Error) => reason,
    )
    expect(error.message).toMatch(found)
    expect(redisRemedy(error, url)).toMatch(remedy)
  }
})
