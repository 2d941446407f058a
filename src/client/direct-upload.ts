/** A file that goes straight to the bucket of the outputs: each part is PUT to its URL, several at once. */
import type { DirectPart, DirectUpload, Upload } from '../contract/index.js'
import { type AbortScope, abortScope, sleep, unlessAborted } from './abort.js'
import { FfleetApiError, FfleetBucketError } from './api-error.js'
import { backoffMs } from './backoff.js'
import { type HttpOptions, requestJson } from './http.js'
import type { DirectUploadOptions } from './types.js'

/** Parts on their way. Of the six connections that a browser has to a host, some are left. */
const AT_ONCE = 4
/** Of a part, and of a call in between: what has been sent for hours is not lost to half a minute without a network. */
const RETRY = { attempts: 8, baseMs: 500, maxMs: 10_000 }
/** Of a bucket that has taken nothing yet: it may be out of reach from here, and somebody waits for the word. */
const FIRST_ATTEMPTS = 1
/** The bucket joins the parts, and the server reads the file where it has a hash to hold it against. */
const COMPLETE_MS = 10 * 60_000
/** The parts may be another sender's of the same upload, who was faster or slower with one. */
const MOST_ROUNDS = 3

type Way = {
  http: HttpOptions
  /** A part of which nothing more was read for so long, and that was not answered either, is sent again. */
  silenceMs: number
}

export async function sendDirect(way: Way, file: Blob, options: DirectUploadOptions): Promise<Upload> {
  const { signal, resume, filename, sha256, keep } = options
  const patient = { ...way.http, retry: RETRY }
  const missing = (id: string) =>
    requestJson<DirectUpload>(patient, { path: `/v1/uploads/${encodeURIComponent(id)}/parts`, signal })
  const body = { bytes: file.size, filename, sha256, keep }
  let left =
    resume === undefined
      ? await requestJson<DirectUpload>(way.http, { method: 'POST', path: '/v1/uploads/direct', body, signal })
      : await missing(resume)
  const { id, bytes } = left.upload
  if (bytes !== file.size) throw new TypeError(`The upload ${id} is of ${bytes} bytes, the file of ${file.size}.`)
  options.onBegun?.(id)
  for (let round = 1; ; round++) {
    await new PartsOnTheirWay(way, file, options, () => missing(id)).send(left.parts)
    const path = `/v1/uploads/${encodeURIComponent(id)}/complete`
    try {
      return await requestJson<Upload>({ ...patient, timeoutMs: COMPLETE_MS }, { method: 'POST', path, signal })
    } catch (error) {
      if (!(error instanceof FfleetApiError && error.code === 'UPLOAD_CONFLICT') || round === MOST_ROUNDS) throw error
      left = await missing(id)
      if (left.parts.length === 0) throw error
    }
  }
}

class PartsOnTheirWay {
  readonly #way: Way
  readonly #file: Blob
  readonly #options: DirectUploadOptions
  readonly #missing: () => Promise<DirectUpload>
  readonly #scope: AbortScope
  /** URLs that were signed later than those of the parts, by number. */
  #renewed = new Map<number, string>()
  /** Bytes that the bucket has, and of each part under way those that were read. */
  #taken = 0
  readonly #read = new Map<number, number>()
  #tookOne = false

  constructor(way: Way, file: Blob, options: DirectUploadOptions, missing: () => Promise<DirectUpload>) {
    this.#way = way
    this.#file = file
    this.#options = options
    this.#missing = missing
    this.#scope = abortScope(options.signal)
  }

  /** Until the bucket has all of them. The first that it does not take ends the others. */
  async send(parts: readonly DirectPart[]): Promise<void> {
    const { signal } = this.#scope
    const line = [...parts]
    this.#taken = parts.reduce((left, { bytes }) => left - bytes, this.#file.size)
    this.#tookOne = this.#taken > 0
    this.#tell()
    const sendSome = async () => {
      for (let part = line.shift(); part !== undefined; part = line.shift()) await this.#sendOne(part)
    }
    const failed = (error: unknown) => this.#scope.abort(error)
    await Promise.all(Array.from({ length: AT_ONCE }, () => sendSome().catch(failed)))
    this.#scope.dispose()
    signal.throwIfAborted()
  }

  async #sendOne(part: DirectPart): Promise<void> {
    const { signal } = this.#scope
    for (let failures = 0; ; failures++) {
      const url = this.#renewed.get(part.number) ?? part.url
      try {
        await this.#put({ ...part, url }, this.#way.silenceMs * (failures + 1))
        return this.#took(part)
      } catch (error) {
        this.#read.delete(part.number)
        signal.throwIfAborted()
        await requireReadable(this.#file, part)
        const most = this.#tookOne ? RETRY.attempts : FIRST_ATTEMPTS
        if (failures >= most || !mayPass(error)) throw new FfleetBucketError(url, this.#taken, error)
        this.#tell()
        await sleep(backoffMs(failures, RETRY), signal)
        if (!isRefused(error)) continue
        const { parts } = await this.#missing()
        this.#renewed = new Map(parts.map((each) => [each.number, each.url]))
        // It is there: what was lost is the answer.
        if (!this.#renewed.has(part.number)) return this.#took(part)
      }
    }
  }

  #took({ number, bytes }: DirectPart): void {
    this.#read.delete(number)
    this.#taken += bytes
    this.#tookOne = true
    this.#tell()
  }

  #tell(): void {
    this.#options.onSent?.([...this.#read.values()].reduce((sum, bytes) => sum + bytes, this.#taken))
  }

  async #put({ number, offset, bytes, url }: DirectPart, silenceMs: number): Promise<void> {
    const body = this.#file.slice(offset, offset + bytes)
    const md5 = await this.#options.md5?.(body)
    const scope = abortScope(this.#scope.signal)
    let timer: ReturnType<typeof setTimeout> | undefined
    let isOver = false
    const heard = () => {
      clearTimeout(timer)
      timer = setTimeout(() => scope.abort(new Error(`nothing was sent for ${silenceMs} ms`)), silenceMs)
    }
    onRead(body, (read) => {
      // A little of one that was cut off is read behind its end.
      if (isOver) return
      heard()
      this.#read.set(number, (this.#read.get(number) ?? 0) + read)
      this.#tell()
    })
    const headers = md5 === undefined ? {} : { 'content-md5': md5 }
    const init = { method: 'PUT', headers, body, signal: scope.signal }
    try {
      const response = await unlessAborted(scope.signal, () => this.#way.http.fetch(url, init))
      if (!response.ok) throw await unlessAborted(scope.signal, () => refusalOf(response))
      await response.body?.cancel()
    } finally {
      isOver = true
      clearTimeout(timer)
      scope.dispose()
    }
  }
}

/** Calls back with what is read of it. Node's `fetch` reads a Blob by this method, and those of browsers by none. */
function onRead(body: Blob, read: (bytes: number) => void): void {
  const stream = body.stream.bind(body)
  const counting = () =>
    stream().pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          read(chunk.byteLength)
          controller.enqueue(chunk)
        },
      }),
    )
  Object.defineProperty(body, 'stream', { value: counting })
}

/** What the bucket says is XML, or of a proxy in between. */
async function refusalOf(response: Response): Promise<FfleetApiError> {
  const text = await response.text().catch(() => '')
  const code = /<Code>([^<]{1,100})<\/Code>/.exec(text)?.[1]
  return new FfleetApiError(response.status, { title: [response.status, code].join(' ').trim() })
}

/** Damaged or cut off on its way, or too slow. */
const PASSING_CODES = /BadDigest|InvalidDigest|IncompleteBody|RequestTimeout/

/** Whether the same part may be taken a little later; with a URL that is signed anew, where the former one was refused. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof FfleetApiError)) return true
  const { status, title } = error
  return (status >= 500 && status !== 501) || [403, 408, 429].includes(status) || PASSING_CODES.test(title)
}

const isRefused = (error: unknown) => error instanceof FfleetApiError && error.status === 403

/** @throws What the file says where it was moved or changed: `fetch` tells of that as of a broken connection. */
async function requireReadable(file: Blob, { offset }: DirectPart): Promise<void> {
  await file.slice(offset, offset + 1).arrayBuffer()
}
