/** A media root that is a bucket: paths of jobs are keys in it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { makeClip } from '../../fixtures/media/recipes.js'
import { PIECE_BYTES } from '../../src/spool/copy.js'
import { startBucket, type TestBucket } from '../helpers/bucket.js'
import { startFleet, TINY } from '../helpers/fleet-stack.js'
import { aFolder } from '../helpers/folder.js'
import type { Stack } from '../helpers/stack.js'
import { waitFor } from '../helpers/wait-for.js'

let stack: Stack
let bucket: TestBucket
let folder: string
let clip: Buffer

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-s3-media-'))
  bucket = await startBucket(join(folder, 'store'), 'media/')
  clip = await readFile(await makeClip('h264-aac'))
  for (const key of ['a.mp4', 'b.mp4', 'shows/ä b%20.mp4', 'shows/2/c.mp4', '.hidden/d.mp4'])
    await bucket.put(key, clip)
  const { FFLEET_OUTPUT_ROOT: root = bucket.root, ...env } = bucket.env
  stack = await startFleet({ env: { ...env, FFLEET_MEDIA_ROOT: root } }, {})
  await stack.startWorker()
})
afterEach(() => {
  bucket.fault = () => null
})
afterAll(async () => {
  await stack?.stop()
  await bucket?.close()
  await rm(folder, { recursive: true, force: true })
})

const submit = (input: string, more = {}) =>
  stack.client.submit({ input, outputs: [{ ...TINY, name: 'main' }], maxAttempts: 1, ...more })
const ended = async (input: string) => stack.client.wait((await submit(input)).id, { timeoutMs: 20_000 })

test('a path is a key, whatever its letters, and the output lies in its folder as ever', async () => {
  const job = await ended('shows/ä b%20.mp4')
  expect(job).toMatchObject({ state: 'completed', input: { uri: 'shows/ä b%20.mp4' } })
  const { attempts } = await stack.client.report(job.id)
  expect(attempts[0]!.sources).toMatchObject([{ uri: 'shows/ä b%20.mp4', bytes: clip.length }])
  const next = await ended(`job:${job.id}/main`)
  expect(next.state).toBe('completed')
})

test('what is no path in it, or not there, is refused at once', async () => {
  await expect(submit('none.mp4')).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' })
  await expect(submit('../a.mp4')).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' })
  await expect(submit('file:///etc/passwd')).rejects.toMatchObject({ code: 'SCHEME_NOT_ALLOWED' })
})

test('a bucket that refuses says so, and names nothing of it', async () => {
  bucket.fault = () => ({ answer: { status: 403, code: 'AccessDenied' } })
  const refused = (await submit('a.mp4').catch((error) => error)) as Error
  expect(refused).toMatchObject({ code: 'BUCKET_ACCESS_DENIED' })
  expect(refused.message).not.toContain('films')
})

// Of more than one page s3rver tells nothing under OpenSSL 3, which has none of its ciphers.
test('its folders are listed', async () => {
  const { items } = await stack.client.media()
  expect(items.map(({ path, kind }) => [path, kind]).sort()).toEqual([
    ['a.mp4', 'video'],
    ['b.mp4', 'video'],
    ['shows', 'folder'],
  ])
  const { items: inside } = await stack.client.media({ path: 'shows' })
  expect(inside.map(({ path, bytes }) => [path, bytes])).toEqual([
    ['shows/2', null],
    ['shows/ä b%20.mp4', clip.length],
  ])
  await expect(stack.client.media({ path: 'nowhere' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('a transport stream is encoded while it comes, and its end is asked for first', async () => {
  const body = await readFile(await makeClip('large-ts'))
  await bucket.put('large.ts', body)
  let go = () => {}
  const wait = new Promise<void>((resolve) => {
    go = resolve
  })
  bucket.fault = ({ method, headers: { range } }) => {
    const from = method === 'GET' && range !== undefined ? Number(/\d+/.exec(range)) : PIECE_BYTES
    if (from >= PIECE_BYTES) return null
    return from === 0 ? { cutAt: 6_000_000 } : { wait }
  }
  const { id } = await submit('large.ts')
  await waitFor(async () => {
    const { phase, progress } = await stack.client.get(id)
    expect(phase).toBe('encoding')
    expect(progress?.frame).toBeGreaterThan(50)
  })
  go()
  expect(await stack.client.wait(id)).toMatchObject({ state: 'completed', attempt: 1 })
  const { attempts } = await stack.client.report(id)
  expect(attempts[0]!.passes.map(({ argv }) => argv.includes('pipe:0'))).toEqual([true])
}, 60_000)

test('a worker behind the API has its media through it', async () => {
  stack.workers[0]!.signal('SIGTERM')
  await stack.workers.shift()!.ended
  const own = { FFLEET_DATA_DIR: await aFolder(), FFLEET_MEDIA_ROOT: '', FFLEET_OUTPUT_ROOT: '' }
  await stack.startWorker({ FFLEET_STORE: 'api', FFLEET_URL: stack.baseUrl, ...own })
  expect((await ended('a.mp4')).state).toBe('completed')
})
