/**
 * A store that speaks S3 on this machine: s3rver, and in front of it a proxy that adds what it lacks (conditions on writes, the end
 * of uploads, checksums of parts) and does what goes wrong.
 */
import { createHash, createHmac } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { CreateMultipartUploadCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { onTestFinished } from 'vitest'
import { aFolder } from './folder.js'

/** Of s3rver, which has no types. */
type S3rver = {
  run(): Promise<AddressInfo>
  close(): Promise<void>
  store: { existsObject(bucket: string, key: string): Promise<boolean> }
}

export type Asked = { method: string; key: string; query: URLSearchParams; headers: IncomingMessage['headers'] }

/** What goes wrong with a request: an answer in place of the true one, a cut connection, also behind so many bytes of the body, a byte of it that arrives as another one, or something to wait for first. */
export type Fault =
  | { answer: { status: number; code: string } }
  | { cut: 'before' | 'after' }
  | { cutAt: number }
  | { wrongTag: true }
  | { damage: true }
  | { wait: Promise<unknown> }

export type TestBucket = {
  endpoint: string
  /** `s3://…`. */
  root: string
  /** What a process needs to reach it. */
  env: Record<string, string>
  /** All requests there were. */
  asked: Asked[]
  /** The uploads that are open, by id: their keys. */
  uploads: Map<string, string>
  /** How long ago they were begun, as the store tells it; default 0 ms. */
  uploadsAgeMs: number
  /** Whether the store knows conditions on writes; default true. */
  knowsConditions: boolean
  /** Asked for each request; null where it goes well. */
  fault: (asked: Asked) => Fault | null
  /** Whether there is such an object, below the prefix. */
  has(key: string): Promise<boolean>
  /** Puts an object there, below the prefix. */
  put(key: string, bytes: Buffer): Promise<void>
  /** Begins an upload that nobody goes on with; the key is the whole one. */
  begin(key: string): Promise<void>
  close(): Promise<void>
}

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER', AWS_REGION: 'us-east-1' }
const BUCKET = 'films'

/** `prefix`: below which ffleet keeps things, with its slash. */
export async function startBucket(directory: string, prefix = 'fleet/'): Promise<TestBucket> {
  const Server = createRequire(import.meta.url)('s3rver') as new (options: object) => S3rver
  const buckets = [{ name: BUCKET }]
  const inner = new Server({ address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets: buckets })
  const { port } = await inner.run()
  const tags = new Map<string, Map<number, string>>()
  const sizes = new Map<string, Map<number, number>>()
  const empty = new Set<string>()

  async function pass(
    asked: Asked,
    incoming: IncomingMessage,
    body: Buffer,
  ): Promise<{ status: number; headers: IncomingMessage['headers']; body: Buffer }> {
    return new Promise((done, failed) => {
      const { 'if-none-match': _, ...headers } = asked.headers
      const passed = request(
        { host: '127.0.0.1', port, method: asked.method, path: incoming.url, headers },
        (answer) => {
          buffer(answer).then(
            (bytes) => done({ status: answer.statusCode!, headers: answer.headers, body: bytes }),
            failed,
          )
        },
      )
      passed.on('error', failed)
      passed.end(body)
    })
  }

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = new URL(incoming.url!, 'http://localhost')
    const key = decodeURIComponent(url.pathname).slice(BUCKET.length + 2)
    const asked: Asked = { method: incoming.method!, key, query: url.searchParams, headers: incoming.headers }
    // Its rule lets every page send parts, and read whether they were taken.
    outgoing.setHeader('access-control-allow-origin', '*')
    if (asked.method === 'OPTIONS') {
      return void outgoing.writeHead(204, { 'access-control-allow-methods': 'PUT' }).end()
    }
    bucket.asked.push(asked)
    const refuse = (status: number, code: string) => {
      const xml = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`
      outgoing.writeHead(status, { 'content-type': 'application/xml' }).end(asked.method === 'HEAD' ? '' : xml)
    }
    const body = await buffer(incoming)
    const fault = bucket.fault(asked)
    if (fault && 'wait' in fault) await fault.wait
    if (fault && 'damage' in fault) body[0]! ^= 1
    if (fault && 'answer' in fault) return refuse(fault.answer.status, fault.answer.code)
    if (fault && 'cut' in fault && fault.cut === 'before') return void incoming.socket.destroy()
    if (asked.method === 'GET' && asked.query.has('uploads'))
      return void outgoing.writeHead(200, { 'content-type': 'application/xml' }).end(listOf(bucket, asked.query))
    if (!isSigned(incoming, url)) return refuse(403, 'SignatureDoesNotMatch')
    const uploadId = asked.query.get('uploadId')
    const known = uploadId === null ? null : tags.get(uploadId)
    if (uploadId !== null && !known) return refuse(404, 'NoSuchUpload')
    if (asked.method === 'DELETE' && uploadId !== null) {
      tags.delete(uploadId)
      bucket.uploads.delete(uploadId)
      await rm(join(directory, BUCKET, '._S3rver_uploads', uploadId), { recursive: true, force: true })
      return void outgoing.writeHead(204).end()
    }
    if (asked.method === 'GET' && known) {
      const part = ([number, size]: [number, number]) =>
        `<Part><PartNumber>${number}</PartNumber><Size>${size}</Size><ETag>"${known.get(number)}"</ETag></Part>`
      const parts = [...sizes.get(uploadId!)!].map(part).join('')
      const xml = `<?xml version="1.0"?><ListPartsResult>${parts}</ListPartsResult>`
      return void outgoing.writeHead(200, { 'content-type': 'application/xml' }).end(xml)
    }
    const isWrite = asked.method === 'PUT' || asked.method === 'POST'
    if (isWrite && asked.headers['if-none-match'] === '*') {
      if (!bucket.knowsConditions) return refuse(501, 'NotImplemented')
      if (await inner.store.existsObject(BUCKET, key)) return refuse(412, 'PreconditionFailed')
    }
    const sum = asked.headers['x-amz-checksum-sha256']
    if (sum !== undefined && sum !== createHash('sha256').update(body).digest('base64')) return refuse(400, 'BadDigest')
    const md5 = asked.headers['content-md5']
    if (md5 !== undefined && md5 !== createHash('md5').update(body).digest('base64')) return refuse(400, 'BadDigest')
    if (asked.method === 'POST' && known) {
      const sent = [...body.toString().matchAll(/<ETag>(?:&quot;|")?([^&<"]*)/g)].map(([, tag]) => tag)
      if (sent.length !== known.size || sent.some((tag, i) => known.get(i + 1) !== tag))
        return refuse(400, 'InvalidPart')
    }
    // s3rver answers nothing for these; S3 does.
    if (asked.method === 'GET' && empty.has(key)) {
      if (asked.headers.range !== undefined) return refuse(416, 'InvalidRange')
      return void outgoing.writeHead(200, { 'content-length': 0, etag: '"d41d8cd98f00b204e9800998ecf8427e"' }).end()
    }
    const passed = await pass(asked, incoming, body)
    if (asked.method === 'POST' && asked.query.has('uploads')) {
      const id = /<UploadId>([^<]*)/.exec(passed.body.toString())![1]!
      tags.set(id, new Map())
      sizes.set(id, new Map())
      bucket.uploads.set(id, key)
    }
    if (asked.method === 'PUT' && known && passed.status === 200) {
      const number = Number(asked.query.get('partNumber'))
      known.set(number, String(passed.headers.etag).replaceAll('"', ''))
      sizes.get(uploadId!)!.set(number, body.length)
    }
    if (asked.method === 'POST' && uploadId !== null && passed.status === 200) {
      tags.delete(uploadId)
      bucket.uploads.delete(uploadId)
    }
    if (fault && 'cut' in fault) return void incoming.socket.destroy()
    const wanted = asked.headers['if-match']
    if (asked.method === 'GET' && wanted !== undefined && wanted !== passed.headers.etag)
      return refuse(412, 'PreconditionFailed')
    if (fault && 'cutAt' in fault) {
      outgoing.writeHead(passed.status, passed.headers)
      return void outgoing.write(passed.body.subarray(0, fault.cutAt), () => incoming.socket.destroy())
    }
    const headers =
      fault && 'wrongTag' in fault ? { ...passed.headers, etag: '"00000000000000000000000000000000"' } : passed.headers
    outgoing.writeHead(passed.status, headers).end(passed.body)
  }

  const proxy = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => incoming.socket.destroy())
  })
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done))
  const endpoint = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const root = `s3://${BUCKET}/${prefix}`.replace(/\/$/, '')
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: region } = CREDENTIALS
  const credentials = { accessKeyId, secretAccessKey }
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true })
  const bucket: TestBucket = {
    ...{ endpoint, root, asked: [], uploads: new Map(), uploadsAgeMs: 0, knowsConditions: true, fault: () => null },
    env: { ...CREDENTIALS, FFLEET_S3_ENDPOINT: endpoint, FFLEET_S3_PATH_STYLE: 'on', FFLEET_OUTPUT_ROOT: root },
    has: (key) => inner.store.existsObject(BUCKET, `${prefix}${key}`),
    async put(key, bytes) {
      await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: `${prefix}${key}`, Body: bytes }))
      if (bytes.length === 0) empty.add(`${prefix}${key}`)
    },
    async begin(key) {
      await client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: key }))
    },
    async close() {
      client.destroy()
      proxy.closeAllConnections()
      await new Promise((done) => proxy.close(done))
      await inner.close()
    },
  }
  return bucket
}

/** Whether an address was signed for this request, and still is valid; s3rver takes any. Without a signature: true. */
function isSigned({ method, headers }: IncomingMessage, { pathname, searchParams }: URL): boolean {
  const asked = new Map(searchParams)
  const signature = asked.get('X-Amz-Signature')
  if (signature === undefined) return true
  asked.delete('X-Amz-Signature')
  const [date, signed, credential] = ['Date', 'SignedHeaders', 'Credential'].map((name) => asked.get(`X-Amz-${name}`)!)
  const scope = credential!.split('/').slice(1)
  const query = [...asked]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
    .join('&')
  const lines = signed!.split(';').map((name) => `${name}:${headers[name] ?? ''}\n`)
  const canonical = [method, pathname, query, lines.join(''), signed, 'UNSIGNED-PAYLOAD'].join('\n')
  const text = ['AWS4-HMAC-SHA256', date, scope.join('/'), createHash('sha256').update(canonical).digest('hex')]
  const hmac = (key: string | Buffer, of: string) => createHmac('sha256', key).update(of).digest()
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${CREDENTIALS.AWS_SECRET_ACCESS_KEY}`)
  const begun = Date.parse(date!.replace(/(....)(..)(..T..)(..)/, '$1-$2-$3:$4:'))
  const isValid = Date.now() < begun + Number(asked.get('X-Amz-Expires')) * 1000
  return isValid && hmac(key, text.join('\n')).toString('hex') === signature
}

/** Uploads that are open, two on a page. */
function listOf({ uploads, uploadsAgeMs }: TestBucket, asked: URLSearchParams): string {
  const marker = [asked.get('key-marker') ?? '', asked.get('upload-id-marker') ?? ''].join('\n')
  const all = [...uploads]
    .filter(([, key]) => key.startsWith(asked.get('prefix') ?? ''))
    .map(([id, key]) => ({ id, key, at: [key, id].join('\n') }))
    .sort((a, b) => (a.at < b.at ? -1 : 1))
  const left = all.filter(({ at }) => at > marker)
  const page = left.slice(0, 2)
  const initiated = new Date(Date.now() - uploadsAgeMs).toISOString()
  const items = page.map(
    ({ id, key }) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${initiated}</Initiated></Upload>`,
  )
  const last = page.at(-1)
  const next =
    left.length > page.length && last
      ? `<IsTruncated>true</IsTruncated><NextKeyMarker>${last.key}</NextKeyMarker><NextUploadIdMarker>${last.id}</NextUploadIdMarker>`
      : '<IsTruncated>false</IsTruncated>'
  return `<?xml version="1.0"?><ListMultipartUploadsResult>${next}${items.join('')}</ListMultipartUploadsResult>`
}

/** One for a test, closed after it; this process has its credentials. */
export async function aBucket(prefix?: string): Promise<TestBucket> {
  Object.assign(process.env, CREDENTIALS)
  const bucket = await startBucket(join(await aFolder(), 'bucket'), prefix)
  onTestFinished(() => bucket.close())
  return bucket
}
