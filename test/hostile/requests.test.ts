/** Hostile requests, as bytes on the wire of a real API: what they are answered, and that nothing of this host is in it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addKey } from '../../src/callers/index.js'
import { FfleetClient } from '../../src/client/index.js'
import type { Job } from '../../src/contract/index.js'
import { submit } from '../helpers/api-answers.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { publishing } from '../helpers/publish-output.js'
import { startScriptedWorker, talking } from '../helpers/scripted-worker.js'
import { waitFor } from '../helpers/wait-for.js'
import type { WireAttack } from './requests/attack.js'
import { REQUEST_ATTACKS } from './requests/index.js'
import { exchange, head, statusesIn } from './requests/wire.js'

/** What may be told of a request, and never is: folders of this host, and where in which source it failed. */
const leaksIn = (text: string, api: TestApi) =>
  [api.folder, tmpdir(), 'node_modules', '/src/', '.ts:', '.js:'].filter((each) => text.includes(each))

describe('without keys', () => {
  let api: TestApi
  let slow: { socket: Socket; text: string; isClosed: boolean }[]
  let contained = 0
  const attacks = REQUEST_ATTACKS.flatMap((each) => each.attacks)

  beforeAll(async () => {
    api = await startApi({ requestMs: 5_000 })
    // They hang while everything else is asked.
    slow = [...Array(50).keys()].map((i) => dawdle(api.url, SLOW[i % SLOW.length]!))
  })
  afterAll(async () => {
    console.info(`hostile requests: ${attacks.length} tried, ${contained} contained`)
    for (const { socket } of slow) socket.destroy()
    await api.close()
  })

  async function contain({ sent, answers, bare = false }: WireAttack): Promise<void> {
    const text = await exchange(api.url, sent)
    expect(statusesIn(text), text.slice(0, 2_000)).toEqual(answers)
    expect(leaksIn(text, api)).toEqual([])
    if (!bare && answers.some((status) => status >= 400)) expect(text).toContain('application/problem+json')
    contained += 1
  }

  describe.each(REQUEST_ATTACKS)('$kind', (kind) => {
    test.each(kind.attacks)('$name: $answers', contain)
  })

  test('none of them became a job, or a property of all objects', async () => {
    const { items } = await new FfleetClient({ baseUrl: api.url }).listPage()
    expect(items).toEqual([])
    expect(Object.keys(Object.prototype)).toEqual([])
    expect(({} as Record<string, unknown>).owned).toBeUndefined()
    expect(api.logged.filter((line) => line.includes('request failed'))).toEqual([])
  })

  test("requests in one another's wake are answered one for one, in their order", async () => {
    const one = 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'
    const text = await exchange(api.url, one.repeat(200) + head('GET /nope'))
    expect(statusesIn(text)).toEqual([...Array(200).fill(200), 404])
  })

  test('ranges of garbage give the file, a part of it, or 416, and never several parts', async () => {
    const worker = await startScriptedWorker(api.redisUrl)
    worker.work(publishing({ storage: api.storage, staging: api.folder }, Buffer.alloc(1_000, 1)))
    const { id } = await submit(api.url, { outputs: [{ preset: 'h264-360p', name: 'main' }] })
    await waitFor(async () => expect((await api.queue.jobs.get(id))?.state).toBe('completed'))
    await worker.close()
    for (const [range, status] of [
      [`bytes=${Array(1_500).fill('0-0').join(',')}`, 206],
      [`bytes=${Array.from({ length: 1_000 }, (_, i) => `${i}-`).join(',')}`, 206],
      ['bytes=0-99999999999999', 206],
      ['bytes=-99999999999999', 206],
      ['bytes=99999999999999-', 416],
      ['bytes=5-1', 200],
      ['bytes=--1', 200],
      ['bytes=0x1-0x2', 200],
      ['bytes=1e3-', 200],
      ['items=0-1', 200],
      ['bytes=', 200],
      ['bytes=a-b', 200],
      [`bytes=${'9'.repeat(5_000)}-`, 200],
    ] as const) {
      const response = await fetch(`${api.url}/v1/jobs/${id}/outputs/main`, { headers: { range } })
      expect([range.slice(0, 30), response.status]).toEqual([range.slice(0, 30), status])
      expect((await response.arrayBuffer()).byteLength).toBeLessThanOrEqual(1_000)
    }
    await api.queue.jobs.remove(id)
  })

  test('requests that dawdle are ended, and kept nobody waiting', async () => {
    await expect.poll(() => slow.filter(({ isClosed }) => !isClosed), { timeout: 60_000, interval: 200 }).toEqual([])
    for (const { text } of slow) expect(statusesIn(text)).toEqual([408])
  })
})

/** What a slow client has sent after a while, and goes on with a byte at a time. */
const SLOW = [
  'GET /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ',
  'POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"a":"',
  'POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n',
]
const DRIP_MS = 1_000

function dawdle(url: string, begin: string): { socket: Socket; text: string; isClosed: boolean } {
  const { port, hostname } = new URL(url)
  const socket = connect(Number(port), hostname)
  const state = { socket, text: '', isClosed: false }
  socket.write(begin)
  const drip = setInterval(() => socket.write('a'), DRIP_MS)
  socket.setEncoding('latin1')
  socket.on('data', (chunk) => {
    state.text += chunk
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    clearInterval(drip)
    state.isClosed = true
  })
  return state
}

describe('with keys, of another tenant', () => {
  const NEVER = '01M82CWC75EH2YYWGVK577ZGCG'
  let folder: string
  let api: TestApi
  let jobs: Job[]
  const keys: Record<string, string> = {}
  const clients: Record<string, FfleetClient> = {}

  const aJob = (more: object = {}) => ({
    input: 'shop/in.mp4',
    outputs: [{ preset: 'h264-360p' as const, name: 'main' }],
    tags: { kind: 'trailer' },
    ...more,
  })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ffleet-hostile-'))
    const keyFile = join(folder, 'keys.json')
    for (const name of ['shop', 'blog'])
      keys[name] = (await addKey(keyFile, { name, role: 'operate', tenant: name })).key
    api = await startApi({ keyFile })
    for (const [name, apiKey] of Object.entries(keys)) {
      clients[name] = new FfleetClient({ baseUrl: api.url, apiKey, retry: false })
      await mkdir(join(api.mediaRoot, name))
      await writeFile(join(api.mediaRoot, name, 'in.mp4'), name)
    }
    const worker = await startScriptedWorker(api.redisUrl)
    worker.work(talking(5))
    const ended = await clients.shop!.submit(aJob())
    await clients.shop!.wait(ended.id)
    await worker.close()
    jobs = [ended, await clients.shop!.submit(aJob({ delayMs: 3_600_000 }))]
  })
  afterAll(async () => {
    await api.close()
    await rm(folder, { recursive: true, force: true })
  })

  const answer = async (path: string, init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${keys.blog}`, ...init.headers }
    const response = await fetch(api.url + path, { ...init, headers })
    const told = [...response.headers].filter(([name]) => name !== 'date')
    return { status: response.status, told, body: response.status === 204 ? '' : await response.text() }
  }

  test('every route that takes a job answers as for one that never was, head and body', async () => {
    const { paths } = (await (await fetch(`${api.url}/openapi.json`)).json()) as { paths: Record<string, object> }
    let asked = 0
    for (const [path, methods] of Object.entries(paths).filter(
      ([each]) => each.includes('{id}') && !each.startsWith('/v1/uploads'),
    )) {
      for (const method of Object.keys(methods)) {
        const ask = (id: string) =>
          answer(path.replace('{id}', id).replaceAll(/\{\w+\}/g, 'main'), { method: method.toUpperCase() })
        const never = await ask(NEVER)
        expect(never.status, `${method} ${path}`).toBeGreaterThanOrEqual(400)
        for (const { id } of jobs) expect(await ask(id)).toEqual(never)
        asked += 1
      }
    }
    expect(asked).toBeGreaterThan(8)
    expect((await clients.shop!.get(jobs[1]!.id)).state).toBe('queued')
  })

  test('a watch link of one job opens no other', async () => {
    const [, token] = /token=([^&]+)/.exec(jobs[0]!.links.watch)!
    for (const id of [jobs[1]!.id, NEVER]) {
      expect(await answer(`/v1/jobs/${id}/events?token=${token}`)).toMatchObject({ status: 401 })
    }
    for (const broken of ['', token!.slice(0, -1), `${token}A`, '%00', '.'.repeat(1_000)]) {
      const { status } = await answer(`/v1/jobs/${jobs[0]!.id}/events?token=${broken}`)
      expect(status).toBe(401)
    }
  })

  test('cursors, tags and event ids of others tell nothing', async () => {
    const own = await clients.blog!.submit(aJob({ input: 'blog/in.mp4', delayMs: 3_600_000 }))
    for (const query of [`cursor=${jobs[0]!.id}`, 'tag.kind=trailer', 'text=shop', 'state=completed']) {
      const { status, body } = await answer(`/v1/jobs?${query}`)
      expect(status).toBe(200)
      for (const { id } of jobs) expect(body).not.toContain(id)
    }
    const shopFolder = Buffer.from('0shop').toString('base64url')
    expect((await answer(`/v1/media?cursor=${shopFolder}`)).body).not.toContain('shop')
    await clients.blog!.cancel(own.id)
  })

  test('an idempotency key of another is one that was never used', async () => {
    const send = (idempotencyKey: string) =>
      clients.blog!.submit(aJob({ input: 'blog/in.mp4', delayMs: 3_600_000 }), { idempotencyKey })
    await clients.shop!.submit(aJob({ delayMs: 3_600_000 }), { idempotencyKey: 'same' })
    const [known, never] = [await send('same'), await send('never')]
    const bare = ({ id, createdAt, links, forecast, queuePosition, outputs, ...rest }: Job) => rest
    expect(bare(known)).toEqual(bare(never))
  })
})
