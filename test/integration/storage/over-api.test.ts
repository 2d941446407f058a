/** The store that a worker reaches through the API: a real API, a connection that can be cut, and what is refused. */
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addKey } from '../../../src/callers/index.js'
import type { AttemptReport } from '../../../src/contract/index.js'
import { type OutputStore, openWorkerStorage } from '../../../src/storage/index.js'
import { connectStore } from '../../../src/store-api/index.js'
import { describeOutputStore } from '../../contract/output-store.js'
import { describePartStore } from '../../contract/part-store.js'
import { describeReportStore } from '../../contract/report-store.js'
import { startApi, type TestApi } from '../../helpers/api-server.js'
import { aFolder } from '../../helpers/folder.js'
import { startTcpProxy, type TcpProxy } from '../../helpers/tcp-proxy.js'

const JOB = '01JOB'
let folder: string
let api: TestApi
let proxy: TcpProxy
const keys: Record<string, string> = {}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-store-'))
  const keyFile = join(folder, 'keys.json')
  for (const role of ['worker', 'submit', 'admin'] as const) {
    keys[role] = (await addKey(keyFile, { name: role, role, tenant: null, arguments: false })).key
  }
  api = await startApi({ keyFile })
  proxy = await startTcpProxy({ port: Number(new URL(api.url).port) })
  await decide()
})
afterAll(async () => {
  await proxy?.close()
  await api?.close()
  await rm(folder, { recursive: true, force: true })
})

/** A job whose first attempt, and second, have decided to publish: without that the API places nothing. */
async function decide(): Promise<void> {
  const redis = new Redis(api.redisUrl)
  const request = { input: { uri: 'in.mp4' }, outputs: [], tags: {}, maxAttempts: 3, priority: 0, delayMs: 0 }
  const commits = [1, 2].flatMap((attempt) => [`commit:${attempt}`, JSON.stringify({ attempt })])
  await redis.hset(`ffleet:job:${JOB}`, 'req', JSON.stringify(request), 'at', Date.now(), ...commits)
  redis.disconnect()
}

async function openWorker(apiKey: string | null = keys.worker!) {
  const own = await aFolder()
  const places = { mediaRoot: join(own, 'media'), outputRoot: join(own, 'outputs'), dataDir: own }
  const storage = openWorkerStorage({ ...places, store: 'api', url: proxy.url, apiKey })
  return { storage, staging: await storage.scratch.create(JOB, 1) }
}

/** What workers write and people read is one store. Each test has an output root that is empty. */
describeOutputStore('the API of the fleet', async () => {
  await rm(api.outputRoot, { recursive: true, force: true })
  await mkdir(api.outputRoot)
  const { storage, staging } = await openWorker()
  const { resolve, open, hold, requireSame, list } = api.storage.outputs
  const store: OutputStore = { ...storage.outputs, resolve, open, hold, requireSame, list }
  return { store, staging }
})

describePartStore('the API of the fleet', async () => {
  await rm(join(api.outputRoot, '.ffleet/parts'), { recursive: true, force: true })
  const parts = async () => (await openWorker()).storage.parts
  return { one: await parts(), other: await parts() }
})

const at = (path: string) => ({ path, jobId: JOB, attempt: 1 })

test('a file goes on where the connection was cut, and is whole', async () => {
  const { storage, staging } = await openWorker()
  const staged = join(staging, 'big.bin')
  const content = randomBytes(24 * 1024 * 1024)
  await writeFile(staged, content)
  const received = api.storage.scratch.path(JOB, 1)
  let cuts = 0
  const cutter = setInterval(async () => {
    const { size } = await stat(join(received, 'big.bin')).catch(() => ({ size: 0 }))
    if (size <= cuts * 4_000_000 || cuts === 3) return
    cuts += 1
    proxy.cut()
  }, 1)
  const prepared = await storage.outputs.prepare(staged, at('big.bin')).finally(() => clearInterval(cutter))
  expect(cuts).toBeGreaterThan(0)
  await storage.outputs.place(prepared, staged, at('big.bin'))
  expect((await readFile(join(api.outputRoot, 'big.bin'))).equals(content)).toBe(true)
  await storage.scratch.remove(JOB, 1)
  expect((await api.storage.scratch.list()).filter(({ attempt }) => attempt === 1)).toEqual([])
})

test('what came damaged is sent again', async () => {
  const { storage, staging } = await openWorker()
  const staged = join(staging, 'again.bin')
  await writeFile(staged, 'content')
  // Something else of the same name and length, as a connection that was given up could leave it.
  const connection = connectStore({ url: proxy.url, apiKey: keys.worker! })
  const other = join(staging, 'other.bin')
  await writeFile(other, 'contenx')
  await connection.send({ jobId: JOB, attempt: 1, kind: 'staged', path: 'again.bin' }, other, 7)
  const prepared = await storage.outputs.prepare(staged, at('again.bin'))
  await storage.outputs.place(prepared, staged, at('again.bin'))
  expect(await readFile(join(api.outputRoot, 'again.bin'), 'utf8')).toBe('content')
})

test('a part goes on where the connection was cut, and nothing of its way is left', async () => {
  const [one, other] = [(await openWorker()).storage, (await openWorker()).storage]
  const content = randomBytes(24 * 1024 * 1024)
  const path = join(await aFolder(), 'part.mp4')
  await writeFile(path, content)
  await one.parts.keep('part-0', path)
  const staged = async () => (await api.storage.scratch.list()).filter(({ jobId }) => jobId.startsWith('part-'))
  let cuts = 0
  const cutter = setInterval(async () => {
    if ((await staged()).length === 0 || cuts === 3) return
    cuts += 1
    proxy.cut()
  }, 5)
  await one.parts.share('part-0').finally(() => clearInterval(cutter))
  expect(cuts).toBeGreaterThan(0)
  expect((await readFile((await other.parts.find('part-0'))!)).equals(content)).toBe(true)
  expect(await staged()).toEqual([])
})

test('an attempt that has decided nothing publishes nothing', async () => {
  const { storage, staging } = await openWorker()
  const staged = join(staging, 'out.bin')
  await writeFile(staged, 'content')
  const destination = { ...at('never.bin'), attempt: 3 }
  const elsewhere = await storage.scratch.create(JOB, 3)
  await writeFile(join(elsewhere, 'out.bin'), 'content')
  const prepared = await storage.outputs.prepare(join(elsewhere, 'out.bin'), destination)
  await expect(storage.outputs.place(prepared, join(elsewhere, 'out.bin'), destination)).rejects.toMatchObject({
    code: 'STORE_REFUSED',
    message: expect.stringContaining('has not decided to publish anything'),
  })
  await expect(api.storage.outputs.open('never.bin', null)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await storage.outputs.sweep(JOB, Number.POSITIVE_INFINITY)
})

describeReportStore('reports through the API', async () => {
  for (const jobId of await api.storage.reports.list()) await api.storage.reports.remove(jobId)
  return { writer: (await openWorker()).storage.reports, reader: api.storage.reports }
})

describe('a report', () => {
  test('is read at the API with its log, of which nothing stays behind', async () => {
    const { storage } = await openWorker()
    const log = await storage.reports.logPath(JOB, 1)
    await writeFile(log, '[info] one\n[info] two\n')
    const told: AttemptReport = {
      ...{ attempt: 1, worker: 'w-1', host: 'shed', startedAt: '', finishedAt: null, outcome: 'running' },
      ...{ error: null, diagnosis: null, passes: [] },
    }
    await storage.reports.append(JOB, { attempt: told })
    expect((await api.storage.reports.read(JOB)).attempts).toMatchObject([{ outcome: 'running' }])
    await storage.reports.append(JOB, { attempt: { ...told, outcome: 'completed' } }, { last: true })
    expect((await api.storage.reports.read(JOB)).attempts).toMatchObject([{ outcome: 'completed' }])
    expect(await api.storage.reports.openLog(JOB)).toMatchObject({ attempt: 1, bytes: 22 })
    await expect(readFile(log)).rejects.toThrow()
  })

  test('does not wait for ever for an API that refuses it', async () => {
    const { storage } = await openWorker(keys.submit!)
    const told = { attempt: { attempt: 1, outcome: 'running' } } as never
    await expect(storage.reports.append(JOB, told)).rejects.toMatchObject({ code: 'STORE_REFUSED' })
  })
})

describe('the routes', () => {
  const ask = (path: string, init: RequestInit & { key?: string } = {}) =>
    fetch(api.url + path, { ...init, headers: { authorization: `Bearer ${init.key ?? keys.worker}`, ...init.headers } })
  const patch = (path: string, offset: string, body = 'x') =>
    ask(path, {
      ...{ method: 'PATCH', body },
      headers: { 'content-type': 'application/offset+octet-stream', 'upload-offset': offset },
    })

  test('are of workers and admins alone, and a worker has no others', async () => {
    expect((await ask('/v1/store/input?uri=in.mp4', { key: keys.submit! })).status).toBe(403)
    expect((await ask('/v1/store/input?uri=in.mp4', { key: keys.admin! })).status).toBe(200)
    for (const path of ['/v1/jobs', '/v1/queue', '/metrics', '/v1/workers']) expect((await ask(path)).status).toBe(403)
  })

  test.each([
    ['out of its folder', '/v1/store/files/01JOB/1/staged/..%2F..%2Fx', '0', 422],
    ['to a job that has no such id', '/v1/store/files/..%2F/1/staged/x', '0', 404],
    ['behind the end', '/v1/store/files/01JOB/1/staged/new', '5', 409],
    ['without saying where', '/v1/store/files/01JOB/1/staged/new', 'x', 422],
  ])('bytes that are sent %s are refused', async (_, path, offset, status) => {
    expect((await patch(path, offset)).status).toBe(status)
  })

  test.each([
    ['a file that is not there', 'nothing.mp4', 'INPUT_NOT_FOUND'],
    ['a path out of the root', '../in.mp4', 'PATH_OUTSIDE_ROOT'],
    ['an upload that is not there', 'upload:01ARZ3NDEKTSV4RRFFQ69G5FAV', 'INPUT_NOT_FOUND'],
    ['an output that is not there', 'job:01ARZ3NDEKTSV4RRFFQ69G5FAV/main', 'INPUT_NOT_FOUND'],
    ['another scheme', 'file:///etc/passwd', 'SCHEME_NOT_ALLOWED'],
  ])('as an input %s is refused', async (_, uri, code) => {
    const answer = await ask(`/v1/store/input?uri=${encodeURIComponent(uri)}`)
    expect(await answer.json()).toMatchObject({ code })
  })

  test('an input is given in parts, as long as it is the same file', async () => {
    const path = '/v1/store/input?uri=in.mp4'
    const { headers } = await ask(path)
    const part = { range: 'bytes=4-6', 'if-range': headers.get('etag')! }
    expect([(await ask(path, { headers: part })).status, await (await ask(path, { headers: part })).text()]).toEqual([
      206,
      'loo',
    ])
    await truncate(join(api.mediaRoot, 'in.mp4'), 10)
    expect((await ask(path, { headers: part })).status).toBe(200)
  })
})
