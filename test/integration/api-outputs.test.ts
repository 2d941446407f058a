import { createHash } from 'node:crypto'
import { mkdir, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { JobOutput, JobRequest, Problem } from '../../src/contract/index.js'
import { ask, submit } from '../helpers/api-answers.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { type ScriptedWorker, startScriptedWorker } from '../helpers/scripted-worker.js'

let api: TestApi
let worker: ScriptedWorker
beforeAll(async () => {
  api = await startApi()
  worker = await startScriptedWorker(api.redisUrl)
})
afterAll(async () => {
  await worker.close()
  await api.close()
})

const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, i) => i % 251))
const sha256 = createHash('sha256').update(bytes).digest('hex')

async function put(path: string, content: Buffer | string): Promise<void> {
  await mkdir(dirname(join(api.outputRoot, path)), { recursive: true })
  await writeFile(join(api.outputRoot, path), content)
}

/** A completed job with one output that stands at its path; gives the address of the output. */
async function publish(output: JobRequest['outputs'][0], facts: Partial<JobOutput> = {}): Promise<string> {
  worker.work(async (attempt) => {
    await attempt.commit('g', '{}', true)
    const job = (await api.queue.jobs.get(attempt.jobId))!
    await attempt.outputReady(1, { ...job.outputs[0]!, bytes: 1_000, sha256, ...facts })
    return { kind: 'completed' }
  })
  const { id } = await submit(api.url, { outputs: [{ name: 'main', ...output }] })
  await vi.waitFor(async () => expect((await api.queue.jobs.get(id))?.state).toBe('completed'), { timeout: 20_000 })
  await worker.rest()
  return `${api.url}/v1/jobs/${id}/outputs/main`
}

const get = async (url: string, headers: Record<string, string> = {}, method = 'GET') => {
  const response = await fetch(url, { headers, method })
  return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) }
}

describe('a file', () => {
  let url: string
  beforeAll(async () => {
    await put('o/mäin "1".mp4', bytes)
    url = await publish({ preset: 'h264-360p', path: 'o/mäin "1".mp4' })
  })

  it('comes whole, with what a browser needs and nothing it may run', async () => {
    const { status, headers, body } = await get(url)
    expect(status).toBe(200)
    expect(body.equals(bytes)).toBe(true)
    expect(headers.get('content-type')).toBe('video/mp4')
    expect(headers.get('content-length')).toBe('1000')
    expect(headers.get('accept-ranges')).toBe('bytes')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toContain('sandbox')
    expect(headers.get('content-disposition')).toBe(
      `inline; filename="m_in _1_.mp4"; filename*=UTF-8''m%C3%A4in%20%221%22.mp4`,
    )
  })

  it.each([
    ['bytes=0-99', 0, 99],
    ['bytes=990-', 990, 999],
    ['bytes=-10', 990, 999],
    ['bytes=500-5000', 500, 999],
    ['bytes=0-0,5-6', 0, 0],
  ])('comes in part for %s', async (range, first, last) => {
    const { status, headers, body } = await get(url, { range })
    expect(status).toBe(206)
    expect(headers.get('content-range')).toBe(`bytes ${first}-${last}/1000`)
    expect(headers.get('content-length')).toBe(String(last - first + 1))
    expect(body.equals(bytes.subarray(first, last + 1))).toBe(true)
  })

  it('comes whole for a range that is none, and not at all for one behind its end', async () => {
    expect((await get(url, { range: 'bytes=9-1' })).status).toBe(200)
    const { status, headers, body } = await ask<Problem>(url, null, { headers: { range: 'bytes=1000-' } })
    expect([status, headers.get('content-range'), body.status]).toEqual([416, 'bytes */1000', 416])
    expect(body.hint).toMatch(/without Range/)
  })

  it('does not come again to whoever has it', async () => {
    const etag = (await get(url)).headers.get('etag')!
    expect(etag).toMatch(/^"[\x21\x23-\x7e]+"$/)
    for (const tag of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const { status, headers, body } = await get(url, { 'if-none-match': tag })
      expect([status, headers.get('etag'), body.length]).toEqual([304, etag, 0])
    }
    expect((await get(url, { 'if-none-match': '"x"' })).status).toBe(200)
    const since = (await get(url)).headers.get('last-modified')!
    expect((await get(url, { 'if-modified-since': since })).status).toBe(304)
    expect((await get(url, { 'if-modified-since': 'yesterday' })).status).toBe(200)
  })

  it('is resumed only where it is still the same', async () => {
    const etag = (await get(url)).headers.get('etag')!
    const range = 'bytes=0-9'
    expect((await get(url, { range, 'if-range': etag })).status).toBe(206)
    expect((await get(url, { range, 'if-range': '"other"' })).status).toBe(200)
    await put('o/mäin "1".mp4', Buffer.concat([bytes]).fill(7, 0, 1))
    const changed = await get(url, { range, 'if-range': etag })
    expect([changed.status, changed.body.length]).toEqual([200, 1_000])
    expect(changed.headers.get('etag')).not.toBe(etag)
    await put('o/mäin "1".mp4', bytes)
  })

  it('shows its head', async () => {
    const head = await get(url, {}, 'HEAD')
    expect([head.status, head.body.length, head.headers.get('content-length')]).toEqual([200, 0, '1000'])
    const part = await get(url, { range: 'bytes=0-9' }, 'HEAD')
    expect([part.status, part.headers.get('content-length')]).toEqual([206, '10'])
  })

  it('can be left in the middle', async () => {
    await put('o/large.mp4', Buffer.alloc(50_000_000))
    const large = await publish({ preset: 'h264-360p', path: 'o/large.mp4' })
    const before = await openFiles()
    for (let i = 0; i < 5; i++) {
      const abort = new AbortController()
      const response = await fetch(large, { signal: abort.signal })
      await response.body!.getReader().read()
      abort.abort()
    }
    await expect.poll(openFiles).toBeLessThanOrEqual(before)
  })
})

/** Files of the output root that this process has open. */
async function openFiles(): Promise<number> {
  const links = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  )
  return links.filter((link) => link.startsWith(api.outputRoot)).length
}

describe('an output', () => {
  it('may be empty', async () => {
    await put('o/empty.mp4', '')
    const url = await publish({ preset: 'h264-360p', path: 'o/empty.mp4' })
    const { status, headers, body } = await get(url)
    expect([status, headers.get('content-length'), body.length]).toEqual([200, '0', 0])
    expect((await get(url, { range: 'bytes=0-' })).status).toBe(416)
  })

  it('is not there before it is published, under another name, or when its file is gone', async () => {
    const { id } = await submit(api.url, { delayMs: 60_000, outputs: [{ preset: 'h264-360p', name: 'main' }] })
    const waiting = await ask<Problem>(`${api.url}/v1/jobs/${id}/outputs/main`, null)
    expect(waiting.body).toMatchObject({ code: 'NOT_FOUND', detail: 'The output is not published yet.' })
    await put('o/gone.mp4', bytes)
    const url = await publish({ preset: 'h264-360p', path: 'o/gone.mp4' })
    expect((await ask<Problem>(`${url}x`, null)).body.detail).toBe('The job has no output of that name.')
    expect((await ask(`${url}/x`, null)).status).toBe(404)
    await rm(join(api.outputRoot, 'o/gone.mp4'))
    const { body } = await ask<Problem>(url, null)
    expect(body.code).toBe('NOT_FOUND')
    expect(JSON.stringify(body)).not.toContain(api.folder)
  })

  it('is not followed out of the root', async () => {
    await put('o/link.mp4', bytes)
    const url = await publish({ preset: 'h264-360p', path: 'o/link.mp4' })
    await rm(join(api.outputRoot, 'o/link.mp4'))
    await symlink('/etc/hostname', join(api.outputRoot, 'o/link.mp4'))
    expect((await ask(url, null)).status).toBe(404)
  })
})

describe('a folder', () => {
  let url: string
  beforeAll(async () => {
    await put('sheets/index.vtt', 'WEBVTT')
    await put('sheets/deep er/sheet-1.jpg', bytes)
    await put('beside.txt', 'secret')
    url = await publish({ preset: 'thumbnails', path: 'sheets' })
  })

  it('lists its files, each with where it is', async () => {
    const { body } = await ask<{ items: { path: string; bytes: number; href: string }[] }>(url, 'OutputFiles')
    expect(body.items.map(({ path, bytes }) => ({ path, bytes }))).toEqual([
      { path: 'deep er/sheet-1.jpg', bytes: 1_000 },
      { path: 'index.vtt', bytes: 6 },
    ])
    const files = await Promise.all(body.items.map(({ href }) => get(`${api.url}${href}`, { range: 'bytes=0-5' })))
    expect(files.map(({ status, headers }) => [status, headers.get('content-type')])).toEqual([
      [206, 'image/jpeg'],
      [206, 'text/vtt; charset=utf-8'],
    ])
    expect(files[1]!.body.toString()).toBe('WEBVTT')
  })

  it.each([
    '',
    '..',
    '%2e%2e/beside.txt',
    '..%2fbeside.txt',
    'no.jpg',
    'deep%20er',
    '/etc/hostname',
    '%00',
    'index.vtt/x',
  ])('has nothing at %j', async (path) => {
    const { status, body } = await get(`${url}/${path}`)
    expect(body.toString()).not.toContain('secret')
    expect([status, JSON.parse(body.toString()).code]).toEqual([404, 'NOT_FOUND'])
  })
})
