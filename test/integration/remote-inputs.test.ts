/** Jobs whose inputs lie elsewhere: a real worker fetches them from a real server. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeClip } from '../../fixtures/media/recipes.js'
import type { Job, JobRequest, ProgressSnapshot } from '../../src/contract/index.js'
import { anAuthority } from '../helpers/certificates.js'
import { type FileServer, sendFile, startFileServer } from '../helpers/file-server.js'
import { all, keptEvents, startFleet, TINY } from '../helpers/fleet-stack.js'
import type { Stack } from '../helpers/stack.js'
import { waitFor } from '../helpers/wait-for.js'

let stack: Stack
let server: FileServer
let secure: Server
let folder: string
let clip: Buffer
const securePort = () => (secure.address() as AddressInfo).port
/** Answers that hang, until they are told to go on. */
let held: ServerResponse[] = []

beforeAll(async () => {
  server = await startFileServer()
  clip = await readFile(await makeClip('h264-aac'))
  folder = await mkdtemp(join(tmpdir(), 'ffleet-remote-'))
  const authority = await anAuthority(folder)
  const { cert, key } = await authority.issue()
  secure = createServer({ cert: await readFile(cert), key: await readFile(key) }, (request, response) =>
    sendFile(request, response, clip),
  )
  await new Promise<void>((done) => secure.listen(0, '127.0.0.1', done))
  const allowed = [server.port, securePort()].map((port) => `127.0.0.1:${port}`).join(',')
  const env = { FFLEET_FETCH_ALLOW: allowed, FFLEET_SLOTS: '2', NODE_EXTRA_CA_CERTS: authority.file }
  stack = await startFleet({ env }, {})
  await stack.startWorker()
  server.on('/film.mp4', (request, response) => sendFile(request, response, clip))
  server.on('/song.mp4', (request, response) => sendFile(request, response, clip, { etag: '"song"' }))
  server.on('/slow.mp4', async (request, response) => {
    // A person would wait as long for a large file.
    response.writeHead(200, { 'content-length': clip.length, etag: '"slow"' })
    for (let at = 0; at < clip.length && !request.destroyed; at += clip.length / 10) {
      response.write(clip.subarray(at, at + clip.length / 10))
      await new Promise((done) => setTimeout(done, 150))
    }
    response.end()
  })
  server.on('/held.mp4', (_, response) => {
    response.writeHead(200, { 'content-length': clip.length, etag: '"held"' })
    response.write(clip.subarray(0, 1_000))
    held.push(response)
  })
})
afterAll(async () => {
  await stack.stop()
  await server.close()
  secure.closeAllConnections()
  await new Promise((done) => secure.close(done))
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => {
  server.requests.splice(0)
  held = []
})

const submit = (input: NonNullable<JobRequest['input']>, more: Partial<JobRequest> = {}) =>
  stack.client.submit({ input, outputs: [{ ...TINY, name: 'main' }], ...more })

/** What lies in the spool of the workers, but for what says whose it is. */
async function spooled(): Promise<string[]> {
  const names = await readdir(join(stack.dataDir, 'spool'), { recursive: true }).catch(() => [])
  return names.filter((name) => /\.mp4$/.test(name))
}

const progressOf = (events: { type: string }[]) =>
  events.flatMap((event) => ('progress' in event ? [event.progress as ProgressSnapshot] : []))

test('a job from a server that speaks TLS', async () => {
  const url = `https://127.0.0.1:${securePort()}/film.mp4`
  const job = await stack.client.wait((await submit(url)).id, { timeoutMs: 20_000 })
  expect(job).toMatchObject({ state: 'completed', input: { uri: url } })
})

test('a job from a URL: its fetch is told of, counts in the percent, stands in the report, and nobody sees its signature', async () => {
  const url = server.url('/slow.mp4?signature=secret')
  const sent = await submit(url)
  expect(sent.input.uri).toBe(server.url('/slow.mp4'))
  const events = await all(stack.client.watch(sent.id))
  const job = (events.at(-1) as unknown as { job: Job }).job
  expect(job).toMatchObject({ state: 'completed', input: { uri: server.url('/slow.mp4') } })
  const progress = progressOf(events)
  const fetching = progress.filter(({ phase }) => phase === 'fetching')
  expect(fetching.length).toBeGreaterThan(2)
  expect(fetching.every(({ fetchTotalBytes, basis }) => fetchTotalBytes === clip.length && basis === 'bytes')).toBe(
    true,
  )
  expect(fetching.at(-1)!.fetchedBytes).toBe(clip.length)
  expect(fetching.at(-1)!.percent).toBe(10)
  const percents = progress.flatMap(({ percent }) => (percent === null ? [] : [percent]))
  expect(percents).toEqual(percents.toSorted((a, b) => a - b))
  expect(
    progress.filter(({ phase }) => phase === 'encoding').every(({ percent }) => percent === null || percent >= 10),
  ).toBe(true)
  expect(job.progress).toMatchObject({ percent: 100, fetchedBytes: clip.length, fetchTotalBytes: clip.length })

  const report = await stack.client.report(job.id)
  expect(report.attempts[0]!.sources).toEqual([
    {
      uri: server.url('/slow.mp4'),
      bytes: clip.length,
      seconds: expect.any(Number),
      etag: '"slow"',
      lastModified: null,
      reused: false,
    },
  ])
  const log = await fetch(`${stack.baseUrl}/v1/jobs/${job.id}/log`).then((response) => response.text())
  const seen = [job, await keptEvents(stack, job.id), report, log, await stack.client.requestOf(job.id)]
  const metrics = await fetch(`${stack.baseUrl}/metrics`).then((response) => response.text())
  const own = [stack.api.output(), ...stack.workers.map((worker) => worker.output())]
  expect(JSON.stringify([seen, metrics, own])).not.toContain('secret')
  expect(JSON.stringify(seen)).not.toContain(stack.folder)
}, 60_000)

test('a film and its soundtrack from URLs; what is here still is asked for, and not fetched again', async () => {
  const input = { uri: server.url('/film.mp4'), soundtrack: server.url('/song.mp4') }
  const first = await stack.client.wait((await submit(input)).id)
  expect(first).toMatchObject({ state: 'completed', input })
  const again = await stack.client.wait((await submit(input.uri)).id)
  expect(again.state).toBe('completed')
  expect((await stack.client.report(again.id)).attempts[0]!.sources![0]!.reused).toBe(true)
  expect(server.requests.filter(({ path }) => path === '/film.mp4').map(({ range }) => range)).toEqual([
    'bytes=0-8388607',
    'bytes=0-0',
  ])
}, 60_000)

test('two jobs share one fetch; one is cancelled at once, the other goes on', async () => {
  const url = server.url('/held.mp4')
  const [one, other] = await Promise.all([submit(url), submit(url)])
  await waitFor(async () => {
    for (const { id } of [one, other]) expect((await stack.client.get(id)).phase).toBe('fetching')
  })
  await stack.client.cancel(one.id)
  expect((await stack.client.wait(one.id)).state).toBe('cancelled')
  expect(held).toHaveLength(1)
  held[0]!.end(clip.subarray(1_000))
  expect((await stack.client.wait(other.id)).state).toBe('completed')
  expect(server.requests).toHaveLength(1)
}, 60_000)

test('what cannot be had fails with clear words, once', async () => {
  const gone = await stack.client.wait((await submit(server.url('/gone.mp4?signature=secret'))).id)
  expect(gone).toMatchObject({ state: 'failed', attempt: 1 })
  expect(gone.error).toMatchObject({
    code: 'FETCH_REFUSED',
    retryable: false,
    detail: '127.0.0.1 answers 404: there is nothing at this URL.',
  })
  // The signature is kept for that, though it is shown to nobody.
  server.on('/gone.mp4', (request, response) => {
    if (request.url!.includes('signature=secret')) sendFile(request, response, clip)
    else response.writeHead(403).end()
  })
  await stack.client.retry(gone.id)
  expect((await stack.client.wait(gone.id)).state).toBe('completed')
}, 60_000)

test('a dry run looks at the file and keeps the signature to itself', async () => {
  const request = { input: server.url('/film.mp4?signature=secret'), outputs: [TINY] }
  const response = await fetch(`${stack.baseUrl}/v1/jobs?dryRun=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  })
  const text = await response.text()
  expect(JSON.parse(text)).toMatchObject({
    job: { input: { uri: server.url('/film.mp4') } },
    plan: { probe: { bytes: clip.length } },
    refusal: null,
  })
  expect(text).not.toContain('secret')
}, 60_000)

test.each([
  ['http://127.0.0.1:1/in.mp4', 'URL_NOT_PUBLIC'],
  ['http://169.254.169.254/latest/meta-data', 'URL_NOT_PUBLIC'],
  ['https://me:secret@example.com/in.mp4', 'INVALID_REQUEST'],
])('%s is refused when it comes', async (input, code) => {
  const error = await submit(input).then(
    () => null,
    (error) => error,
  )
  expect(error).toMatchObject({ status: 422, code, errors: [{ pointer: '/input' }] })
})

test('a worker that is killed in the middle of a fetch leaves nothing, and another one begins it anew', async () => {
  const [worker] = stack.workers
  const job = await submit(server.url('/held.mp4'))
  await waitFor(() => expect(held).toHaveLength(1))
  await waitFor(async () => expect(await spooled()).not.toEqual([]))
  const former = await spooled()
  worker!.signal('SIGKILL')
  await worker!.ended
  server.on('/held.mp4', (request, response) => sendFile(request, response, clip))
  await stack.startWorker()
  expect(await stack.client.wait(job.id)).toMatchObject({ state: 'completed', attempt: 2 })
  expect((await spooled()).filter((name) => former.includes(name))).toEqual([])
}, 60_000)

test('a worker that is told to stop hands a fetch back at once, and takes its spool with it', async () => {
  const worker = stack.workers.at(-1)!
  server.on('/wait.mp4', (_, response) => {
    response.writeHead(200, { 'content-length': clip.length }).write('x')
    held.push(response)
  })
  const job = await submit(server.url('/wait.mp4'))
  await waitFor(() => expect(held).toHaveLength(1))
  worker.signal('SIGTERM')
  await worker.ended
  expect(await readdir(join(stack.dataDir, 'spool'))).toEqual([])
  expect(await stack.client.get(job.id)).toMatchObject({ state: 'queued' })
  await stack.client.cancel(job.id)
}, 60_000)
