/** Jobs that follow others, while whoever would tell them is killed: each is started or failed, once. */
import { afterAll, describe, expect, test } from 'vitest'
import { PACED, useFleet } from '../helpers/fleet.js'
import { long } from '../helpers/long.js'
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.js'

let apiProxy: TcpProxy
const fleet = useFleet({
  redis: { persist: true },
  redisUrl: async (redis) => {
    apiProxy = await startTcpProxy({ path: redis.socket })
    return `redis://127.0.0.1:${apiProxy.port}`
  },
})
afterAll(() => apiProxy?.close())

const direct = () => ({ FFLEET_REDIS_URL: fleet.stack.redis.url })
const terminal = async (id: string) => fleet.stack.redis.cli('HGET', `ffleet:job:${id}`, 'term')
const starts = async (id: string) => (await fleet.events(id)).filter(({ type }) => type === 'attempt.started').length
/** What is kept of jobs that wait for others; nothing, once nobody does. */
const waiting = () => fleet.stack.redis.cli('EXISTS', 'ffleet:following', 'ffleet:followed')

describe('the worker killed', () => {
  test('when the outputs are told, before BullMQ hears of the end: another one ends the job, and goes on behind it', async () => {
    const fault = fleet.fault(/^after rmdir .*\/\.ffleet\/[^/]+\/1$/, 'kill')
    const doomed = await fleet.worker({ ...direct(), ...fault.env })
    const a = await fleet.submit({ outputs: [{ preset: 'tiny', name: 'main' }] })
    const [b, c] = [await fleet.submit({ input: `job:${a}/main` }), await fleet.submit({ after: a })]
    const d = await fleet.submit({ after: [b, c] })
    expect(await doomed.ended).toMatchObject({ signal: 'SIGKILL' })
    expect(await fleet.get(b)).toMatchObject({ state: 'queued', waitsFor: 'job', attempt: 0 })
    await fleet.worker(direct())
    for (const id of [b, c, d]) expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
    expect(await waiting()).toBe(0)
  })

  long('right when it has told the end of a job with many followers: they run all the same', async () => {
    const doomed = await fleet.worker(direct())
    const a = await fleet.submit()
    const followers = await Promise.all(Array.from({ length: 5 }, () => fleet.submit({ after: a })))
    await expect.poll(() => terminal(a), { timeout: 20_000, interval: 1 }).toBe('completed')
    doomed.signal('SIGKILL')
    await doomed.ended
    await fleet.worker(direct())
    for (const id of followers) {
      expect(await fleet.ended(id)).toMatchObject({ state: 'completed' })
      // The one that it had begun may be begun anew.
      expect(await starts(id)).toBeLessThanOrEqual(2)
    }
    expect(await waiting()).toBe(0)
  })
})

test('the API killed between the cancellation of a job and its end: the next one ends it, and those behind it', async () => {
  const a = await fleet.submit({ delayMs: 3_600_000 })
  const b = await fleet.submit({ after: a })
  const c = await fleet.submit({ after: b })
  apiProxy.holdAnswers()
  const lost = fleet.stack.client.cancel(a, { signal: AbortSignal.timeout(20_000) })
  lost.catch(() => {})
  await expect.poll(() => fleet.stack.redis.cli('HGET', `ffleet:job:${a}`, 'cancel')).toBe('1')
  fleet.stack.api.signal('SIGKILL')
  await fleet.stack.api.ended
  expect(await terminal(a)).toBeNull()
  apiProxy.flow()
  await fleet.stack.startApi()
  for (const id of [b, c]) {
    expect(await fleet.ended(id)).toMatchObject({ state: 'failed', error: { code: 'PREDECESSOR_FAILED' } })
    expect(await starts(id)).toBe(0)
  }
  expect(await terminal(a)).toBe('cancelled')
  expect(await waiting()).toBe(0)
})

long('Redis killed and started again: who waits still does, and runs once its time has come', async () => {
  await fleet.worker({ ...PACED, ...direct(), FFLEET_LOCK_DURATION_MS: '20000' })
  const a = await fleet.submit()
  const b = await fleet.submit({ after: a })
  await fleet.told(a, ({ type }) => type === 'progress')
  // However long the API takes to find Redis again, the first one is not over by then.
  const encoders = await fleet.encoders()
  for (const pid of encoders) process.kill(pid, 'SIGSTOP')
  fleet.stack.redis.signal('SIGKILL')
  await fleet.stack.redis.restart()
  await expect.poll(async () => (await fleet.get(b).catch(() => null))?.waitsFor, { timeout: 20_000 }).toBe('job')
  for (const pid of encoders) process.kill(pid, 'SIGCONT')
  expect(await fleet.ended(a)).toMatchObject({ state: 'completed' })
  expect(await fleet.ended(b)).toMatchObject({ state: 'completed', attempt: 1 })
  expect(await starts(b)).toBe(1)
})
