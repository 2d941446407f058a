/** A fleet whose outputs lie in a bucket. Each worker has a data folder of its own: what a dead one left on its disk helps nobody. */
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { DirectPart, DirectUpload, JobRequest } from '../../src/contract/index.js'
import { type Asked, startBucket, type TestBucket } from '../helpers/bucket.js'
import { cli } from '../helpers/cli.js'
import { faultAt } from '../helpers/fault.js'
import { startFleet, TINY } from '../helpers/fleet-stack.js'
import { long } from '../helpers/long.js'
import type { Stack } from '../helpers/stack.js'
import { waitFor } from '../helpers/wait-for.js'

let stack: Stack
let bucket: TestBucket
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-bucket-'))
  bucket = await startBucket(join(folder, 'store'))
  const env = { ...bucket.env, FFLEET_REPORT_ROOT: 's3://films/reports' }
  stack = await startFleet({ env }, { 'in.mp4': 'h264-aac', 'long.mp4': 'h264-aac-6s' })
})
afterEach(async () => {
  bucket.fault = () => null
  for (const worker of stack.workers) worker.signal('SIGKILL')
  await Promise.all(stack.workers.map(({ ended }) => ended))
})
afterAll(async () => {
  await stack?.stop()
  await bucket?.close()
  await rm(folder, { recursive: true, force: true })
})

let hosts = 0
const worker = (env: Record<string, string> = {}) =>
  stack.startWorker({ FFLEET_DATA_DIR: join(folder, `disk-${++hosts}`), ...env })

async function submit(path: string, request: Partial<JobRequest> = {}): Promise<string> {
  const outputs = [{ name: 'out', ...TINY, path }]
  return (await stack.client.submit({ input: 'in.mp4', outputs, ...request })).id
}

async function ended(id: string) {
  return waitFor(async () => {
    const job = await stack.client.get(id)
    expect(job.state).toMatch(/completed|failed|cancelled/)
    return job
  })
}

const isComplete = ({ method, query }: Asked) => method === 'POST' && query.has('uploadId')
const partsOf = (path: string) =>
  bucket.asked.filter(({ method, query, key }) => method === 'PUT' && query.has('uploadId') && key.endsWith(path))
    .length

test('a job is published into the bucket, served with ranges, and is the input of another job', async () => {
  await worker()
  const id = await submit('a/film.mp4')
  const job = await ended(id)
  expect(job).toMatchObject({ state: 'completed', attempt: 1 })
  expect(await bucket.has('a/film.mp4')).toBe(true)
  const url = `${stack.baseUrl}/v1/jobs/${id}/outputs/out`
  const whole = Buffer.from(await (await fetch(url)).arrayBuffer())
  expect(whole).toHaveLength(job.outputs[0]!.bytes!)
  const part = await fetch(url, { headers: { range: 'bytes=100-199' } })
  expect(part.status).toBe(206)
  expect(Buffer.from(await part.arrayBuffer()).equals(whole.subarray(100, 200))).toBe(true)
  const head = await fetch(url, { method: 'HEAD' })
  expect(head.headers.get('content-length')).toBe(String(whole.length))
  const again = await fetch(url, { headers: { 'if-none-match': head.headers.get('etag')! } })
  expect(again.status).toBe(304)

  const next = await submit('a/second.mp4', { input: `job:${id}/out` })
  expect(await ended(next)).toMatchObject({ state: 'completed' })
  await expect(submit('a/film.mp4')).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' })
  expect(bucket.uploads.size).toBe(0)

  // The worker has a data folder of its own.
  const { attempts } = await stack.client.report(id)
  expect(attempts).toMatchObject([{ outcome: 'completed', passes: [{ exitCode: 0 }] }])
  expect(await stack.client.log(id)).toMatch(/ffmpeg version|Stream/)
  expect(await readdir(join(folder, `disk-${hosts}/unsent-reports`))).toEqual([])
  const firstParts = ['log', 'ndjson'].map((kind) => `reports/${id}/attempt-1.${kind}.${'0'.repeat(15)}`)
  const removed = () => bucket.asked.flatMap(({ method, key }) => (method === 'DELETE' ? key : []))
  expect(removed()).not.toEqual(expect.arrayContaining([firstParts[0]]))
  await stack.client.remove(id)
  expect(removed()).toEqual(expect.arrayContaining(firstParts))
})

test('a worker killed between the decision and the completion: another host completes, and encodes nothing', async () => {
  const first = await worker()
  let wasAsked = false
  bucket.fault = (asked) => {
    if (!isComplete(asked)) return null
    wasAsked = true
    return { wait: new Promise(() => {}) }
  }
  const id = await submit('b/film.mp4')
  await waitFor(() => expect(wasAsked).toBe(true))
  first.signal('SIGKILL')
  await first.ended
  expect(await bucket.has('b/film.mp4')).toBe(false)
  const sent = partsOf('b/film.mp4')
  bucket.fault = () => null
  await worker()
  expect(await ended(id)).toMatchObject({ state: 'completed', attempt: 2 })
  expect(partsOf('b/film.mp4')).toBe(sent)
  const report = await stack.client.report(id)
  expect(report.attempts.at(-1)!.passes).toEqual([])
  expect(bucket.uploads.size).toBe(0)
})

test('a worker killed before the decision: nothing is visible, and what it sent is taken back', async () => {
  const first = await worker()
  let records = 0
  bucket.fault = ({ method, key }) => {
    // The second time the record is written all parts are there.
    const isLast = method === 'PUT' && key.includes('.ffleet/uploads/') && ++records === 2
    return isLast ? { wait: new Promise(() => {}) } : null
  }
  const id = await submit('c/film.mp4')
  await waitFor(() => expect(records).toBe(2))
  first.signal('SIGKILL')
  await first.ended
  expect(await bucket.has('c/film.mp4')).toBe(false)
  expect([...bucket.uploads.values()]).toEqual([expect.stringMatching(/c\/film\.mp4$/)])
  bucket.fault = () => null
  await worker()
  expect(await ended(id)).toMatchObject({ state: 'completed', attempt: 2 })
  expect(bucket.uploads.size).toBe(0)
})

test('a bucket that refuses what is made: a retry publishes it, and encodes nothing, also when a worker is killed meanwhile', async () => {
  const disk = { FFLEET_DATA_DIR: join(folder, 'disk-kept') }
  const first = await stack.startWorker(disk)
  const begins = ({ method, query }: Asked) => method === 'POST' && query.has('uploads')
  bucket.fault = (asked) => (begins(asked) ? { answer: { status: 403, code: 'AccessDenied' } } : null)
  const id = await submit('e/film.mp4', { maxAttempts: 2 })
  const refused = await ended(id)
  expect(refused).toMatchObject({ state: 'failed', attempt: 2, error: { code: 'BUCKET_ACCESS_DENIED' } })
  let wasAsked = false
  bucket.fault = (asked) => {
    if (!begins(asked)) return null
    wasAsked = true
    return { wait: new Promise(() => {}) }
  }
  await stack.client.retry(id)
  await waitFor(() => expect(wasAsked).toBe(true))
  first.signal('SIGKILL')
  await first.ended
  bucket.fault = () => null
  await stack.startWorker(disk)
  expect(await ended(id)).toMatchObject({ state: 'completed', attempt: 4 })
  expect(await bucket.has('e/film.mp4')).toBe(true)
  expect(bucket.uploads.size).toBe(0)
  const { attempts, outputs } = await stack.client.report(id)
  expect(attempts.flatMap(({ passes }) => passes)).toHaveLength(1)
  expect(attempts.at(-1)).toMatchObject({ attempt: 4, outcome: 'completed', passes: [] })
  expect(outputs).toMatchObject([{ name: 'out', verified: { duration: true } }])
  await waitFor(async () => expect(await readdir(join(disk.FFLEET_DATA_DIR, 'scratch/.ffleet'))).not.toContain(id))
})

test('a file goes straight to the bucket, and a job that waits for it begins when it is whole', async () => {
  await worker()
  const clip = await readFile(join(stack.mediaRoot, 'in.mp4'))
  const film = Buffer.alloc(17 * 1024 ** 2)
  clip.copy(film)
  film.writeUInt32BE(film.length - clip.length, clip.length)
  film.write('free', clip.length + 4)
  const ask = async (path: string, body?: object) => {
    const json = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const answer = await fetch(stack.baseUrl + path, { method: 'POST', ...json })
    return { status: answer.status, body: await answer.json() }
  }
  const begin = async (sha256: string): Promise<DirectUpload> => {
    const request = { bytes: film.length, filename: 'film.mp4', sha256 }
    const { status, body } = await ask('/v1/uploads/direct', request)
    expect(status).toBe(201)
    return body
  }
  const put = ({ url, offset, bytes }: DirectPart, body = film.subarray(offset, offset + bytes)) =>
    fetch(url, { method: 'PUT', body: body as BodyInit })

  const { upload, parts } = await begin(createHash('sha256').update(film).digest('hex'))
  expect(parts.map(({ bytes }) => bytes)).toEqual([16 * 1024 ** 2, 1024 ** 2])
  const id = await submit('f/film.mp4', { input: `upload:${upload.id}` })
  expect(await stack.client.get(id)).toMatchObject({ waitsFor: 'upload', input: { name: 'film.mp4' } })
  expect((await put(parts[1]!)).status).toBe(200)
  expect((await put(parts[0]!, film.subarray(1))).status).toBe(403)
  expect(await ask(`/v1/uploads/${upload.id}/complete`)).toMatchObject({
    body: { code: 'UPLOAD_CONFLICT', detail: 'Parts 1 are not there, or in other sizes.' },
  })
  expect((await put(parts[0]!)).status).toBe(200)
  const whole = { body: { state: 'completed', receivedBytes: film.length } }
  expect(await ask(`/v1/uploads/${upload.id}/complete`)).toMatchObject(whole)
  expect(await ask(`/v1/uploads/${upload.id}/complete`)).toMatchObject(whole)
  expect(await ended(id)).toMatchObject({ state: 'completed' })
  expect(await bucket.has(`.ffleet/sent/${upload.id}`)).toBe(true)
  await fetch(`${stack.baseUrl}/v1/uploads/${upload.id}`, { method: 'DELETE' })
  expect(await bucket.has(`.ffleet/sent/${upload.id}`)).toBe(false)

  const home = join(folder, 'home')
  await mkdir(home)
  await writeFile(join(home, 'film.mp4'), film)
  const settings = { FFLEET_URL: stack.baseUrl, XDG_STATE_HOME: join(home, 'state') }
  const sent = partsOf('')
  const ran = await cli(['run', 'film.mp4', '-p', 'tiny', '-o', 'small.mp4'], { cwd: home, env: settings })
  expect(ran.code, ran.stderr).toBe(0)
  expect(partsOf('')).toBe(sent + parts.length + 1)
  expect((await stat(join(home, 'small.mp4'))).size).toBeGreaterThan(1_000)

  const other = await begin('0'.repeat(64))
  for (const part of other.parts) await put(part)
  expect(await ask(`/v1/uploads/${other.upload.id}/complete`)).toMatchObject({ body: { code: 'CHECKSUM_MISMATCH' } })
  expect(await bucket.has(`.ffleet/sent/${other.upload.id}`)).toBe(false)
  expect((await fetch(`${stack.baseUrl}/v1/uploads/${other.upload.id}`)).status).toBe(404)
  const left = await begin('0'.repeat(64))
  await fetch(`${stack.baseUrl}/v1/uploads/${left.upload.id}`, { method: 'DELETE' })
  expect(bucket.uploads.size).toBe(0)
})

long('a bucket that refuses as it is published: the next attempt completes, without encoding', async () => {
  await worker()
  let refusals = 1
  bucket.fault = (asked) =>
    isComplete(asked) && refusals-- > 0 ? { answer: { status: 403, code: 'AccessDenied' } } : null
  const id = await submit('d/film.mp4')
  expect(await ended(id)).toMatchObject({ state: 'completed', attempt: 2 })
  expect(partsOf('d/film.mp4')).toBe(1)
})

test('parts that two lost hosts had made of a film are not made again on a third one', async () => {
  const fault = faultAt(/^before rename .*\/1\/part-0\.mp4 -> /, 'hold', join(folder, 'fault'))
  const first = await worker(fault.env)
  const outputs = [{ name: 'out', ...TINY, path: 'in-parts.mp4', split: { segmentMs: 2_000 } }]
  const { id } = await stack.client.submit({ input: 'long.mp4', outputs })
  await waitFor(async () => expect(fault.reached()).toBe(true))
  const second = await worker()
  const passes = async () => (await stack.client.report(id)).attempts.map((attempt) => attempt.passes)
  await waitFor(async () => expect((await passes())[0]!.filter((pass) => pass.worker !== undefined)).toHaveLength(2))
  for (const lost of [first, second]) lost.signal('SIGKILL')
  await worker()
  expect(await ended(id)).toMatchObject({ state: 'completed', attempt: 2, warnings: [] })
  expect((await passes())[1]!.map(({ label }) => label)).toEqual([expect.stringMatching(/^part/), 'join'])
})
