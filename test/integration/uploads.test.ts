/** Files that are sent by tus: by a client that is not ours, cut, resumed, refused, awaited by jobs, removed. */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tus from 'tus-js-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sweepOnce } from '../../src/api/uploads/sweep.js'
import { openTus } from '../../src/api/uploads/tus.js'
import { addKey } from '../../src/callers/index.js'
import { FfleetClient } from '../../src/client/index.js'
import type { Upload } from '../../src/contract/index.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { startScriptedWorker, talking } from '../helpers/scripted-worker.js'

const BYTES = randomBytes(300_000)
const HOUR = 3_600_000

let folder: string
let api: TestApi
const keys: Record<string, string> = {}
const clients: Record<string, FfleetClient> = {}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-uploads-'))
  const keyFile = join(folder, 'keys.json')
  for (const [name, tenant] of [
    ['shop', 'shop'],
    ['blog', 'blog'],
  ] as const) {
    keys[name] = (await addKey(keyFile, { name, role: 'submit', tenant })).key
  }
  api = await startApi({ keyFile })
  for (const [name, apiKey] of Object.entries(keys)) {
    clients[name] = new FfleetClient({ baseUrl: api.url, apiKey, retry: false })
  }
})
afterAll(async () => {
  await api?.close()
  await rm(folder, { recursive: true, force: true })
})

const HEAD = { 'tus-resumable': '1.0.0' }
const BODY = { ...HEAD, 'content-type': 'application/offset+octet-stream' }

function ask(
  path: string,
  { method = 'GET', headers = {}, body }: RequestInit & { headers?: object } = {},
  who = 'shop',
) {
  const init = { method, headers: { authorization: `Bearer ${keys[who]}`, ...headers }, ...(body != null && { body }) }
  return fetch(path.startsWith('/') ? api.url + path : path, init as RequestInit)
}

const metadata = (fields: Record<string, string>) =>
  Object.entries(fields)
    .map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`)
    .join(',')

/** Gives the id. */
async function begin(bytes: number, fields: Record<string, string> = {}): Promise<string> {
  const headers = {
    ...HEAD,
    'upload-length': String(bytes),
    'upload-metadata': metadata({ filename: 'a.mp4', ...fields }),
  }
  const answer = await ask('/v1/uploads', { method: 'POST', headers })
  expect(answer.status).toBe(201)
  return answer.headers.get('location')!.split('/').at(-1)!
}

const send = (id: string, offset: number, body: Uint8Array) =>
  ask(`/v1/uploads/${id}`, {
    method: 'PATCH',
    headers: { ...BODY, 'upload-offset': String(offset) },
    body: body as BodyInit,
  })

const look = async (id: string, who?: string) => (await (await ask(`/v1/uploads/${id}`, {}, who)).json()) as Upload

describe('a client that is not ours', () => {
  it('sends a file in pieces', async () => {
    const url = await new Promise<string>((resolve, reject) => {
      const upload = new tus.Upload(BYTES as unknown as Blob, {
        endpoint: `${api.url}/v1/uploads`,
        headers: { authorization: `Bearer ${keys.shop}` },
        chunkSize: 100_000,
        metadata: { filename: 'holiday.mp4', sha256: createHash('sha256').update(BYTES).digest('hex') },
        onSuccess: () => resolve(upload.url!),
        onError: reject,
      })
      upload.start()
    })
    const id = url.split('/').at(-1)!
    expect(await look(id)).toMatchObject({
      ...{ id, state: 'completed', filename: 'holiday.mp4', bytes: 300_000, receivedBytes: 300_000 },
    })
    expect(await readFile(join(api.storage.uploads.folder, id))).toEqual(BYTES)
  })

  it('is told what the server knows of the protocol, without a key', async () => {
    const answer = await fetch(`${api.url}/v1/uploads`, { method: 'OPTIONS' })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('tus-version')).toBe('1.0.0')
    expect(answer.headers.get('tus-extension')).toContain('creation')
    expect(answer.headers.get('tus-max-size')).toBe(String(10 * 1024 ** 2))
  })
})

describe('a server whose outputs lie in a folder', () => {
  it('has no bucket that files could be sent to, and completes none that is sent by tus', async () => {
    const direct = (bytes: unknown) =>
      ask('/v1/uploads/direct', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ bytes }),
      })
    const codeOf = async (answer: Promise<Response>) => (await (await answer).json()).code
    expect(await codeOf(direct(1_000))).toBe('NOT_FOUND')
    expect(await codeOf(direct(0))).toBe('INVALID_REQUEST')
    const id = await begin(1_000)
    const complete = (who?: string) => codeOf(ask(`/v1/uploads/${id}/complete`, { method: 'POST' }, who))
    expect(await complete()).toBe('UPLOAD_CONFLICT')
    expect(await complete('blog')).toBe('NOT_FOUND')
    expect(await codeOf(ask(`/v1/uploads/${id}/parts`))).toBe('UPLOAD_CONFLICT')
    expect(await codeOf(ask(`/v1/uploads/${id}/parts`, {}, 'blog'))).toBe('NOT_FOUND')
  })
})

describe('a connection that was cut', () => {
  it('is gone on behind, though its server does not know yet that it was', async () => {
    const id = await begin(BYTES.length)
    const headers = { authorization: `Bearer ${keys.shop}`, ...BODY, 'upload-offset': '0', 'content-length': '300000' }
    const stale = httpRequest(`${api.url}/v1/uploads/${id}`, { method: 'PATCH', headers })
    stale.on('error', () => {})
    stale.write(BYTES.subarray(0, 50_000))
    await expect.poll(async () => (await look(id)).receivedBytes).toBe(50_000)
    // Nothing more comes, and the connection stays: whoever asks next gets what there is.
    const found = await ask(`/v1/uploads/${id}`, { method: 'HEAD', headers: HEAD })
    expect(found.status).toBe(200)
    const offset = Number(found.headers.get('upload-offset'))
    expect(offset).toBe(50_000)
    expect((await send(id, offset, BYTES.subarray(offset))).status).toBe(204)
    expect(await look(id)).toMatchObject({ state: 'completed' })
    expect(await readFile(join(api.storage.uploads.folder, id))).toEqual(BYTES)
    stale.destroy()
  })

  it('is whole where whoever took the last byte died before they said so', async () => {
    const id = await begin(4)
    await writeFile(join(api.storage.uploads.folder, id), 'four')
    expect(await look(id)).toMatchObject({ state: 'open', receivedBytes: 4 })
    expect((await ask(`/v1/uploads/${id}`, { method: 'HEAD', headers: HEAD })).headers.get('upload-offset')).toBe('4')
    expect(await look(id)).toMatchObject({ state: 'completed' })
  })
})

describe('refused is', () => {
  const problem = async (answer: Response) => ({
    status: answer.status,
    ...((await answer.json()) as { code: string }),
  })

  it('a file larger than the server takes', async () => {
    const headers = { ...HEAD, 'upload-length': String(10 * 1024 ** 2 + 1) }
    const answer = await ask('/v1/uploads', { method: 'POST', headers })
    expect(await problem(answer)).toMatchObject({
      ...{ status: 413, code: 'PAYLOAD_TOO_LARGE' },
      detail: expect.stringContaining(`${10 * 1024 ** 2} bytes`),
    })
  })

  it('what came but was not sent', async () => {
    const id = await begin(4, { sha256: createHash('sha256').update('five').digest('hex') })
    expect(await problem(await send(id, 0, Buffer.from('four')))).toMatchObject({
      status: 460,
      code: 'CHECKSUM_MISMATCH',
    })
    expect((await ask(`/v1/uploads/${id}`)).status).toBe(404)
    expect(await api.storage.uploads.bytes(id)).toBeNull()
  })

  it('a hash that is none', async () => {
    const headers = { ...HEAD, 'upload-length': '4', 'upload-metadata': metadata({ sha256: 'abc' }) }
    expect(await problem(await ask('/v1/uploads', { method: 'POST', headers }))).toMatchObject({ status: 422 })
  })

  it('a place where the upload is not', async () => {
    const id = await begin(8)
    expect(await problem(await send(id, 4, Buffer.from('four')))).toMatchObject({
      status: 409,
      code: 'UPLOAD_CONFLICT',
    })
  })

  it('more than was said', async () => {
    const id = await begin(4)
    expect((await send(id, 0, Buffer.from('four and more'))).status).toBeGreaterThanOrEqual(400)
    expect((await look(id)).receivedBytes).toBeLessThanOrEqual(4)
  })

  it('what is another tenant’s, to look at, to go on with and to read', async () => {
    const id = await begin(4)
    const headers = { ...BODY, 'upload-offset': '0' }
    expect((await ask(`/v1/uploads/${id}`, {}, 'blog')).status).toBe(404)
    expect((await ask(`/v1/uploads/${id}`, { method: 'HEAD', headers: HEAD }, 'blog')).status).toBe(404)
    expect((await ask(`/v1/uploads/${id}`, { method: 'PATCH', headers, body: 'four' }, 'blog')).status).toBe(404)
    expect((await ask(`/v1/uploads/${id}`, { method: 'DELETE' }, 'blog')).status).toBe(404)
    const request = { input: `upload:${id}`, outputs: [{ preset: 'h264-360p' }] }
    await expect(clients.blog!.submit(request)).rejects.toMatchObject({
      code: 'INPUT_NOT_FOUND',
      errors: [{ pointer: '/input' }],
    })
  })

  it.each(['upload:', 'upload:a.mp4', 'upload:../../etc/passwd', 'UPLOAD:01M82CWC75EH2YYWGVK577ZGCG'])(
    'the input %s',
    async (input) => {
      await expect(clients.shop!.submit({ input, outputs: [{ preset: 'h264-360p' }] })).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
        errors: [{ pointer: '/input' }],
      })
    },
  )
})

describe('a job', () => {
  const aJob = (id: string) => ({ input: `upload:${id}`, outputs: [{ preset: 'h264-360p' }] })

  it('waits for the file that it reads, and no longer', async () => {
    const id = await begin(4)
    const job = await clients.shop!.submit(aJob(id))
    expect(job).toMatchObject({ state: 'queued', waitsFor: 'upload', queuePosition: null })
    const dry = await clients.shop!.dryRun(aJob(id))
    expect(dry.warnings).toMatchObject([{ code: 'NOT_INSPECTED', detail: expect.stringContaining('still being sent') }])
    expect((await ask(`/v1/uploads/${id}`, { method: 'DELETE' })).status).toBe(409)
    expect((await send(id, 0, Buffer.from('four'))).status).toBe(204)
    await expect.poll(async () => (await clients.shop!.get(job.id)).waitsFor).toBeUndefined()
    await clients.shop!.cancel(job.id)
  })

  it('fails when the file will not come', async () => {
    const id = await begin(4)
    const job = await clients.shop!.submit(aJob(id))
    await api.queue.uploads.remove(id)
    expect(await clients.shop!.wait(job.id)).toMatchObject({
      state: 'failed',
      error: { code: 'PREDECESSOR_FAILED', detail: expect.stringContaining(`Upload ${id}`) },
    })
  })
})

describe('what nobody needs any more is removed', () => {
  const options = () => ({ queue: api.queue, storage: api.storage, maxBytes: 1_000, keepMs: HOUR })
  const sweep = (afterMs: number) => {
    const tusOf = () => openTus(options())
    return sweepOnce(options(), tusOf, Date.now() + afterMs)
  }
  const isThere = async (id: string) => {
    const [record, bytes] = [await api.queue.uploads.get(id), await api.storage.uploads.bytes(id)]
    expect(record === null).toBe(bytes === null)
    return record !== null
  }

  it('when its time is over, unless an open job reads it or it is to be kept', async () => {
    const [left, whole, used, kept] = [await begin(8), await begin(4), await begin(4), await begin(4, { keep: 'true' })]
    for (const id of [whole, used, kept]) await send(id, 0, Buffer.from('four'))
    const job = await clients.shop!.submit({ input: `upload:${used}`, outputs: [{ preset: 'h264-360p' }] })
    await sweep(0)
    for (const id of [left, whole, used, kept]) expect(await isThere(id)).toBe(true)
    await sweep(2 * HOUR)
    expect(await Promise.all([left, whole, used, kept].map(isThere))).toEqual([false, false, true, true])
    await clients.shop!.cancel(job.id)
    await sweep(2 * HOUR)
    expect(await isThere(used)).toBe(false)
  })

  it('when the jobs that read it have completed', async () => {
    const id = await begin(4, { filename: 'C:\\films\\a\u0000 & b.mp4' })
    const worker = await startScriptedWorker(api.redisUrl)
    worker.work(talking(1))
    const job = await clients.shop!.submit({ input: `upload:${id}`, outputs: [{ preset: 'h264-360p' }] })
    expect(job.waitsFor).toBe('upload')
    await send(id, 0, Buffer.from('four'))
    expect(await clients.shop!.wait(job.id)).toMatchObject({ state: 'completed' })
    await sweep(0)
    expect(await isThere(id)).toBe(false)
    await worker.close()
    const named = { uri: `upload:${id}`, name: 'a & b.mp4' }
    expect((await clients.shop!.get(job.id)).input).toMatchObject(named)
    const { items } = await clients.shop!.listPage({ text: 'A & B' })
    expect(items.map(({ input }) => input)).toMatchObject([named])
    expect((await clients.shop!.requestOf(job.id)).input).toBe(named.uri)
  })
})
