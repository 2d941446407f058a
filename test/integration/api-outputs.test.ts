import { mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JobRequest, Problem } from '../../src/contract/index.js'
import { jobErrorFrom } from '../../src/queue/index.js'
import { aRequest, ask, post, submit } from '../helpers/api-answers.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { type Content, publishing } from '../helpers/publish-output.js'
import { type ScriptedWorker, startScriptedWorker } from '../helpers/scripted-worker.js'
import { waitFor } from '../helpers/wait-for.js'

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

async function put(path: string, content: Buffer | string): Promise<void> {
  await mkdir(dirname(join(api.outputRoot, path)), { recursive: true })
  await writeFile(join(api.outputRoot, path), content)
}

/** A completed job with one output, which holds these bytes; gives the address of the output. */
async function publish(output: JobRequest['outputs'][0], content: Content): Promise<string> {
  worker.work(publishing({ storage: api.storage, staging: api.folder }, content))
  const { id } = await submit(api.url, { outputs: [{ name: 'main', ...output }] })
  await waitFor(async () => expect((await api.queue.jobs.get(id))?.state).toBe('completed'))
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
    url = await publish({ preset: 'h264-360p', path: 'o/mäin "1".mp4' }, bytes)
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
    const changed = await ask<Problem>(url, null, { headers: { range, 'if-range': etag } })
    expect(changed.body).toMatchObject({ status: 410, code: 'OUTPUT_REPLACED' })
    // As from a backup: the same bytes, another time.
    await put('o/mäin "1".mp4', bytes)
    const restored = await get(url, { range, 'if-range': etag })
    expect([restored.status, restored.body.length]).toEqual([200, 1_000])
    expect(restored.headers.get('etag')).not.toBe(etag)
  })

  it('shows its head', async () => {
    const head = await get(url, {}, 'HEAD')
    expect([head.status, head.body.length, head.headers.get('content-length')]).toEqual([200, 0, '1000'])
    const part = await get(url, { range: 'bytes=0-9' }, 'HEAD')
    expect([part.status, part.headers.get('content-length')]).toEqual([206, '10'])
  })

  it('can be left in the middle', async () => {
    const large = await publish({ preset: 'h264-360p', path: 'o/large.mp4' }, Buffer.alloc(50_000_000))
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
    const url = await publish({ preset: 'h264-360p', path: 'o/empty.mp4' }, '')
    const { status, headers, body } = await get(url)
    expect([status, headers.get('content-length'), body.length]).toEqual([200, '0', 0])
    expect((await get(url, { range: 'bytes=0-' })).status).toBe(416)
  })

  it('is not there before it is published, under another name, or when its file is gone', async () => {
    const { id } = await submit(api.url, { delayMs: 60_000, outputs: [{ preset: 'h264-360p', name: 'main' }] })
    const waiting = await ask<Problem>(`${api.url}/v1/jobs/${id}/outputs/main`, null)
    expect(waiting.body).toMatchObject({ code: 'NOT_FOUND', detail: 'The output is not published yet.' })
    const url = await publish({ preset: 'h264-360p', path: 'o/gone.mp4' }, bytes)
    expect((await ask<Problem>(`${url}x`, null)).body.detail).toBe('The job has no output of that name.')
    expect((await ask(`${url}/x`, null)).status).toBe(404)
    await rm(join(api.outputRoot, 'o/gone.mp4'))
    const { body } = await ask<Problem>(url, null)
    expect(body).toMatchObject({
      code: 'NOT_FOUND',
      detail: 'There is nothing at o/gone.mp4, where worker w-scripted on studio put the output.',
      hint: expect.stringContaining('moved or removed'),
    })
    expect(JSON.stringify(body)).not.toContain(api.folder)
  })

  it('is not followed out of the root', async () => {
    const url = await publish({ preset: 'h264-360p', path: 'o/link.mp4' }, bytes)
    await rm(join(api.outputRoot, 'o/link.mp4'))
    await symlink('/etc/hostname', join(api.outputRoot, 'o/link.mp4'))
    expect((await ask(url, null)).status).toBe(404)
  })
})

describe('a folder', () => {
  let url: string
  beforeAll(async () => {
    await put('beside.txt', 'secret')
    url = await publish(
      { preset: 'thumbnails', path: 'sheets' },
      { 'index.vtt': 'WEBVTT', 'deep er/sheet-1.jpg': bytes },
    )
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

describe('the path of an output', () => {
  const to = (path: string, onExists?: 'fail' | 'replace' | 'rename') => ({
    outputs: [{ preset: 'h264-360p', name: 'main', path, ...(onExists && { onExists }) }],
  })
  const idOf = (url: string) => url.split('/').at(-3)!
  const refused = async (path: string) => (await post<Problem>(`${api.url}/v1/jobs`, null, aRequest(to(path)))).body

  it('is refused when something stands there that no job made', async () => {
    await put('taken.mp4', 'by hand')
    const body = await refused('taken.mp4')
    expect(body).toMatchObject({ status: 409, code: 'OUTPUT_EXISTS', errors: [{ pointer: '/outputs/0/path' }] })
    expect(body.hint).toContain('onExists')
    expect(body.detail).toMatch(/no job of this fleet owns is at the path/)
  })

  it('is refused when a job has it that waits, and free again once that is cancelled', async () => {
    const { id } = await submit(api.url, { delayMs: 60_000, ...to('mine.mp4') })
    expect(await refused('./mine.mp4')).toMatchObject({ code: 'OUTPUT_EXISTS', detail: expect.stringContaining(id) })
    await api.queue.jobs.cancel(id)
    const next = await submit(api.url, { delayMs: 60_000, ...to('mine.mp4') })
    // The first one may not come back to it now.
    const { body } = await post<Problem>(`${api.url}/v1/jobs/${id}/retry`, null)
    expect(body).toMatchObject({ code: 'OUTPUT_EXISTS', detail: expect.stringContaining(next.id) })
  })

  it('goes to one of two jobs that are sent at once', async () => {
    const sent = Array.from({ length: 8 }, () =>
      post(`${api.url}/v1/jobs`, null, aRequest({ delayMs: 60_000, ...to('one.mp4') })),
    )
    const statuses = (await Promise.all(sent)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 202)).toHaveLength(1)
    expect(statuses.filter((status) => status === 409)).toHaveLength(7)
  })

  it('is another one for each of many jobs that may be renamed, and the job says which', async () => {
    await put('r/a.mp4', 'by hand')
    const sent = Array.from({ length: 8 }, () => submit(api.url, { delayMs: 60_000, ...to('r/a.mp4', 'rename') }))
    const paths = (await Promise.all(sent)).map(({ outputs }) => outputs[0]!.path).sort()
    expect(paths).toEqual(Array.from({ length: 8 }, (_, i) => `r/a-${i + 2}.mp4`))
  })

  it('of a job that was replaced leads to the job that replaced it, not to its bytes', async () => {
    const first = await publish({ preset: 'h264-360p', path: 'nightly.mp4' }, 'monday')
    expect((await get(first)).body.toString()).toBe('monday')
    const second = await publish({ preset: 'h264-360p', path: 'nightly.mp4', onExists: 'replace' }, 'sunday')
    expect((await get(second)).body.toString()).toBe('sunday')
    const { body } = await ask<Problem>(first, null)
    expect(body).toMatchObject({ status: 410, code: 'OUTPUT_REPLACED', detail: expect.stringContaining(idOf(second)) })
    await api.queue.jobs.remove(idOf(second))
    expect((await ask<Problem>(first, null)).body).toMatchObject({ status: 410, code: 'OUTPUT_REPLACED' })
  })

  it('of a folder that was replaced leads to no file of it', async () => {
    const output = { preset: 'thumbnails', path: 'strip' }
    const first = await publish(output, { 'index.vtt': 'WEBVTT', 'a.jpg': 'one' })
    await publish({ ...output, onExists: 'replace' }, { 'index.vtt': 'WEBVTT', 'a.jpg': 'other' })
    for (const path of ['', '/index.vtt', '/a.jpg']) {
      expect((await ask<Problem>(`${first}${path}`, null)).body).toMatchObject({ code: 'OUTPUT_REPLACED' })
    }
  })

  it('that somebody else took while the job ran ends the job, and leaves what is there', async () => {
    worker.work(async (attempt, run) => {
      await put('late.mp4', 'by hand')
      return publishing({ storage: api.storage, staging: api.folder }, 'ours')(attempt, run).catch(async (error) => {
        await attempt.fail(jobErrorFrom(error, { attempt: 1, atMs: Date.now() }), false)
        return { kind: 'failed', code: error.code, retry: false }
      })
    })
    const { id } = await submit(api.url, to('late.mp4'))
    await waitFor(async () => expect((await api.queue.jobs.get(id))?.state).toBe('failed'))
    await worker.rest()
    expect((await api.queue.jobs.get(id))?.error?.code).toBe('OUTPUT_EXISTS')
    expect(await readFile(join(api.outputRoot, 'late.mp4'), 'utf8')).toBe('by hand')
  })
})
