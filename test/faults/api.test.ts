import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { makeClip } from '../../fixtures/media/recipes.js'
import { FfleetClient } from '../../src/client/index.js'
import type { JobEvent } from '../../src/contract/index.js'
import { createWorkerQueue } from '../../src/queue/index.js'
import { all, openDescriptors, PACED, TINY, useFleet } from '../helpers/fleet.js'
import { aJobError, aWorker } from '../helpers/jobs.js'
import { long } from '../helpers/long.js'
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.js'

let redisProxy: TcpProxy
const fleet = useFleet({
  redisUrl: async (redis) => {
    redisProxy = await startTcpProxy({ path: redis.socket })
    return `redis://127.0.0.1:${redisProxy.port}`
  },
})
afterAll(() => redisProxy?.close())

const REQUEST = { input: 'in.mp4', outputs: [TINY] }

/** A client whose way to the API can be cut. */
async function clientThrough(options: object = {}): Promise<{ client: FfleetClient; way: TcpProxy }> {
  const way = await startTcpProxy({ port: Number(new URL(fleet.stack.baseUrl).port) })
  onTestFinished(() => way.close())
  return { client: new FfleetClient({ baseUrl: way.url, ...options }), way }
}

const jobCount = async () => (await fleet.stack.redis.cli('ZCARD', 'ffleet:jobs')) as number
const workersEnv = () => ({ FFLEET_REDIS_URL: fleet.stack.redis.url })

async function killApi(): Promise<void> {
  fleet.stack.api.signal('SIGKILL')
  await fleet.stack.api.ended
}

describe('the API killed', () => {
  test('while a file is sent that a job waits for: the next one takes the rest, and the job runs', async () => {
    const bytes = await readFile(await makeClip('h264-aac'))
    const tus = { 'tus-resumable': '1.0.0' }
    const begun = await fetch(`${fleet.stack.baseUrl}/v1/uploads`, {
      method: 'POST',
      headers: { ...tus, 'upload-length': String(bytes.length) },
    })
    const path = begun.headers.get('location')!
    const id = await fleet.submit({ input: `upload:${path.split('/').at(-1)}` })
    const half = Math.floor(bytes.length / 2)
    const head = { ...tus, 'content-type': 'application/offset+octet-stream' }
    const request = httpRequest(`${fleet.stack.baseUrl}${path}`, {
      method: 'PATCH',
      headers: { ...head, 'upload-offset': '0', 'content-length': String(bytes.length) },
    })
    request.on('error', () => {})
    request.write(bytes.subarray(0, half))
    const received = async () => (await (await fetch(`${fleet.stack.baseUrl}${path}`)).json()).receivedBytes
    await expect.poll(received).toBe(half)
    await killApi()
    await fleet.stack.startApi()
    await fleet.worker(workersEnv())
    const found = await fetch(`${fleet.stack.baseUrl}${path}`, { method: 'HEAD', headers: tus })
    expect(found.headers.get('upload-offset')).toBe(String(half))
    expect(await fleet.get(id)).toMatchObject({ state: 'queued', waitsFor: 'upload', attempt: 0 })
    const rest = { method: 'PATCH', headers: { ...head, 'upload-offset': String(half) }, body: bytes.subarray(half) }
    expect((await fetch(`${fleet.stack.baseUrl}${path}`, rest)).status).toBe(204)
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
  })

  test('before it hears of the record: a retry with the same key gives that job, which runs once', async () => {
    const lost = new FfleetClient({ baseUrl: fleet.stack.baseUrl, retry: false }).submit(REQUEST, {
      idempotencyKey: 'one',
    })
    lost.catch(() => {})
    redisProxy.holdAnswers()
    await expect.poll(jobCount).toBe(1)
    await killApi()
    await expect(lost).rejects.toThrow()
    redisProxy.flow()
    // It had no time to hand it to BullMQ: the sweeper does.
    const recorded = await fleet.stack.redis.cli('ZRANGE', 'ffleet:jobs', 0, -1)
    expect(await fleet.stack.redis.cli('EXISTS', `bull:transcode:${recorded}`)).toBe(0)
    await fleet.stack.startApi()
    await fleet.worker(workersEnv())
    const { id } = await fleet.stack.client.submit(REQUEST, { idempotencyKey: 'one' })
    expect(recorded).toEqual([id])
    fleet.watch(id)
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
    expect(await jobCount()).toBe(1)
  })

  long("between the queue's answer and its own: a retry with the same key gives the same job", async () => {
    const { client, way } = await clientThrough({ retry: false })
    // Nothing of the answer comes through.
    way.holdAnswers()
    const lost = client.submit(REQUEST, { idempotencyKey: 'two' })
    lost.catch(() => {})
    await expect.poll(jobCount).toBe(1)
    await fleet.worker(workersEnv())
    await killApi()
    way.cut()
    await expect(lost).rejects.toThrow()
    await fleet.stack.startApi()
    const { id } = await fleet.stack.client.submit(REQUEST, { idempotencyKey: 'two' })
    fleet.watch(id)
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
    expect(await jobCount()).toBe(1)
  })

  test('while somebody watches: the watcher goes on with the next API where it was', async () => {
    await fleet.worker({ ...PACED, ...workersEnv() })
    const id = await fleet.submit({ input: 'long.mp4' })
    const seen = all(fleet.stack.client.events(id))
    await fleet.told(id, (event) => event.type === 'progress')
    await killApi()
    await fleet.stack.startApi()
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
    expect((await seen).map((event) => event.id)).toEqual((await fleet.events(id)).map((event) => event.id))
  })
})

describe('a watcher', () => {
  test('cut 50 times misses nothing and sees nothing twice', async () => {
    await fleet.worker({ ...PACED, ...workersEnv() })
    const { client, way } = await clientThrough({ retry: { attempts: 100, baseMs: 5, maxMs: 20 } })
    const id = await fleet.submit({ input: 'long.mp4' })
    const seen: JobEvent[] = []
    const watching = (async () => {
      for await (const event of client.events(id)) seen.push(event)
    })()
    let cuts = 0
    while (cuts < 50) {
      const accepted = way.accepted
      await expect.poll(() => way.accepted, { interval: 5 }).toBeGreaterThanOrEqual(accepted)
      way.cutAfter(1 + ((cuts * 97) % 300))
      const before = way.accepted
      const ended = await Promise.race([
        watching.then(() => true),
        expect
          .poll(() => way.accepted, { interval: 5 })
          .toBeGreaterThan(before)
          .then(() => false),
      ])
      if (ended) break
      cuts++
    }
    await fleet.ended(id)
    await watching
    expect(cuts).toBe(50)
    expect(seen.map((event) => event.id)).toEqual((await fleet.events(id)).map((event) => event.id))
  })

  long('cut off until the job has ended is told the rest', async () => {
    await fleet.worker({ ...PACED, ...workersEnv() })
    const { client, way } = await clientThrough({ retry: { attempts: 1_000, baseMs: 20, maxMs: 200 } })
    const id = await fleet.submit()
    const seen: JobEvent[] = []
    const watching = (async () => {
      for await (const event of client.events(id)) seen.push(event)
    })()
    await expect.poll(() => seen.length).toBeGreaterThan(2)
    way.refuse()
    way.cut()
    await fleet.ended(id)
    way.accept()
    await watching
    expect(seen.map((event) => event.id)).toEqual((await fleet.events(id)).map((event) => event.id))
  })

  test('that stops reading costs the API no memory and the others nothing', async () => {
    const id = await fleet.submit()
    const unread = await openDescriptors(fleet.stack.api.pid)
    const sleepers = await Promise.all(Array.from({ length: 20 }, () => silentReader(id)))
    await expect.poll(() => openDescriptors(fleet.stack.api.pid)).toBeGreaterThanOrEqual(unread + 20)
    const attentive = all(fleet.stack.client.events(id))
    const before = await residentMb()
    await tellMuch(id, 15_000)
    expect((await attentive).filter((event) => event.type === 'log')).toHaveLength(15_000)
    expect((await residentMb()) - before).toBeLessThan(150)
    // They were disconnected: none of them keeps up, and what they would need is kept in Redis.
    await expect.poll(() => openDescriptors(fleet.stack.api.pid)).toBeLessThan(unread + 10)
    for (const socket of sleepers) socket.destroy()
  })
})

const residentMb = async () =>
  Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${fleet.stack.api.pid}/status`, 'utf8'))![1]) / 1024

/** Asks for the events of a job and never reads a byte of them. */
async function silentReader(id: string): Promise<Socket> {
  const { hostname, port } = new URL(fleet.stack.baseUrl)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.pause()
  socket.write(`GET /v1/jobs/${id}/events HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAccept: text/event-stream\r\n\r\n`)
  return socket
}

/** Plays the worker: tells so many log lines of 1 KB and ends the job. */
async function tellMuch(id: string, lines: number): Promise<void> {
  const queue = await createWorkerQueue({ redis: fleet.stack.redis.url })
  const text = 'x'.repeat(1_000)
  const slot = queue.openSlot({
    name: 'chatty',
    lockDurationMs: 20_000,
    stalledCheckMs: 5_000,
    onError: () => {},
    async run(run) {
      const { attempt } = await queue.begin({ jobId: run.jobId, token: run.token, worker: aWorker(), poisonStarts: 3 })
      for (let n = 1; n <= lines; n++) await attempt!.log(n, 'warning', text)
      await attempt!.fail(aJobError('NOT_MEDIA'), false)
      return { kind: 'failed', code: 'NOT_MEDIA', retry: false }
    },
  })
  await fleet.ended(id)
  await slot.close()
  await queue.close()
}
