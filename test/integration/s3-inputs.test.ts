/** Jobs whose inputs are objects of a bucket: a real worker fetches them from a store that speaks S3. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { makeClip } from '../../fixtures/media/recipes.js'
import { type Asked, startBucket, type TestBucket } from '../helpers/bucket.js'
import { startFleet, TINY } from '../helpers/fleet-stack.js'
import type { Stack } from '../helpers/stack.js'

let stack: Stack
let bucket: TestBucket
let folder: string
let clip: Buffer

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-s3-inputs-'))
  bucket = await startBucket(join(folder, 'store'), '')
  clip = await readFile(await makeClip('h264-aac'))
  const env = { ...bucket.env, FFLEET_S3_INPUTS: 's3://films/in, s3://elsewhere', FFLEET_BACKOFF_MS: '50' }
  stack = await startFleet({ env }, {})
  await stack.startWorker()
})
afterEach(() => {
  bucket.fault = () => null
  bucket.asked.splice(0)
})
afterAll(async () => {
  await stack?.stop()
  await bucket?.close()
  await rm(folder, { recursive: true, force: true })
})

const submit = (input: string, more = {}) =>
  stack.client.submit({ input, outputs: [{ ...TINY, name: 'main' }], maxAttempts: 1, ...more })
const ended = async (input: string) => stack.client.wait((await submit(input)).id, { timeoutMs: 20_000 })
const isRead = ({ method, key }: Asked) => method === 'GET' && key.startsWith('in/')

test('an object is read whatever its key, told by it, and stands in the report', async () => {
  const key = 'in/ä b+c%20#1?x=y.mp4'
  await bucket.put(key, clip)
  const job = await ended(`s3://films/${key}`)
  expect(job).toMatchObject({ state: 'completed', input: { uri: `s3://films/${key}` } })
  const { sources } = (await stack.client.report(job.id)).attempts[0]!
  expect(sources).toMatchObject([{ uri: `s3://films/${key}`, bytes: clip.length, etag: expect.stringMatching(/^"/) }])
})

test('after a connection that broke it is asked for what is missing, of the object that it was', async () => {
  await bucket.put('in/cut.mp4', clip)
  let cuts = 0
  bucket.fault = (asked) => (isRead(asked) && cuts++ === 0 ? { cutAt: 20_000 } : null)
  expect(await ended('s3://films/in/cut.mp4')).toMatchObject({ state: 'completed', attempt: 1 })
  const ranges = bucket.asked.filter(isRead).map(({ headers }) => [headers.range, headers['if-match'] !== undefined])
  // What came right before the cut may be lost with it.
  expect(ranges.at(-1)).toEqual([expect.stringMatching(/^bytes=\d+-/), true])
})

test('an object that is another one by then is fetched anew', async () => {
  await bucket.put('in/changing.mp4', clip)
  const other = await readFile(await makeClip('h264-aac-6s'))
  let asked = 0
  bucket.fault = (each) => {
    if (!isRead(each)) return null
    asked++
    if (asked === 1) return { cutAt: 20_000 }
    return asked === 2 ? { wait: bucket.put('in/changing.mp4', other) } : null
  }
  const job = await ended('s3://films/in/changing.mp4')
  expect(job).toMatchObject({ state: 'completed' })
  const { sources } = (await stack.client.report(job.id)).attempts[0]!
  expect(sources).toMatchObject([{ bytes: other.length }])
})

test('what is not there, not given or empty ends with a code of its own, and no address', async () => {
  await bucket.put('in/empty.mp4', Buffer.alloc(0))
  expect(await ended('s3://films/in/none.mp4')).toMatchObject({ error: { code: 'FETCH_REFUSED' } })
  expect((await ended('s3://films/in/empty.mp4')).error?.code).toBe('NOT_MEDIA')
  bucket.fault = () => ({ answer: { status: 404, code: 'NoSuchBucket' } })
  expect(await ended('s3://elsewhere/film.mp4')).toMatchObject({ error: { code: 'BUCKET_NOT_FOUND' } })
  bucket.fault = () => ({ answer: { status: 403, code: 'AccessDenied' } })
  const denied = await ended('s3://films/in/cut.mp4')
  expect(denied).toMatchObject({ error: { code: 'BUCKET_ACCESS_DENIED', detail: expect.stringContaining('input') } })
  expect(JSON.stringify(denied.error)).not.toContain('127.0.0.1')
})

test.each([
  ['s3://films/out/film.mp4', 'SCHEME_NOT_ALLOWED', /FFLEET_S3_INPUTS/],
  ['s3://others/in/film.mp4', 'SCHEME_NOT_ALLOWED', /s3:\/\/others/],
  ['s3://films/in/../out/film.mp4', 'INVALID_REQUEST', /`\.\.`/],
  ['s3://films', 'INVALID_REQUEST', /no object/],
  ['s3:film.mp4', 'INVALID_REQUEST', /no object/],
])('%s is refused before there is a job: %s', async (uri, code, detail) => {
  await expect(submit(uri)).rejects.toMatchObject({
    code,
    errors: [{ pointer: '/input', detail: expect.stringMatching(detail) }],
  })
  expect(bucket.asked.filter(isRead)).toEqual([])
})
