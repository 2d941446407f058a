/** Files that go straight to the bucket, by the client and by the command line: in parts, cut, refused, killed, gone on with, taken back. */
import { createHash, randomBytes } from 'node:crypto'
import { appendFileSync, openAsBlob } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { FfleetBucketError, FfleetClient } from '../../src/client/index.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { type Asked, type Fault, startBucket, type TestBucket } from '../helpers/bucket.js'
import { cli, startCli } from '../helpers/cli.js'
import { aFolder } from '../helpers/folder.js'
import { long, some } from '../helpers/long.js'
import { waitFor } from '../helpers/wait-for.js'

const MIB = 1024 ** 2
/** Two parts, the last one small. */
const BYTES = randomBytes(17 * MIB)
const LIMITS = { maxBytes: 100 * MIB, keepMs: 600_000 }
const NEVER = new Promise(() => {})

let folder: string
let bucket: TestBucket
let api: TestApi
let client: FfleetClient
let file: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-direct-'))
  bucket = await startBucket(join(folder, 'store'))
  Object.assign(process.env, bucket.env)
  api = await startApi({ bucket, uploads: LIMITS })
  client = new FfleetClient({ baseUrl: api.url })
  file = join(folder, 'film.mp4')
})
beforeEach(() => writeFile(file, BYTES))
afterEach(() => {
  bucket.fault = () => null
  bucket.asked.length = 0
})
afterAll(async () => {
  await api?.close()
  await bucket?.close()
  await rm(folder, { recursive: true, force: true })
})

const isPart = ({ method, query }: Asked) => method === 'PUT' && query.has('X-Amz-Signature')
const numberOf = ({ query }: Asked) => Number(query.get('partNumber'))
/** Of the parts that were asked for, in their order. */
const partsSent = () => bucket.asked.filter(isPart).map(numberOf).sort()

/** The first try of a part goes wrong. */
function failing(number: number, fault: Fault): void {
  let isFirst = true
  bucket.fault = (asked) => {
    if (!isPart(asked) || numberOf(asked) !== number || !isFirst) return null
    isFirst = false
    return fault
  }
}

async function contentOf(id: string): Promise<Buffer> {
  const found = await api.storage.uploads.direct!.open(id)
  return buffer(found!.read())
}

const md5 = async (part: Blob) =>
  createHash('md5')
    .update(Buffer.from(await part.arrayBuffer()))
    .digest('base64')

describe('the client', () => {
  it('sends several parts at once, each with its MD5, and tells how far it is', async () => {
    let open = 0
    let most = 0
    let go: () => void
    const all = new Promise<void>((done) => {
      go = done
    })
    bucket.fault = (asked) => {
      if (!isPart(asked)) return null
      most = Math.max(most, ++open)
      if (open === 2) go()
      return { wait: all }
    }
    const sent: number[] = []
    const told: string[] = []
    const upload = await client.uploadDirect(await openAsBlob(file), {
      ...{ filename: 'film.mp4', sha256: createHash('sha256').update(BYTES).digest('hex'), md5 },
      onSent: (bytes) => sent.push(bytes),
      onBegun: (id) => told.push(id),
    })
    expect(upload).toMatchObject({ state: 'completed', filename: 'film.mp4', receivedBytes: BYTES.length })
    expect(told).toEqual([upload.id])
    expect(most).toBe(2)
    expect(partsSent()).toEqual([1, 2])
    expect(sent.at(-1)).toBe(BYTES.length)
    expect(sent.length).toBeGreaterThan(100)
    expect(sent).toEqual(sent.toSorted((a, b) => a - b))
    expect((await contentOf(upload.id)).equals(BYTES)).toBe(true)
    expect(await client.upload(upload.id)).toEqual(upload)
    await client.removeUpload(upload.id)
    await expect(client.upload(upload.id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  const FAULTS: [string, Fault][] = [
    ['is damaged', { damage: true }],
    ['is answered 500', { answer: { status: 500, code: 'InternalError' } }],
    ['is asked to slow down', { answer: { status: 503, code: 'SlowDown' } }],
    ['is cut off', { cut: 'before' }],
    ['loses its answer', { cut: 'after' }],
    ['is not answered', { wait: NEVER }],
  ]
  it.each(some(FAULTS, 6))('sends a part again that %s, and no other', async (_, fault) => {
    failing(2, fault)
    const quick = new FfleetClient({ baseUrl: api.url, idleTimeoutMs: 2_000 })
    const upload = await quick.uploadDirect(await openAsBlob(file), { md5 })
    expect(partsSent()).toEqual([1, 2, 2])
    expect((await contentOf(upload.id)).equals(BYTES)).toBe(true)
  })

  it('asks for other URLs where its own are valid no longer', async () => {
    const hasty = await startApi({ bucket, redisUrl: api.redisUrl, uploads: { ...LIMITS, keepMs: 1_000 } })
    onTestFinished(() => hasty.close())
    bucket.fault = (asked) => {
      const left = Number(asked.query.get('X-Amz-Expires'))
      return isPart(asked) && left <= 1 ? { wait: new Promise((done) => setTimeout(done, 1_500)) } : null
    }
    const upload = await new FfleetClient({ baseUrl: hasty.url }).uploadDirect(await openAsBlob(file))
    expect(partsSent()).toEqual([1, 1, 2, 2])
    expect((await contentOf(upload.id)).equals(BYTES)).toBe(true)
  })

  it('goes on with an upload that was aborted: what is there is not sent again', async () => {
    const abort = new AbortController()
    bucket.fault = (asked) => (isPart(asked) && numberOf(asked) !== 2 ? { wait: NEVER } : null)
    let id = ''
    const sending = client.uploadDirect(await openAsBlob(file), {
      signal: abort.signal,
      onBegun: (begun) => (id = begun),
    })
    const ended = expect(sending).rejects.toBe('enough')
    await waitFor(async () => {
      const { parts } = await (await fetch(`${api.url}/v1/uploads/${id}/parts`)).json()
      expect(parts.map(({ number }: { number: number }) => number)).toEqual([1])
    })
    abort.abort('enough')
    await ended
    bucket.fault = () => null
    bucket.asked.length = 0
    bucket.fault = (asked) => (isPart(asked) ? { answer: { status: 404, code: 'NoSuchUpload' } } : null)
    await expect(client.uploadDirect(await openAsBlob(file), { resume: id })).rejects.toMatchObject({ sentBytes: MIB })
    bucket.fault = () => null
    bucket.asked.length = 0
    const sent: number[] = []
    const upload = await client.uploadDirect(await openAsBlob(file), {
      resume: id,
      onSent: (bytes) => sent.push(bytes),
    })
    expect(upload).toMatchObject({ id, state: 'completed' })
    expect(sent[0]).toBe(MIB)
    expect(partsSent()).toEqual([1])
    expect((await contentOf(id)).equals(BYTES)).toBe(true)
    // Whoever asks again gets the same.
    expect(await client.uploadDirect(await openAsBlob(file), { resume: id })).toEqual(upload)
    expect(partsSent()).toEqual([1])
    await expect(client.uploadDirect(new Blob(['short']), { resume: id })).rejects.toThrow(/of 5\.$/)
  })

  it('says what a bucket answers that takes nothing', async () => {
    bucket.fault = (asked) => (isPart(asked) ? { answer: { status: 404, code: 'NoSuchUpload' } } : null)
    const error = await client.uploadDirect(await openAsBlob(file)).catch((refused) => refused)
    expect(error).toBeInstanceOf(FfleetBucketError)
    expect(error).toMatchObject({ sentBytes: 0, message: `The bucket at ${bucket.endpoint} answered 404 NoSuchUpload` })
  })

  it('stops where the file changes as it is sent', async () => {
    bucket.fault = (asked) => {
      if (!isPart(asked)) return null
      appendFileSync(file, 'more')
      return { cut: 'before' }
    }
    await expect(client.uploadDirect(await openAsBlob(file))).rejects.toMatchObject({ name: 'NotReadableError' })
  })
})

describe('the command line', () => {
  let home: string
  const command = ['submit', 'film.mp4', '--preset', 'h264-360p']
  const options = () => ({ cwd: folder, env: { FFLEET_URL: api.url, XDG_STATE_HOME: home } })
  const notes = () => readdir(join(home, 'ffleet/uploads'))
  beforeEach(async () => {
    home = await aFolder()
  })

  /** The upload that the job reads whose id was printed. */
  async function uploadOf(printed: string): Promise<string> {
    const { input } = await client.get(printed.trim())
    return input.uri.slice('upload:'.length)
  }

  /** A command whose last part is there, and no other. */
  async function startAndHold(args = command) {
    let isHeld = false
    bucket.fault = (asked) => {
      if (!isPart(asked) || numberOf(asked) === 2) return null
      isHeld = true
      return { wait: NEVER }
    }
    const running = startCli(args, options())
    const uploadId = await waitFor(async () => {
      const [name] = await notes()
      return JSON.parse(await readFile(join(home, 'ffleet/uploads', name!), 'utf8')).uploadId as string
    })
    await waitFor(async () => {
      const { upload } = await (await fetch(`${api.url}/v1/uploads/${uploadId}/parts`)).json()
      expect([isHeld, upload.receivedBytes]).toEqual([true, MIB])
    })
    return { running, uploadId }
  }

  it('sends straight to the bucket, with a bar, and leaves no note', async () => {
    const { code, stdout } = await cli(command, { ...options(), terminal: true })
    expect(code, stdout).toBe(0)
    expect(stdout).toMatch(/sending film\.mp4: \d\d? % of 17\.8 MB/)
    const id = await uploadOf(/^[0-9A-Z]{26}\r?$/m.exec(stdout.replaceAll('\r\u001B[K', '\n'))![0])
    expect((await contentOf(id)).equals(BYTES)).toBe(true)
    expect(bucket.asked.filter(isPart).map(({ headers }) => headers['content-md5'])).not.toContain(undefined)
    expect(await api.storage.uploads.ids()).toEqual([])
    expect(await notes()).toEqual([])
  })

  it('goes on where a command was killed', async () => {
    const { running, uploadId } = await startAndHold()
    running.child.kill('SIGKILL')
    await running.ended
    bucket.fault = () => null
    bucket.asked.length = 0
    const { code, stdout, stderr } = await cli(command, options())
    expect(code, stderr).toBe(0)
    expect(await uploadOf(stdout)).toBe(uploadId)
    expect(partsSent()).toEqual([1])
    expect((await contentOf(uploadId)).equals(BYTES)).toBe(true)
    expect(await notes()).toEqual([])
  })

  long('sends the file anew where what a killed command had sent is gone, or another one sends it now', async () => {
    const { running, uploadId } = await startAndHold()
    bucket.fault = () => null
    const beside = await cli(command, options())
    expect(beside.code, beside.stderr).toBe(0)
    expect(await uploadOf(beside.stdout)).not.toBe(uploadId)
    running.child.kill('SIGKILL')
    await running.ended
    await client.removeUpload(uploadId)
    bucket.asked.length = 0
    const { code, stdout, stderr } = await cli(command, options())
    expect(code, stderr).toBe(0)
    expect(await uploadOf(stdout)).not.toBe(uploadId)
    expect(partsSent()).toEqual([1, 2])
  })

  it.each([
    ['submit', command],
    ['run', ['run', 'film.mp4', '-p', 'h264-360p', '-o', 'small.mp4']],
  ])('%s takes back on Ctrl-C what has come', async (_, args) => {
    const { running, uploadId } = await startAndHold(args)
    running.child.kill('SIGINT')
    expect((await running.ended).code).toBe(130)
    await expect(client.upload(uploadId)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect([...bucket.uploads.values()].filter((key) => key.endsWith(uploadId))).toEqual([])
    expect(await notes()).toEqual([])
  })

  long('says what the bucket refuses, and that the same command goes on', async () => {
    const { running, uploadId } = await startAndHold()
    running.child.kill('SIGKILL')
    await running.ended
    bucket.fault = (asked) => (isPart(asked) ? { answer: { status: 400, code: 'InvalidArgument' } } : null)
    const { code, stderr } = await cli(command, options())
    expect(code).toBe(1)
    const said = `film.mp4 could not be sent: The bucket at ${bucket.endpoint} answered 400 InvalidArgument. The same command goes on where this one stopped.`
    expect(stderr).toContain(said)
    bucket.fault = () => null
    expect(await uploadOf((await cli(command, options())).stdout)).toBe(uploadId)
  })

  it('sends through the server, and says so once, where the bucket is out of reach from here', async () => {
    await writeFile(join(folder, 'other.mp4'), 'other')
    bucket.fault = (asked) => (isPart(asked) ? { cut: 'before' } : null)
    const before = bucket.uploads.size
    const begunMs = Date.now()
    const { code, stdout, stderr } = await cli(['submit', 'film.mp4', 'other.mp4', '-p', 'h264-360p'], options())
    expect(code, stderr).toBe(0)
    // Nothing that was given up keeps it alive: a part is waited for 45 s.
    expect(Date.now() - begunMs).toBeLessThan(40_000)
    const note = `The bucket at ${bucket.endpoint} does not answer: `
    expect(stderr.split(note)).toHaveLength(2)
    expect(stderr).toContain('; files go through the server.')
    const ids = await Promise.all(stdout.trim().split('\n').map(uploadOf))
    expect((await api.storage.uploads.ids()).sort()).toEqual(ids.toSorted())
    expect(bucket.uploads.size).toBe(before)
    expect(await notes()).toEqual([])
  })
})
