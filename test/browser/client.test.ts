import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type * as Ffleet from '../../src/index.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { aBucket } from '../helpers/bucket.js'
import { startChromium } from '../helpers/chromium.js'
import { long } from '../helpers/long.js'
import { publishing } from '../helpers/publish-output.js'
import { type ScriptedWorker, startScriptedWorker, talking } from '../helpers/scripted-worker.js'
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.js'

/** What the bundle leaves in the page. */
declare const ffleet: typeof Ffleet

const REQUEST = { input: 'in.mp4', outputs: [{ preset: 'h264-360p' }] }
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

let bundle: string
let api: TestApi
let worker: ScriptedWorker
let browser: Browser
let proxy: TcpProxy
let page: Page

beforeAll(async () => {
  const entry = fileURLToPath(new URL('../../src/index.ts', import.meta.url))
  // For a browser: whatever of Node the client would need could not be resolved.
  const built = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'ffleet',
    target: 'es2022',
  })
  bundle = built.outputFiles[0]!.text
  api = await startApi()
  worker = await startScriptedWorker(api.redisUrl)
  browser = await startChromium()
})
afterAll(async () => {
  await browser?.close()
  await worker?.close()
  await api?.close()
})
beforeEach(async () => {
  proxy = await startTcpProxy({ port: Number(new URL(api.url).port) })
  // The page is of the API's own origin, as the dashboard is; what its headers forbid to run is not what is tested.
  page = await browser.newPage({ bypassCSP: true })
  await page.goto(`${proxy.url}/healthz`)
  await page.addScriptTag({ content: bundle })
})
afterEach(async () => {
  await page.close()
  await worker.rest()
  await proxy.close()
})

describe('in a browser', () => {
  test('the client is small and wants nothing of Node', () => {
    expect(bundle.length).toBeLessThan(40_000)
    expect(bundle).not.toMatch(/\bprocess\.|\bBuffer\b|\brequire\(/)
  })

  test('submits, and follows over a network that cuts, holds and refuses', async () => {
    const watching = page.evaluate(async (request) => {
      const client = new ffleet.FfleetClient({ baseUrl: '', retry: { baseMs: 10, maxMs: 50 }, idleTimeoutMs: 1_000 })
      const { id } = await client.submit(request)
      const ids: string[] = []
      for await (const event of client.events(id)) ids.push(event.id)
      return { id, ids, state: (await client.wait(id)).state }
    }, REQUEST)
    worker.work(
      talking(200, async (n) => {
        await sleep(4)
        if (n % 30 === 0) proxy.cutAfter(n * 7)
        if (n % 50 === 0) {
          proxy.hold()
          setTimeout(proxy.flow, 50)
        }
        if (n === 120) {
          proxy.refuse()
          proxy.cut()
          setTimeout(proxy.accept, 100)
        }
      }),
    )
    const { id, ids, state } = await watching
    const log = (await api.queue.events.read(id))!.entries.map((entry) => entry.event.id)
    expect(ids).toEqual(log)
    expect(state).toBe('completed')
    expect(proxy.accepted).toBeGreaterThan(5)
  })

  test('a half-open connection is given up and resumed', async () => {
    const { id } = await page.evaluate((request) => new ffleet.FfleetClient({ baseUrl: '' }).submit(request), REQUEST)
    const watching = page.evaluate(async (jobId) => {
      const client = new ffleet.FfleetClient({ baseUrl: '', retry: { baseMs: 10 }, idleTimeoutMs: 400 })
      const ids: string[] = []
      for await (const event of client.events(jobId)) ids.push(event.id)
      return ids
    }, id)
    worker.work(
      talking(40, (n) => {
        if (n !== 20) return
        proxy.hold()
        setTimeout(proxy.flow, 800)
      }),
    )
    expect(await watching).toEqual((await api.queue.events.read(id))!.entries.map((entry) => entry.event.id))
  })

  test('errors are what they are in Node', async () => {
    const seen = await page.evaluate(async (request) => {
      const client = new ffleet.FfleetClient({ baseUrl: location.origin, retry: { attempts: 1, baseMs: 1 } })
      const kind = (error: unknown) => {
        if (error instanceof ffleet.FfleetApiError) return `${error.code} ${error.errors.map((one) => one.pointer)}`
        return error instanceof ffleet.FfleetConnectionError ? 'connection' : String(error)
      }
      const elsewhere = new ffleet.FfleetClient({ baseUrl: 'http://127.0.0.1:1', retry: false })
      const failing = [
        client.submit({ ...request, outputs: [] }),
        client.get('nope'),
        elsewhere.get('nope'),
        client.get('nope', { signal: AbortSignal.abort(new Error('enough')) }),
      ]
      return (await Promise.allSettled(failing)).map((one) =>
        one.status === 'rejected' ? kind(one.reason) : 'no error',
      )
    }, REQUEST)
    expect(seen).toEqual(['INVALID_REQUEST /outputs', 'NOT_FOUND ', 'connection', 'Error: enough'])
  })

  test('an output arrives byte for byte', async () => {
    const path = `${Math.random()}.mp4`
    const bytes = new Uint8Array(200_000).map((_, i) => (i * 31) % 253)
    worker.work(publishing({ storage: api.storage, staging: api.folder }, bytes))
    const got = await page.evaluate(
      async ([request, name]) => {
        const client = new ffleet.FfleetClient({ baseUrl: '' })
        const { id } = await client.wait((await client.submit(request)).id)
        const whole = await client.output(id, name)
        const part = await client.output(id, name, { range: { first: 100, last: 199 } })
        const sizes = [whole.bytes, part.bytes, (await part.arrayBuffer()).byteLength]
        return { sizes, type: whole.mediaType, bytes: Array.from(new Uint8Array(await whole.arrayBuffer())) }
      },
      [{ ...REQUEST, outputs: [{ preset: 'h264-360p', path }] }, 'h264-360p'] as [Ffleet.JobRequest, string],
    )
    expect(got.sizes).toEqual([bytes.length, 100, 100])
    expect(got.type).toBe('video/mp4')
    expect(Buffer.from(got.bytes).equals(bytes)).toBe(true)
  })
})

long('a file goes straight to the bucket, and a part that is not taken at once is sent again', async () => {
  const bucket = await aBucket()
  const uploads = { maxBytes: 100 * 1024 ** 2, keepMs: 60_000 }
  const inBucket = await startApi({ bucket, redisUrl: api.redisUrl, uploads })
  onTestFinished(() => inBucket.close())
  const parts: string[] = []
  bucket.fault = ({ method, query }) => {
    if (method !== 'PUT' || !query.has('X-Amz-Signature')) return null
    const number = query.get('partNumber')!
    const isRefused = number === '2' && !parts.includes(number)
    parts.push(number)
    return isRefused ? { answer: { status: 503, code: 'SlowDown' } } : null
  }
  await page.goto(`${inBucket.url}/healthz`)
  await page.addScriptTag({ content: bundle })
  const { upload, sent } = await page.evaluate(async () => {
    const bytes = Uint8Array.from({ length: 17 * 1024 ** 2 }, (_, n) => n % 251)
    const told: number[] = []
    const client = new ffleet.FfleetClient({ baseUrl: '' })
    const file = new File([bytes], 'film.mp4')
    return {
      upload: await client.uploadDirect(file, { filename: file.name, onSent: (sentBytes) => told.push(sentBytes) }),
      sent: told,
    }
  })
  expect(upload).toMatchObject({ state: 'completed', filename: 'film.mp4', receivedBytes: 17 * 1024 ** 2 })
  expect(parts.sort()).toEqual(['1', '2', '2'])
  expect(sent.at(-1)).toBe(17 * 1024 ** 2)
  const hash = createHash('sha256').update(Uint8Array.from({ length: 17 * 1024 ** 2 }, (_, n) => n % 251))
  expect(await inBucket.storage.uploads.direct!.hash(upload.id)).toBe(hash.digest('hex'))
})
