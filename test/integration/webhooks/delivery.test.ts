/** Webhooks from the submission to a real receiver: what it is sent, and what becomes of what it answers. */
import { createServer } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FfleetClient } from '../../../src/client/index.js'
import type { DeliveryLog, Job, JobRequest, WebhookSecret } from '../../../src/contract/index.js'
import { startApi, type TestApi } from '../../helpers/api-server.js'
import { aSnapshot } from '../../helpers/jobs.js'
import { type Receiver, startReceiver } from '../../helpers/receiver.js'
import { type ScriptedWorker, startScriptedWorker, talking } from '../../helpers/scripted-worker.js'
import { waitFor } from '../../helpers/wait-for.js'

let api: TestApi
let worker: ScriptedWorker
let receiver: Receiver
let client: FfleetClient
/** Names that lead where a test wants them to. */
const names = new Map<string, string[]>()

beforeAll(async () => {
  const resolve = async (name: string) => (names.get(name) ?? []).map((address) => ({ address, family: 4 }))
  api = await startApi({ webhooks: { resolve, webhookTimeoutMs: 400 } })
  worker = await startScriptedWorker(api.redisUrl)
  worker.work(talking(3))
  client = new FfleetClient({ baseUrl: api.url })
})
afterAll(async () => {
  await worker.close()
  await api.close()
})
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(() => receiver.close())

const submit = (webhook: Partial<NonNullable<JobRequest['webhook']>> = {}, request: Partial<JobRequest> = {}) =>
  client.submit({
    input: 'in.mp4',
    outputs: [{ preset: 'h264-360p' }],
    webhook: { url: receiver.url, ...webhook },
    ...request,
  })

const ask = async <T>(path: string, body?: unknown, method = 'POST'): Promise<{ status: number; body: T }> => {
  const init =
    body === undefined
      ? { method }
      : { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const response = await fetch(api.url + path, init)
  const text = await response.text()
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T }
}
const logOf = async ({ id }: Job) => (await ask<DeliveryLog>(`/v1/jobs/${id}/deliveries`, undefined, 'GET')).body
const secret = async () => (await ask<WebhookSecret>('/v1/webhooks/secret', undefined, 'GET')).body.secret
/** The log, once it has so many tries. */
const tried = (job: Job, count: number) =>
  waitFor(async () => {
    const log = await logOf(job)
    expect(log.items.length).toBeGreaterThanOrEqual(count)
    return log
  })
const secondsUntil = (log: DeliveryLog) => (Date.parse(log.nextAttemptAt!) - Date.now()) / 1000
const failing = (status: number, headers = {}, body = '') => {
  receiver.answer = (_one, response) => response.writeHead(status, headers).end(body)
}

describe('a webhook', () => {
  it('is told of the end, signed, and the log says so', async () => {
    const job = await submit()
    await tried(job, 1)
    await expect.poll(async () => (await logOf(job)).nextAttemptAt).toBeNull()
    const log = await logOf(job)
    const [{ headers, body, event }] = receiver.received as [Receiver['received'][number]]
    expect(event).toMatchObject({ type: 'job.completed', jobId: job.id, job: { id: job.id, state: 'completed' } })
    expect(new Webhook(await secret()).verify(body, headers as Record<string, string>)).toEqual(event)
    expect(headers).toMatchObject({
      'webhook-id': `${job.id}_${event.id}`,
      'content-type': 'application/json',
      'user-agent': expect.stringMatching(/^ffleet\/\d/),
    })
    expect(log).toEqual({
      url: receiver.url,
      disabled: false,
      nextAttemptAt: null,
      items: [
        {
          id: headers['webhook-id'],
          eventId: event.id,
          type: 'job.completed',
          attempt: 1,
          at: expect.any(String),
          outcome: 'delivered',
          status: 204,
          error: null,
          durationMs: expect.any(Number),
          response: '',
        },
      ],
    })
    // What a job is says nothing of where it is told, and the delivery opens nothing.
    expect(JSON.stringify(await client.get(job.id))).not.toContain(receiver.url)
    expect(body).not.toContain('token=')
  })

  it('is told what it asked for in the order in which it happened, one at a time', async () => {
    receiver.answer = (_one, response) => setTimeout(() => response.end(), 20)
    const events = ['job.queued', 'attempt.started', 'job.completed', 'job.failed'] as const
    const jobs = await Promise.all([1, 2, 3].map(() => submit({ events: [...events] })))
    for (const job of jobs) await tried(job, 3)
    for (const job of jobs) {
      const mine = receiver.received.filter(({ event }) => 'jobId' in event && event.jobId === job.id)
      expect(mine.map(({ event }) => event.type)).toEqual(['job.queued', 'attempt.started', 'job.completed'])
    }
  })

  it('that fails is tried again after 5 s, under the same id and with a fresh signature', async () => {
    receiver.answer = (_one, response, n) => response.writeHead(n === 1 ? 500 : 200).end('sorry')
    const job = await submit()
    const first = await tried(job, 1)
    expect(first.items[0]).toMatchObject({
      outcome: 'failed',
      status: 500,
      error: 'it answered 500, not 2xx',
      response: 'sorry',
    })
    expect(secondsUntil(first)).toBeGreaterThan(2)
    expect(secondsUntil(first)).toBeLessThan(6.1)
    const { items } = await tried(job, 2)
    expect(items.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [2, 'delivered'],
      [1, 'failed'],
    ])
    await expect.poll(async () => (await logOf(job)).nextAttemptAt).toBeNull()
    const [one, two] = receiver.received
    expect(two!.headers['webhook-id']).toBe(one!.headers['webhook-id'])
    expect(two!.atMs - one!.atMs).toBeGreaterThan(4_900)
    expect(Number(two!.headers['webhook-timestamp'])).toBeGreaterThanOrEqual(
      Number(one!.headers['webhook-timestamp']) + 5,
    )
    expect(new Webhook(await secret()).verify(two!.body, two!.headers as Record<string, string>)).toEqual(one!.event)
  })

  it('is not followed where it leads elsewhere', async () => {
    const other = await startReceiver()
    failing(307, { location: other.url })
    const log = await tried(await submit(), 1)
    expect(log.items[0]).toMatchObject({ outcome: 'failed', status: 307, error: expect.stringContaining('redirects') })
    expect(other.received).toEqual([])
    await other.close()
  })

  it('that says for how long it is busy is left alone for so long', async () => {
    failing(503, { 'retry-after': '600' })
    expect(secondsUntil(await tried(await submit(), 1))).toBeGreaterThan(590)
    failing(500, { 'retry-after': '600' })
    expect(secondsUntil(await tried(await submit(), 1))).toBeLessThan(10)
  })

  it('that wants no more is told no more, until somebody asks for it', async () => {
    failing(410)
    const job = await submit({ events: ['attempt.started', 'job.completed'] })
    await client.wait(job.id)
    const log = await waitFor(async () => {
      const now = await logOf(job)
      expect(now.nextAttemptAt).toBeNull()
      return now
    })
    expect(log).toMatchObject({ disabled: true, items: [{ outcome: 'gone', status: 410, type: 'attempt.started' }] })
    receiver.answer = (_one, response) => response.writeHead(204).end()
    await ask(`/v1/jobs/${job.id}/deliveries/replay`, { after: '0' })
    expect(await tried(job, 3)).toMatchObject({ disabled: false })
    expect(receiver.types()).toEqual(['attempt.started', 'attempt.started', 'job.completed'])
  })

  it('that answers without end, or not at all, costs a bounded time and memory', async () => {
    receiver.answer = (_one, response) => response.writeHead(200).end('x'.repeat(1_048_576))
    const { items } = await tried(await submit(), 1)
    expect(items[0]).toMatchObject({ outcome: 'delivered', response: 'x'.repeat(1_024) })
    receiver.answer = () => {}
    expect((await tried(await submit(), 1)).items[0]).toMatchObject({
      outcome: 'failed',
      status: null,
      error: 'no answer within 0.4 s',
    })
    // Headers, and then a drop at a time: its status counts.
    receiver.answer = (_one, response) => {
      response.writeHead(200).write('a')
    }
    expect((await tried(await submit(), 1)).items[0]).toMatchObject({ outcome: 'delivered', response: 'a' })
  })

  it('that speaks no HTTP is told of as such, without an address', async () => {
    const server = createServer((socket) => socket.resume().end('SSH-2.0-OpenSSH\r\n'))
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as { port: number }
    const odd = (await tried(await submit({ url: `http://127.0.0.1:${port}/` }), 1)).items[0]!
    expect(odd).toMatchObject({ outcome: 'failed', error: 'it does not answer in HTTP' })
    await new Promise((done) => server.close(done))
    const away = (await tried(await submit({ url: `http://127.0.0.1:${port}/` }), 1)).items[0]!
    expect(away).toMatchObject({ outcome: 'failed', status: null, error: 'nobody listens at its port', response: null })
  })

  it('whose name leads into the network is not connected to, whatever it led to before', async () => {
    names.set('hooks.test', ['127.0.0.1'])
    const { port } = new URL(receiver.url)
    const url = `http://hooks.test:${port}/`
    expect((await tried(await submit({ url }), 1)).items[0]).toMatchObject({ outcome: 'delivered' })
    names.set('hooks.test', ['10.0.0.1'])
    expect((await tried(await submit({ url }), 1)).items[0]).toMatchObject({
      outcome: 'failed',
      error: 'not sent: its name leads to no public address',
    })
    // One right address beside it is what is connected to.
    names.set('hooks.test', ['10.0.0.1', '127.0.0.1'])
    expect((await tried(await submit({ url }), 1)).items[0]).toMatchObject({ outcome: 'delivered' })
    await expect(submit({ url: `http://10.0.0.1:${port}/` })).rejects.toMatchObject({
      code: 'URL_NOT_PUBLIC',
      errors: [{ pointer: '/webhook/url' }],
    })
  })

  it('is told of progress, the newest, no oftener than its interval, and of the end last', async () => {
    await worker.rest()
    // Talks on until three of them were told.
    worker.work(async (attempt) => {
      for (let n = 1; receiver.received.length < 3; n++) {
        await attempt.progress(n, aSnapshot({ attempt: attempt.number, percent: Math.min(99, n / 10) }), false)
        await new Promise((done) => setTimeout(done, 10))
      }
      return { kind: 'completed' }
    })
    const job = await submit({ events: ['progress', 'job.completed'], progressIntervalMs: 1_000 })
    await tried(job, 4)
    const { received } = receiver
    expect(receiver.types()).toEqual(['progress', 'progress', 'progress', 'job.completed'])
    expect(receiver.atOnce).toBe(1)
    const seqs = received.flatMap(({ event }) => (event.type === 'progress' ? [event.progress.seq] : []))
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
    // Many came in between.
    expect(seqs[2]! - seqs[1]!).toBeGreaterThan(10)
    expect(received[1]!.atMs - received[0]!.atMs).toBeGreaterThan(950)
    expect(received[2]!.atMs - received[1]!.atMs).toBeGreaterThan(950)
    await worker.rest()
    worker.work(talking(3))
  })
})

describe('a delivery', () => {
  it('is sent again by its id, and everything behind an event, under the same ids', async () => {
    const job = await submit({ events: ['job.queued', 'attempt.started', 'job.completed'] })
    const log = await tried(job, 3)
    const [completed, started, queued] = log.items
    const again = await ask<DeliveryLog>(`/v1/jobs/${job.id}/deliveries/${started!.id}/redeliver`)
    expect(again.status).toBe(202)
    expect((await tried(job, 4)).items[0]).toMatchObject({ id: started!.id, attempt: 2, outcome: 'delivered' })
    expect((await ask(`/v1/jobs/${job.id}/deliveries/replay`, { after: queued!.eventId })).status).toBe(202)
    await tried(job, 6)
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([
      ...[queued!.id, started!.id, completed!.id],
      started!.id,
      ...[started!.id, completed!.id],
    ])
    expect((await logOf(job)).nextAttemptAt).toBeNull()
  })

  it('that waits to be tried again is tried when somebody asks, once', async () => {
    failing(500)
    const job = await submit()
    const { items } = await tried(job, 1)
    receiver.answer = (_one, response) => response.end()
    await ask(`/v1/jobs/${job.id}/deliveries/${items[0]!.id}/redeliver`)
    const log = await tried(job, 2)
    expect(log.items[0]).toMatchObject({ attempt: 2, outcome: 'delivered' })
    await expect.poll(async () => (await logOf(job)).nextAttemptAt).toBeNull()
    expect(receiver.received).toHaveLength(2)
  })

  it('that is none is not found', async () => {
    const job = await submit()
    await tried(job, 1)
    for (const id of ['x', `${job.id}_1-0`, `${job.id}_9`, `01M82CWC75EH2YYWGVK577ZGCG_1-0`]) {
      expect([id, (await ask(`/v1/jobs/${job.id}/deliveries/${id}/redeliver`)).status]).toEqual([id, 404])
    }
    const plain = await client.submit({ input: 'in.mp4', outputs: [{ preset: 'h264-360p' }] })
    expect(await logOf(plain)).toEqual({ url: null, items: [], nextAttemptAt: null, disabled: false })
    expect((await ask(`/v1/jobs/${plain.id}/deliveries/replay`, { after: '0' })).status).toBe(404)
    expect(await ask(`/v1/jobs/${job.id}/deliveries/replay`, { after: 'x' })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/after' }] },
    })
  })

  it('that waits goes with its job, one under way too', async () => {
    failing(500)
    const others = (await api.queue.webhooks.waiting()).jobs
    const waiting = await submit()
    await tried(waiting, 1)
    expect((await ask(`/v1/jobs/${waiting.id}`, undefined, 'DELETE')).status).toBe(204)
    const answers: (() => void)[] = []
    receiver.answer = (_one, response) => answers.push(() => response.writeHead(500).end())
    const underWay = await submit()
    await waitFor(() => expect(answers).toHaveLength(1))
    expect((await ask(`/v1/jobs/${underWay.id}`, undefined, 'DELETE')).status).toBe(204)
    answers[0]!()
    await expect.poll(async () => (await api.queue.webhooks.waiting()).jobs).toBe(others)
    expect((await ask(`/v1/jobs/${underWay.id}/deliveries`, undefined, 'GET')).status).toBe(404)
    await expect.poll(() => keysOf(waiting, underWay)).toEqual([])
  })

  it('that waits keeps its job from retention', async () => {
    failing(500)
    const job = await submit()
    await tried(job, 1)
    const forgotten: string[] = []
    const onForgotten = async (ids: string[]) => void forgotten.push(...ids)
    const sweeper = api.queue.startSweeper({ keepJobsMs: 0, keepJobsCount: 0, intervalMs: 50, onForgotten })
    try {
      const plain = await client.submit({ input: 'in.mp4', outputs: [{ preset: 'h264-360p' }] })
      await waitFor(() => expect(forgotten).toContain(plain.id))
      expect(forgotten).not.toContain(job.id)
      receiver.answer = (_one, response) => response.end()
      await client.replayDeliveries(job.id, '0')
      await waitFor(() => expect(forgotten).toContain(job.id))
      expect(receiver.received).toHaveLength(2)
    } finally {
      await sweeper.stop()
    }
  })
})

/** What Redis still has of jobs. */
async function keysOf(...jobs: Job[]): Promise<string[]> {
  const { Redis } = await import('ioredis')
  const redis = new Redis(api.redisUrl.replace(/^unix:\/\//, ''))
  try {
    const found = await Promise.all(jobs.map(({ id }) => redis.keys(`*${id}*`)))
    return found.flat().filter((key) => !key.includes('idempotency'))
  } finally {
    redis.disconnect()
  }
}
