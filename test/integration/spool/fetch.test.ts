/** The spool and its HTTP against servers that are as wrong as servers are. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FfleetError } from '../../../src/contract/index.js'
import type { Resolve } from '../../../src/outbound/index.js'
import { openRemote, type Remote } from '../../../src/remote/index.js'
import { type Growing, openSpool, type Spool } from '../../../src/spool/index.js'
import { type FileServer, sendFile, startFileServer } from '../../helpers/file-server.js'
import { canMount, mountTmpfs } from '../../helpers/mount.js'
import { waitFor } from '../../helpers/wait-for.js'

const MIB = 1024 ** 2
const small = randomBytes(100_000)
const large = randomBytes(20 * MIB + 17)
const open: { remote: Remote; spool: Spool }[] = []
let server: FileServer
let files = 0
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-spool-'))
  server = await startFileServer()
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => server.requests.splice(0))
afterEach(async () => {
  for (const { remote, spool } of open.splice(0)) {
    await spool.close()
    await remote.close()
  }
  expect(await left()).toEqual([])
})

/** What lies in the spool. */
async function left(): Promise<string[]> {
  const all = await readdir(`${folder}/spool`, { recursive: true }).catch(() => [])
  return all.filter((name) => name.includes('/') && !name.endsWith('owner.json'))
}

type Given = { allow?: string[]; resolve?: Resolve; capacity?: number; maxBytes?: number; timeoutMs?: number }

function spoolOf({
  allow = ['127.0.0.0/8'],
  resolve,
  capacity = 100 * MIB,
  maxBytes = 90 * MIB,
  timeoutMs = 1_000,
}: Given = {}) {
  const remote = openRemote({ allow, timeoutMs, resolve })
  const spool = openSpool({ folder: `${folder}/spool`, capacity, maxBytes, remote, waitsMs: [50, 100, 200] })
  open.push({ remote, spool })
  return spool
}

function serve(listener: RequestListener): string {
  const path = `/file-${++files}.mp4`
  server.on(path, listener)
  return server.url(path)
}

const progress: [number, number | null][] = []
async function fetch(spool: Spool, uri: string, signal = new AbortController().signal) {
  progress.splice(0)
  const session = await spool.session(1, signal)
  return session.fetch(uri, { signal, onProgress: (...come) => progress.push(come) }).finally(session.done)
}

async function contentOf(spool: Spool, uri: string): Promise<Buffer> {
  const { held } = await fetch(spool, uri)
  const content = await readFile(held.path)
  await held.close()
  return content
}

async function refusal(spool: Spool, uri: string): Promise<{ code: string; message: string }> {
  const error = await fetch(spool, uri).then(
    () => new Error('it was fetched'),
    (error) => error,
  )
  if (!(error instanceof FfleetError)) throw error
  expect(error.message).not.toMatch(/\?|secret|10\.0/)
  return { code: error.code, message: error.message }
}

describe.skipIf(!canMount)('a full disk', () => {
  it('is told before anything comes, or where the size is not known when it is full, and leaves room for the next', async () => {
    const disk = mountTmpfs(`${folder}/spool`, 4 * MIB)
    const spool = spoolOf()
    const told = serve((request, response) => sendFile(request, response, large))
    expect(await refusal(spool, told)).toEqual({
      code: 'DISK_FULL',
      message: 'The disk of the spool has no room for the input.',
    })
    const untold = serve((_, response) => void response.writeHead(200).end(large))
    const chunked = serve((_, response) => {
      response.writeHead(200)
      response.write(large)
      response.end()
    })
    expect((await refusal(spool, untold)).code).toBe('DISK_FULL')
    expect(await refusal(spool, chunked)).toEqual({ code: 'DISK_FULL', message: 'The disk of the spool is full.' })
    expect(await left()).toEqual([])
    const fits = serve((request, response) => sendFile(request, response, small))
    expect((await contentOf(spool, fits)).equals(small)).toBe(true)
    await spool.close()
    disk.unmount()
  })
})

describe('a whole file', () => {
  it('comes in parts at once, and each byte is told of', async () => {
    const uri = serve((request, response) => sendFile(request, response, large))
    expect((await contentOf(spoolOf(), uri)).equals(large)).toBe(true)
    expect(server.requests.map(({ range }) => range).sort()).toEqual([
      'bytes=0-8388607',
      'bytes=16777216-20971536',
      'bytes=8388608-16777215',
    ])
    expect(server.requests.slice(1).map(({ ifRange }) => ifRange)).toEqual(['"1"', '"1"'])
    expect(progress[0]).toEqual([0, large.length])
    expect(progress.at(-1)).toEqual([large.length, large.length])
    expect(progress.every(([come], i) => i === 0 || come >= progress[i - 1]![0])).toBe(true)
  })

  it.each<[string, RequestListener]>([
    ['without ranges', (request, response) => sendFile(request, response, large, { ranges: false })],
    ['with nothing to know it by', (request, response) => sendFile(request, response, large, { etag: null })],
    ['with a weak ETag', (request, response) => sendFile(request, response, large, { etag: 'W/"1"' })],
    ['without a length', (_, response) => void response.writeHead(200).end(large)],
  ])('comes from a server %s', async (_, listener) => {
    expect((await contentOf(spoolOf(), serve(listener))).equals(large)).toBe(true)
  })

  it('is held open with the ending of its URL, and says where it came from', async () => {
    const lastModified = 'Tue, 01 Dec 2020 00:00:00 GMT'
    const uri = serve((request, response) => sendFile(request, response, small, { lastModified }))
    const fetched = await fetch(spoolOf(), `${uri}?secret=1`)
    expect(fetched).toMatchObject({ etag: '"1"', lastModified, reused: false, held: { bytes: small.length } })
    expect(fetched.held.path).toMatch(/\.mp4$/)
    await fetched.held.close()
  })

  it('may be empty', async () => {
    const uri = serve((request, response) => sendFile(request, response, Buffer.alloc(0)))
    expect((await contentOf(spoolOf(), uri)).equals(Buffer.alloc(0))).toBe(true)
  })
})

describe('a connection that breaks', () => {
  it('is gone on with where it stopped', async () => {
    const uri = serve((request, response) => sendFile(request, response, small, { cutAfter: 40_000 }))
    expect((await contentOf(spoolOf(), uri)).equals(small)).toBe(true)
    expect(server.requests.map(({ range, ifRange }) => [range, ifRange])).toEqual([
      ['bytes=0-8388607', undefined],
      ['bytes=40000-99999', '"1"'],
      ['bytes=80000-99999', '"1"'],
    ])
  })

  it('of a server that cannot go on is begun anew', async () => {
    let times = 0
    const uri = serve((request, response) => {
      sendFile(request, response, small, { ranges: false, etag: null, ...(times++ === 0 && { cutAfter: 40_000 }) })
    })
    expect((await contentOf(spoolOf(), uri)).equals(small)).toBe(true)
  })

  it('is gone on with by the next attempt', async () => {
    let isBroken = true
    const uri = serve((request, response) => {
      const isFirst = request.headers.range === 'bytes=0-8388607'
      if (isBroken && !isFirst) response.destroy()
      else sendFile(request, response, small, isBroken ? { cutAfter: 40_000 } : {})
    })
    const spool = spoolOf()
    expect(await refusal(spool, uri)).toEqual({
      code: 'FETCH_FAILED',
      message: '127.0.0.1 cannot be read: the connection broke.',
    })
    isBroken = false
    server.requests.splice(0)
    expect((await contentOf(spool, uri)).equals(small)).toBe(true)
    expect(server.requests.map(({ range }) => range)).toEqual(['bytes=40000-99999'])
  }, 30_000)

  it('is begun anew by the next attempt where somebody has cleared the spool meanwhile', async () => {
    let isBroken = true
    const uri = serve((request, response) => {
      if (isBroken && request.headers.range !== 'bytes=0-8388607') response.destroy()
      else sendFile(request, response, small, isBroken ? { cutAfter: 40_000 } : {})
    })
    const spool = spoolOf()
    expect(await refusal(spool, uri)).toMatchObject({ code: 'FETCH_FAILED' })
    isBroken = false
    for (const name of await left()) await rm(`${folder}/spool/${name}`)
    expect((await contentOf(spool, uri)).equals(small)).toBe(true)
  }, 30_000)

  it('or is silent ends as a failure that is tried again', async () => {
    const uri = serve((_, response) => void response.writeHead(200, { 'content-length': 1_000 }).write('x'))
    const silent = createServer(() => {})
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done))
    const { port } = silent.address() as { port: number }
    const spool = spoolOf({ timeoutMs: 300 })
    const [body, head] = await Promise.all([refusal(spool, uri), refusal(spool, `http://127.0.0.1:${port}/a.mp4`)])
    expect(body).toEqual({ code: 'FETCH_FAILED', message: '127.0.0.1 cannot be read: it sends nothing more.' })
    expect(head).toEqual({ code: 'FETCH_FAILED', message: '127.0.0.1 cannot be read: it does not answer in time.' })
    silent.close()
  }, 40_000)
})

describe('a file that changes', () => {
  it('between its parts is fetched anew', async () => {
    const changed = randomBytes(large.length)
    let asked = 0
    const uri = serve((request, response) => {
      const isOld = asked++ === 0
      sendFile(request, response, isOld ? large : changed, { etag: isOld ? '"old"' : '"new"' })
    })
    expect((await contentOf(spoolOf(), uri)).equals(changed)).toBe(true)
  })

  it('where the server does not look at If-Range, too', async () => {
    const changed = randomBytes(large.length)
    let asked = 0
    const uri = serve((request, response) => {
      delete request.headers['if-range']
      const isOld = asked++ === 0
      sendFile(request, response, isOld ? large : changed, { etag: isOld ? '"old"' : '"new"' })
    })
    expect((await contentOf(spoolOf(), uri)).equals(changed)).toBe(true)
  })

  it('all the time is none', async () => {
    let asked = 0
    const uri = serve((request, response) => {
      sendFile(request, response, small, { etag: `"${asked++}"`, cutAfter: 1_000 })
    })
    const { code, message } = await refusal(spoolOf(), uri)
    expect([code, message]).toEqual(['FETCH_FAILED', 'The input changes while it is fetched.'])
  }, 30_000)
})

describe('a server is taken at its word, and no more', () => {
  it.each<[string, RequestListener, string, RegExp]>([
    ['404', (_, response) => void response.writeHead(404).end(), 'FETCH_REFUSED', /answers 404: there is nothing/],
    ['403', (_, response) => void response.writeHead(403).end(), 'FETCH_REFUSED', /answers 403: .*may have expired/],
    ['a page to sign in', (_, response) => void response.writeHead(401).end(), 'FETCH_REFUSED', /wants credentials/],
    [
      'a body that is packed',
      (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(MIB))),
      'FETCH_REFUSED',
      /packed \(gzip\)/,
    ],
    [
      'a part that was not asked for',
      (_, response) => void response.writeHead(206, { 'content-range': 'bytes 5-9/10' }).end('56789'),
      'FETCH_REFUSED',
      /another part/,
    ],
    [
      'a patience of hours',
      (_, response) => void response.writeHead(503, { 'retry-after': '7200' }).end(),
      'FETCH_FAILED',
      /answers 503, and asks to come back in 7200 s/,
    ],
    [
      'a size beyond the limit',
      (_, response) => void response.writeHead(200, { 'content-length': 91 * MIB }).flushHeaders(),
      'INPUT_TOO_LARGE',
      /has 95420416 bytes or more; at most 94371840 are read/,
    ],
  ])('%s', async (_, listener, code, message) => {
    const said = await refusal(spoolOf(), serve(listener))
    expect(said.code).toBe(code)
    expect(said.message).toMatch(message)
    expect(server.requests).toHaveLength(1)
  })

  it('a body without an end is cut off at the limit', async () => {
    const uri = serve((_, response) => {
      response.writeHead(200)
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(64 * 1024)));
      }
      response.on('drain', more)
      more()
    })
    expect((await refusal(spoolOf({ maxBytes: 3 * MIB }), uri)).code).toBe('INPUT_TOO_LARGE')
  })

  it('500, then 503 with Retry-After, then the file', async () => {
    const at: number[] = []
    const uri = serve((request, response) => {
      at.push(performance.now())
      if (at.length === 1) response.writeHead(500).end()
      else if (at.length === 2) response.writeHead(503, { 'retry-after': '2' }).end()
      else sendFile(request, response, small)
    })
    expect((await contentOf(spoolOf(), uri)).equals(small)).toBe(true)
    expect(at[2]! - at[1]!).toBeGreaterThan(1_900)
  })

  it('fewer bytes than it said are not a file', async () => {
    const lying = createServer((socket: Socket) => {
      socket.on('error', () => {})
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nshort')
    })
    await new Promise<void>((done) => lying.listen(0, '127.0.0.1', done))
    const { port } = lying.address() as { port: number }
    const said = await refusal(spoolOf(), `http://127.0.0.1:${port}/a.mp4`)
    expect(said).toEqual({ code: 'FETCH_FAILED', message: '127.0.0.1 cannot be read: the connection broke.' })
    lying.close()
  }, 30_000)
})

describe('where a request may go', () => {
  const to = (location: string): RequestListener => {
    return (_, response) => void response.writeHead(302, { location }).end()
  }

  it('three redirects are followed', async () => {
    const uri = serve((request, response) => sendFile(request, response, small))
    const hops = [serve(to(uri))]
    for (let i = 0; i < 3; i++) hops.push(serve(to(hops.at(-1)!)))
    expect((await contentOf(spoolOf(), hops[2]!)).equals(small)).toBe(true)
    expect(await refusal(spoolOf(), hops[3]!)).toEqual({
      code: 'FETCH_REFUSED',
      message: '127.0.0.1 redirects more than 3 times.',
    })
  })

  it.each([
    ['http://169.254.169.254/latest/meta-data', 'URL_NOT_PUBLIC'],
    ['http://[::ffff:10.0.0.1]/', 'URL_NOT_PUBLIC'],
    ['http://localhost:9/', 'URL_NOT_PUBLIC'],
    ['http://inside.example/', 'URL_NOT_PUBLIC'],
    ['file:///etc/passwd', 'FETCH_REFUSED'],
    ['http://me:secret@127.0.0.1/', 'FETCH_REFUSED'],
    ['http://', 'FETCH_REFUSED'],
  ])('a redirect to %s is refused', async (location, code) => {
    const resolve: Resolve = async () => [{ address: '10.0.0.1', family: 4 }]
    const spool = spoolOf({ allow: [`127.0.0.1:${server.port}`], resolve })
    expect((await refusal(spool, serve(to(location)))).code).toBe(code)
    expect(server.requests).toHaveLength(1)
  })

  it('a name is asked once for a connection, whatever it says next, and the server sees the name', async () => {
    const uri = serve((request, response) => sendFile(request, response, small)).replace('127.0.0.1', 'flips.example')
    const asked: string[] = []
    const resolve: Resolve = async (name) => {
      asked.push(name)
      // Public when it is looked at, private when it is asked again.
      return [{ address: asked.length === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }]
    }
    expect((await contentOf(spoolOf({ resolve, allow: ['127.0.0.1'] }), uri)).equals(small)).toBe(true)
    expect(asked).toEqual(['flips.example'])
    expect(server.requests[0]!.host).toBe(`flips.example:${server.port}`)
  })

  it('a name that leads inside when it is connected to is refused, though it was public when the job came', async () => {
    const answers = ['93.184.216.34', '127.0.0.1']
    const resolve: Resolve = async () => [{ address: answers.shift()!, family: 4 }]
    const remote = openRemote({ allow: [], timeoutMs: 1_000, resolve })
    const spool = openSpool({ folder: `${folder}/spool`, capacity: MIB, maxBytes: MIB, remote })
    open.push({ remote, spool })
    const uri = `http://flips.example:${server.port}/a.mp4`
    await remote.check(uri)
    expect((await refusal(spool, uri)).code).toBe('URL_NOT_PUBLIC')
    expect(server.requests).toEqual([])
  })

  it('a host that is on the list by its name and port may lead anywhere', async () => {
    const uri = serve((request, response) => sendFile(request, response, small)).replace('127.0.0.1', 'media.internal')
    const resolve: Resolve = async () => [{ address: '127.0.0.1', family: 4 }]
    expect((await contentOf(spoolOf({ resolve, allow: [`media.internal:${server.port}`] }), uri)).equals(small)).toBe(
      true,
    )
    expect((await refusal(spoolOf({ resolve, allow: ['media.internal:1'] }), uri)).code).toBe('URL_NOT_PUBLIC')
  })
})

describe('several who want', () => {
  it('the same file at once fetch it once; one who comes later asks whether it still is the same', async () => {
    let etag = '"1"'
    const uri = serve((request, response) => sendFile(request, response, small, { etag }))
    const spool = spoolOf()
    const both = await Promise.all([fetch(spool, uri), fetch(spool, uri)])
    expect(server.requests).toHaveLength(1)
    expect(both[0]!.held.inode).toBe(both[1]!.held.inode)
    const later = await fetch(spool, uri)
    expect(server.requests.map(({ range }) => range)).toEqual(['bytes=0-8388607', 'bytes=0-0'])
    expect(later.reused).toBe(true)
    etag = '"2"'
    const changed = await fetch(spool, uri)
    expect(changed.reused).toBe(false)
    // Who holds the former one keeps it.
    expect(later.held.inode).not.toBe(changed.held.inode)
    expect(await left()).toHaveLength(1)
    for (const { held } of [...both, later, changed]) await held.close()
  })

  it('a file that was cleared away with its folder have it again', async () => {
    const uri = serve((request, response) => sendFile(request, response, small))
    const spool = spoolOf()
    await fetch(spool, uri).then(({ held }) => held.close())
    await rm(`${folder}/spool`, { recursive: true })
    const again = await Promise.all([fetch(spool, uri), fetch(spool, uri)])
    for (const { held, reused } of again) {
      expect(reused).toBe(false)
      await held.close()
    }
    expect(await readdir(`${folder}/spool`)).toHaveLength(1)
  })

  it('and one who does not any more: the others have it all the same, and the last one ends it', async () => {
    let answer = () => {}
    const uri = serve((request, response) => {
      response.writeHead(200, { etag: '"1"', 'content-length': small.length }).flushHeaders()
      request.on('close', () => response.destroy())
      answer = () => response.end(small)
    })
    const spool = spoolOf({ timeoutMs: 20_000 })
    const stops = [new AbortController(), new AbortController()]
    const wanted = stops.map(({ signal }) => fetch(spool, uri, signal).catch((error) => error))
    await waitFor(() => expect(server.requests).toHaveLength(1))
    stops[0]!.abort(new Error('cancelled'))
    expect(await wanted[0]).toEqual(new Error('cancelled'))
    answer()
    const fetched = (await wanted[1]) as Awaited<ReturnType<typeof fetch>>
    await fetched.held.close()

    const other = serve((_, response) => void response.writeHead(200, { 'content-length': 9 }).flushHeaders())
    const alone = new AbortController()
    const never = fetch(spool, other, alone.signal).catch((error) => error)
    await waitFor(() => expect(server.requests).toHaveLength(2))
    alone.abort(new Error('cancelled'))
    expect(await never).toEqual(new Error('cancelled'))
  })

  it('more than there is room for wait for one another; what nobody uses goes, the oldest first', async () => {
    const uris = Array.from({ length: 4 }, (_, i) => {
      const body = Buffer.alloc(400 * 1024, i)
      return serve((request, response) => sendFile(request, response, body))
    }) as [string, string, string, string]
    const spool = spoolOf({ capacity: MIB })
    const [first, second] = [await fetch(spool, uris[0]), await fetch(spool, uris[1])]
    let third: Awaited<ReturnType<typeof fetch>> | null = null
    const waits = fetch(spool, uris[2]).then((fetched) => {
      third = fetched
    })
    await waitFor(() => expect(server.requests).toHaveLength(3))
    await first.held.close()
    await waits
    expect(third).not.toBeNull()
    await second.held.close()
    await third!.held.close()
    // The second was given back last but one, so it has to go for the fourth.
    await (await fetch(spool, uris[3])).held.close()
    expect((await fetch(spool, uris[2])).reused).toBe(true)
  })

  it('several files each do not wait for each other', async () => {
    const uris = Array.from({ length: 4 }, (_, i) => {
      const body = Buffer.alloc(400 * 1024, i)
      return serve((request, response) => sendFile(request, response, body))
    })
    const spool = spoolOf({ capacity: MIB })
    const { signal } = new AbortController()
    const job = async (wanted: string[]) => {
      const session = await spool.session(wanted.length, signal)
      const fetched = await Promise.all(wanted.map((uri) => session.fetch(uri, { signal, onProgress() {} })))
      session.done()
      for (const { held } of fetched) await held.close()
    }
    await Promise.all([job(uris.slice(0, 2)), job(uris.slice(2)), job(uris.slice(1, 3))])
  })

  it('more than the spool takes are refused, alone or together', async () => {
    const uris = [600, 600, 1_100].map((kib) => {
      return serve((request, response) => sendFile(request, response, Buffer.alloc(kib * 1024)))
    })
    const spool = spoolOf({ capacity: MIB })
    expect(await refusal(spool, uris[2]!)).toEqual({
      code: 'INPUT_TOO_LARGE',
      message: 'The input has 1126400 bytes or more; the spool of the worker takes 1048576.',
    })
    const { signal } = new AbortController()
    const session = await spool.session(2, signal)
    const fetched = await Promise.allSettled(
      uris.slice(0, 2).map((uri) => session.fetch(uri, { signal, onProgress() {} })),
    )
    session.done()
    expect(fetched.some((each) => each.status === 'rejected' && each.reason.code === 'INPUT_TOO_LARGE')).toBe(true)
    for (const each of fetched) if (each.status === 'fulfilled') await each.value.held.close()
  })
})

it('fetches the end of a file next when a reader of its front asks for it', async () => {
  const film = randomBytes(80 * MIB)
  const uri = serve((request, response) => sendFile(request, response, film))
  const spool = spoolOf()
  const { signal } = new AbortController()
  const session = await spool.session(1, signal)
  let end = null as Promise<Buffer> | null
  async function endOf(file: Growing): Promise<Buffer> {
    await file.endReached(MIB)
    expect(file.isWhole).toBe(false)
    const bytes = Buffer.from(await file.read(film.length - MIB, MIB))
    await file.close()
    return bytes
  }
  const onGrowing = (file: Growing) => {
    end = endOf(file)
  }
  const { held } = await session.fetch(uri, { signal, onProgress: () => {}, onGrowing }).finally(session.done)
  expect((await end)!.equals(film.subarray(-MIB))).toBe(true)
  const begins = server.requests.map(({ range }) => Number(/\d+/.exec(range!)![0]) / (8 * MIB))
  expect(begins.indexOf(9)).toBeLessThan(begins.indexOf(5))
  expect((await readFile(held.path)).equals(film)).toBe(true)
  await held.close()
})
