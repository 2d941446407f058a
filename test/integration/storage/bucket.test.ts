import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkFolders } from '../../../src/cli/doctor/folders.js'
import { loadConfig } from '../../../src/config/index.js'
import { openStorage, type Storage } from '../../../src/storage/index.js'
import { describeOutputStore } from '../../contract/output-store.js'
import { describePartStore } from '../../contract/part-store.js'
import { type Asked, aBucket, type Fault, type TestBucket } from '../../helpers/bucket.js'
import { aFolder } from '../../helpers/folder.js'

type Checksum = 'auto' | 'required-only'

async function openIn(bucket: TestBucket, s3Checksum: Checksum = 'auto') {
  const folder = await aFolder()
  const places = { mediaRoot: join(folder, 'media'), outputRoot: bucket.root, dataDir: join(folder, 'data') }
  const storage = openStorage({ ...places, s3Endpoint: bucket.endpoint, s3PathStyle: 'on', s3Checksum })
  const staging = await storage.scratch.create('01JOB', 1)
  return { storage, store: storage.outputs, staging, folder }
}

for (const checksum of ['auto', 'required-only'] as const) {
  describeOutputStore(`a bucket, checksums ${checksum}`, async () => openIn(await aBucket(), checksum))
}
describeOutputStore('a bucket without a prefix that knows no conditions', async () => {
  const bucket = await aBucket('')
  bucket.knowsConditions = false
  return openIn(bucket)
})

for (const checksum of ['auto', 'required-only'] as const) {
  describePartStore(`a bucket, checksums ${checksum}`, async () => {
    const bucket = await aBucket()
    const open = async () => (await openIn(bucket, checksum)).storage.parts
    return { one: await open(), other: await open() }
  })
}

const at = (path: string, attempt = 1) => ({ path, jobId: '01JOB', attempt })
const isComplete = ({ method, query }: Asked) => method === 'POST' && query.has('uploadId')
const isPart = ({ method, query }: Asked) => method === 'PUT' && query.has('uploadId')

/** The first so many requests that match go wrong. */
function failing(bucket: TestBucket, matches: (asked: Asked) => boolean, fault: Fault, times = 1): void {
  let left = times
  bucket.fault = (asked) => (matches(asked) && left-- > 0 ? fault : null)
}

async function staged(staging: string, content: string | Buffer): Promise<string> {
  const path = join(staging, 'out.mp4')
  await writeFile(path, content)
  return path
}

async function stagedFolder(staging: string): Promise<string> {
  const path = join(staging, 'hls')
  await mkdir(join(path, 'v0'), { recursive: true })
  for (const name of ['master.m3u8', 'v0/list.m3u8', 'v0/1.ts', 'v0/2.ts']) await writeFile(join(path, name), name)
  return path
}

const text = async (storage: Storage, path: string) => {
  const chunks: Buffer[] = []
  for await (const chunk of (await storage.outputs.open(path, null)).read()) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

describe('parts of films in a bucket', () => {
  async function kept(bucket: TestBucket) {
    const [one, other] = [await openIn(bucket), await openIn(bucket)]
    const path = await staged(one.staging, 'part')
    await one.storage.parts.keep('part-0', path)
    return { one: one.storage.parts, other: other.storage.parts }
  }

  test('one that is not what was sent is not taken, and gives way to the next that is sent', async () => {
    const bucket = await aBucket()
    const { one, other } = await kept(bucket)
    await bucket.put('.ffleet/parts/part-0.mp4', Buffer.from('another'))
    expect(await other.find('part-0')).toBeNull()
    await one.share('part-0')
    expect(await readFile((await other.find('part-0'))!, 'utf8')).toBe('part')
  })

  test('a bucket that refuses is asked once, and a minute later again: everything is made without it', async () => {
    const bucket = await aBucket()
    const { one, other } = await kept(bucket)
    bucket.fault = () => ({ answer: { status: 403, code: 'AccessDenied' } })
    await expect(other.find('part-0')).rejects.toMatchObject({ code: 'BUCKET_ACCESS_DENIED' })
    const asked = bucket.asked.length
    expect(await other.find('part-0')).toBeNull()
    expect(bucket.asked.length).toBe(asked)
    await expect(one.share('part-0')).rejects.toMatchObject({ code: 'BUCKET_ACCESS_DENIED' })
    expect(await one.find('part-0')).not.toBeNull()
  })

  test('an upload that is stopped leaves nothing open', async () => {
    const bucket = await aBucket()
    const { one } = await kept(bucket)
    const stop = new AbortController()
    bucket.fault = (asked) => {
      if (isPart(asked)) stop.abort(new Error('stopped'))
      return null
    }
    await expect(one.share('part-0', stop.signal)).rejects.toThrow('stopped')
    expect(bucket.uploads.size).toBe(0)
    expect(await bucket.has('.ffleet/parts/part-0.mp4')).toBe(false)
  })
})

describe('publication in a bucket', () => {
  test('a file of several parts arrives whole, its parts with their checksums, and nothing is left open', async () => {
    const bucket = await aBucket()
    const { storage, store, staging } = await openIn(bucket)
    const content = Buffer.alloc(20 * 1024 * 1024, 'abcdefg')
    const path = await staged(staging, content)
    const prepared = await store.prepare(path, { ...at('a.mp4'), mediaType: 'video/mp4' })
    expect(bucket.asked.filter(isPart).map(({ headers }) => headers['x-amz-checksum-sha256'])).toHaveLength(3)
    expect(await bucket.has('a.mp4')).toBe(false)
    await store.place(prepared, path, at('a.mp4'))
    expect((await text(storage, 'a.mp4')).equals(content)).toBe(true)
    expect(bucket.uploads.size).toBe(0)
    expect(await store.pending()).toEqual([])
    expect(store.address({ path: 'a.mp4', href: null })).toBe('s3://films/fleet/a.mp4')
  })

  test('another host completes what was decided, though it has no file of it', async () => {
    const bucket = await aBucket()
    const [one, other] = [await openIn(bucket), await openIn(bucket)]
    const path = await staged(one.staging, 'video')
    const kept = JSON.parse(JSON.stringify(await one.store.prepare(path, at('a.mp4'))))
    const identity = await other.store.place(kept, '/nowhere/out.mp4', at('a.mp4'))
    expect(await one.store.place(kept, path, at('a.mp4'))).toEqual(identity)
    expect(bucket.asked.filter(isComplete)).toHaveLength(1)
  })

  test.each([
    ['500', { answer: { status: 500, code: 'InternalError' } }],
    ['SlowDown', { answer: { status: 503, code: 'SlowDown' } }],
    ['a cut before the answer', { cut: 'before' }],
    ['a cut after it was done', { cut: 'after' }],
  ] as [string, Fault][])('%s at a part or the completion is gone over', async (_, fault) => {
    for (const where of [isPart, isComplete]) {
      const bucket = await aBucket()
      const { storage, store, staging } = await openIn(bucket)
      const path = await staged(staging, 'video')
      failing(bucket, where, fault)
      await store.place(await store.prepare(path, at('a.mp4')), path, at('a.mp4'))
      expect((await text(storage, 'a.mp4')).toString()).toBe('video')
      expect(bucket.uploads.size).toBe(0)
    }
  })

  test('a part that the store took for another one is sent again, as long as the file is there', async () => {
    const bucket = await aBucket()
    const { storage, store, staging } = await openIn(bucket)
    const path = await staged(staging, 'video')
    failing(bucket, isPart, { wrongTag: true })
    await store.place(await store.prepare(path, at('a.mp4')), path, at('a.mp4'))
    expect((await text(storage, 'a.mp4')).toString()).toBe('video')
    expect(bucket.uploads.size).toBe(0)
  })

  test.each([
    [403, 'AccessDenied', 'BUCKET_ACCESS_DENIED'],
    [400, 'ExpiredToken', 'BUCKET_CREDENTIALS_EXPIRED'],
    [403, 'RequestTimeTooSkewed', 'BUCKET_CLOCK_SKEWED'],
    [404, 'NoSuchBucket', 'BUCKET_NOT_FOUND'],
  ] as const)('%i %s ends as %s, says no name of the bucket, and leaves no upload open', async (status, code, ours) => {
    const bucket = await aBucket()
    const { store, staging } = await openIn(bucket)
    const path = await staged(staging, 'video')
    failing(bucket, isPart, { answer: { status, code } }, 100)
    const error = await store.prepare(path, at('a.mp4')).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: ours, retryable: true, message: expect.stringContaining(code) })
    expect(error.message).not.toMatch(/films|fleet|127\.0\.0\.1|S3RVER/)
    expect(bucket.uploads.size).toBe(0)
    expect(await store.pending()).toEqual([])
  })

  test('a bucket that refuses the completion is asked again by the next attempt, without a part sent anew', async () => {
    const bucket = await aBucket()
    const { store, staging } = await openIn(bucket)
    const path = await staged(staging, 'video')
    const prepared = await store.prepare(path, at('a.mp4'))
    failing(bucket, isComplete, { answer: { status: 403, code: 'AccessDenied' } }, 1)
    await expect(store.place(prepared, path, at('a.mp4'))).rejects.toMatchObject({ code: 'BUCKET_ACCESS_DENIED' })
    await rm(path)
    await store.place(prepared, path, at('a.mp4'))
    expect(bucket.asked.filter(isPart)).toHaveLength(1)
  })

  test('what comes to be at the path after it was looked at is not replaced, where the store knows conditions', async () => {
    const bucket = await aBucket()
    const { storage, store, staging } = await openIn(bucket)
    const path = await staged(staging, 'video')
    const late = await store.prepare(path, at('a.mp4'))
    const early = await staged(staging, 'other')
    const first = await store.prepare(early, at('a.mp4'))
    let placed: Promise<unknown> | null = null
    bucket.fault = (asked) => {
      if (!isComplete(asked) || placed !== null) return null
      placed = store.place(first, early, at('a.mp4'))
      return { wait: placed }
    }
    await expect(store.place(late, path, at('a.mp4'), { keepExisting: true })).rejects.toMatchObject({
      code: 'OUTPUT_EXISTS',
    })
    expect((await text(storage, 'a.mp4')).toString()).toBe('other')
  })
})

describe('a folder in a bucket', () => {
  const completed = (bucket: TestBucket) => bucket.asked.filter(isComplete).map(({ key }) => key)

  test('is completed from the segments up, and the playlist to begin with comes last', async () => {
    const bucket = await aBucket()
    const { store, staging } = await openIn(bucket)
    const path = await stagedFolder(staging)
    await store.place(await store.prepare(path, at('x/hls')), path, at('x/hls'))
    expect(completed(bucket).slice(0, 2).sort()).toEqual(['fleet/x/hls/v0/1.ts', 'fleet/x/hls/v0/2.ts'])
    expect(completed(bucket).slice(2)).toEqual(['fleet/x/hls/v0/list.m3u8', 'fleet/x/hls/master.m3u8'])
  })

  test('is finished by another host wherever the first one was killed', async () => {
    for (let done = 0; done <= 4; done++) {
      const bucket = await aBucket()
      const [one, other] = [await openIn(bucket), await openIn(bucket)]
      const path = await stagedFolder(one.staging)
      const prepared = await one.store.prepare(path, at('x/hls'))
      let left = done
      bucket.fault = (asked) =>
        isComplete(asked) && left-- <= 0 ? { answer: { status: 403, code: 'AccessDenied' } } : null
      await one.store.place(prepared, path, at('x/hls')).catch(() => {})
      expect(await bucket.has('x/hls/master.m3u8')).toBe(done === 4)
      bucket.fault = () => null
      const identity = await other.store.place(prepared, '/nowhere', at('x/hls'), { keepExisting: true })
      await other.store.requireSame('x/hls', { sha256: prepared.sha256, identity })
      expect(bucket.uploads.size).toBe(0)
    }
  })
})

describe('the root that is a bucket', () => {
  test('has one id, whoever asks first, and keeps it while the bucket does not answer', async () => {
    const bucket = await aBucket()
    const [one, other] = [await openIn(bucket), await openIn(bucket)]
    expect(await one.storage.roots.ids()).toMatchObject({ outputs: null })
    const [a, b] = await Promise.all([one.storage.roots.claim(), other.storage.roots.claim()])
    expect(a.outputs).toBe(b.outputs)
    failing(bucket, () => true, { answer: { status: 403, code: 'AccessDenied' } }, 100)
    expect((await one.storage.roots.ids()).outputs).toBe(a.outputs)
    expect(await one.storage.roots.ids()).toMatchObject({ outputs: a.outputs })
  })
})

describe('uploads that nobody goes on with', () => {
  const WEEK_MS = 7 * 24 * 60 * 60 * 1000

  test('below the prefix are taken back after a week, but for those that a record names', async () => {
    const bucket = await aBucket()
    const { store, staging } = await openIn(bucket)
    const prepared = await store.prepare(await staged(staging, 'video'), at('kept.mp4'))
    for (const name of ['a', 'b', 'c']) await bucket.begin(`fleet/${name}.mp4`)
    await bucket.begin('others/x.mp4')
    await store.sweepUnknown(Date.now())
    expect(bucket.uploads.size).toBe(5)
    bucket.uploadsAgeMs = WEEK_MS + 60_000
    await store.sweepUnknown(Date.now())
    expect([...bucket.uploads.values()].sort()).toEqual(['fleet/kept.mp4', 'others/x.mp4'])
    await store.place(prepared, join(staging, 'out.mp4'), at('kept.mp4'))
  })

  test('are left to the rules of a service that does not list them', async () => {
    const bucket = await aBucket()
    const { store } = await openIn(bucket)
    await bucket.begin('fleet/a.mp4')
    bucket.uploadsAgeMs = 2 * WEEK_MS
    for (const [status, code] of [[501, 'NotImplemented'] as const, [403, 'AccessDenied'] as const]) {
      failing(bucket, ({ query }) => query.has('uploads'), { answer: { status, code } }, 100)
      await store.sweepUnknown(Date.now())
    }
    expect(bucket.uploads.size).toBe(1)
  })

  test('and could not be taken back when they were refused stand in their record', async () => {
    const bucket = await aBucket()
    const { store, staging } = await openIn(bucket)
    bucket.fault = (asked) =>
      isPart(asked) || asked.method === 'DELETE' ? { answer: { status: 403, code: 'AccessDenied' } } : null
    await expect(store.prepare(await staged(staging, 'video'), at('a.mp4'))).rejects.toThrow()
    bucket.fault = () => null
    expect(await store.pending()).toMatchObject([{ jobId: '01JOB', attempt: 1 }])
    await store.sweep('01JOB', 2)
    expect(bucket.uploads.size).toBe(0)
  })
})

describe('an output that is an input', () => {
  test('is copied to the disk of the worker, and the copy goes with it', async () => {
    const bucket = await aBucket()
    const { storage, store, staging, folder } = await openIn(bucket)
    const path = await staged(staging, 'video')
    const prepared = await store.prepare(path, at('a.mp4'))
    const identity = await store.place(prepared, path, at('a.mp4'))
    const held = await store.hold('a.mp4', { sha256: prepared.sha256, identity })
    expect(held.path).toMatch(/\.mp4$/)
    expect(await readFile(held.path, 'utf8')).toBe('video')
    await held.close()
    expect(await readdir(join(folder, 'data/scratch/.ffleet/held'))).toEqual([])
    expect(await storage.scratch.list()).toHaveLength(1)
  })
})

describe('the doctor', () => {
  test('tries the bucket by an upload, leaves none, and says what is wrong', async () => {
    const bucket = await aBucket()
    const env = { FFLEET_DATA_DIR: join(await aFolder(), 'data'), FFLEET_SCRATCH_DIR: join(await aFolder(), 'scratch') }
    const reports = { FFLEET_REPORT_ROOT: 's3://films/reports' }
    const look = async (root = 'output-root') => {
      const found = await checkFolders(loadConfig({ ...bucket.env, ...env, ...reports }))
      return found.find(({ id }) => id === root)!
    }
    expect(await look('report-root')).toMatchObject({ ok: true, found: 's3://films/reports, reports are taken' })
    expect(bucket.asked.filter(({ method, key }) => method === 'DELETE' && key.startsWith('reports/'))).not.toEqual([])
    expect(await look()).toMatchObject({ ok: true, found: expect.stringContaining('s3://films/fleet') })
    expect(bucket.uploads.size).toBe(0)
    failing(bucket, () => true, { answer: { status: 404, code: 'NoSuchBucket' } }, 100)
    expect(await look()).toMatchObject({ ok: false, hint: expect.stringContaining('FFLEET_OUTPUT_ROOT') })
    expect(await look('report-root')).toMatchObject({ ok: false, found: expect.stringMatching(/^s3:.*bucket/) })
  })

  test('says of a bucket for reports that it is not there, or refuses to take or to remove them', async () => {
    const bucket = await aBucket()
    const env = { FFLEET_DATA_DIR: join(await aFolder(), 'data'), FFLEET_SCRATCH_DIR: join(await aFolder(), 'scratch') }
    const look = async (reportRoot: string) => {
      const found = await checkFolders(loadConfig({ ...bucket.env, ...env, FFLEET_REPORT_ROOT: reportRoot }))
      return found.find(({ id }) => id === 'report-root')!
    }
    const hint = expect.stringContaining('FFLEET_REPORT_ROOT')
    const none = 's3://none-such/reports'
    expect(await look(none)).toMatchObject({
      ...{ ok: false, needed: true, hint },
      found: `${none}: There is no such bucket as that of the reports, or it is in another region (NoSuchBucket).`,
    })
    const root = 's3://films/reports'
    for (const method of ['PUT', 'DELETE']) {
      failing(bucket, (asked) => asked.method === method, { answer: { status: 403, code: 'AccessDenied' } }, 100)
      expect(await look(root), method).toMatchObject({
        ...{ ok: false, needed: true },
        found: `${root}: The bucket of the reports refuses the credentials, or what they may do (AccessDenied).`,
      })
    }
  })
})
