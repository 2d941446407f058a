import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { apiErrorOf, FfleetApiError, FfleetConnectionError } from '../client/api-error.js'
import { backoffMs, type Retry } from '../client/backoff.js'
import { type HttpOptions, requestOnce } from '../client/http.js'
import { mayPass, storeError } from './errors.js'
import {
  BYTES_TYPE,
  type BytesOf,
  bytesPath,
  type CallBody,
  type CallName,
  callPath,
  inputPath,
  LONGEST_CALL_MS,
  OFFSET_HEADER,
  partPath,
} from './protocol.js'

export type StoreApi = {
  /** Without a slash at the end. */
  url: string
  /** Null where the API has no keys. */
  apiKey: string | null
}

/** By the settings of a worker; null: it has its files by itself. */
export function storeApiOf(settings: {
  store: 'folders' | 'api'
  url: string | null
  apiKey: string | null
}): StoreApi | null {
  return settings.store === 'api' ? { url: settings.url!, apiKey: settings.apiKey } : null
}

/** How long something is tried while the API is away; `signal` ends it at once, with its reason. */
export type Patience = { signal?: AbortSignal | undefined; patienceMs?: number }

export type StoreConnection = {
  /** @throws FfleetError what the store of the API refuses; STORE_UNAVAILABLE, STORE_REFUSED. */
  call<N extends CallName, T = unknown>(name: N, body: CallBody<N>, patience?: Patience): Promise<T>
  /** Sends what the API does not have yet of a file, whatever broke off in between. `bytes`: up to there. The same errors. */
  send(of: BytesOf, file: string, bytes: number, patience?: Patience): Promise<void>
  /** A part that the API found, into a file, from its beginning whenever it breaks off. The same errors, and those of the disk. */
  receivePart(name: string, file: string, patience?: Patience): Promise<void>
  /** An input, or a part of it: the answer to one GET, whatever its status says. */
  input(uri: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response>
}

/** As long as a bucket is waited for. */
const PATIENCE_MS = 5 * 60_000
/** For one try of a call. */
const CALL_MS = 3 * LONGEST_CALL_MS
/** The API, or what is in between, takes no more of a file for so long: that try is over. */
const SILENCE_MS = 60_000
const CHUNK_BYTES = 1024 * 1024
const STILL_AT_IT = 202
const RETRY: Retry = { attempts: 0, baseMs: 250, maxMs: 5_000 }

export function connectStore({ url, apiKey }: StoreApi): StoreConnection {
  const http: HttpOptions = { baseUrl: url, apiKey, fetch, retry: RETRY, timeoutMs: CALL_MS }

  /** Until it is done, refused for good, or patience has ended. A try that came further begins it anew. */
  async function patiently<T>(
    { signal, patienceMs = PATIENCE_MS }: Patience,
    attempt: (signal: AbortSignal, goesOn: () => void) => Promise<T>,
  ): Promise<T> {
    let failures = 0
    let deadlineMs = performance.now() + patienceMs
    const goesOn = () => {
      failures = 0
      deadlineMs = performance.now() + patienceMs
    }
    for (;;) {
      const stop = new AbortController()
      try {
        return await attempt(signal ? AbortSignal.any([signal, stop.signal]) : stop.signal, goesOn)
      } catch (error) {
        signal?.throwIfAborted()
        if (!mayPass(error) || performance.now() > deadlineMs) throw storeError(error)
        await sleep(backoffMs(failures, RETRY), undefined, { signal }).catch(() => signal?.throwIfAborted())
        failures += 1
      } finally {
        stop.abort()
      }
    }
  }

  const have = (of: BytesOf, signal: AbortSignal) =>
    answered(http, signal, async (inner) => {
      const response = await requestOnce(http, { path: bytesPath(of) }, inner)
      return ((await response.json()) as { bytes: number }).bytes
    })

  async function call(name: CallName, body: unknown, signal: AbortSignal): Promise<unknown> {
    for (;;) {
      const [status, text] = await answered(http, signal, async (inner) => {
        const response = await requestOnce(http, { method: 'POST', path: callPath(name), body }, inner)
        return [response.status, await response.text()]
      })
      if (status !== STILL_AT_IT) return text === '' ? undefined : JSON.parse(text)
    }
  }

  function get(path: string, asked: Record<string, string>, signal: AbortSignal): Promise<Response> {
    const headers = new Headers(asked)
    if (apiKey !== null) headers.set('authorization', `Bearer ${apiKey}`)
    return fetch(url + path, { headers, signal })
  }

  return {
    call: (name, body, patience = {}) => patiently(patience, (signal) => call(name, body, signal) as Promise<never>),
    async send(of, file, bytes, patience = {}) {
      await patiently(patience, async (signal, goesOn) => {
        const from = Math.min(await have(of, signal), bytes)
        if (from < bytes || bytes === 0) await sendBytes({ http, of, file, from, bytes, signal, goesOn })
      })
    },
    receivePart: (name, file, patience = {}) =>
      patiently(patience, async (signal) => {
        const answer = await connected(http, signal, () => get(partPath(name), {}, signal))
        if (!answer.ok) throw await apiErrorOf(answer)
        await writeBody(answer, file, (read) => connected(http, signal, read))
      }),
    input: (uri, asked, signal) => get(inputPath(uri), asked, signal),
  }
}

/** `through`: each read goes through it, so that the faults of a connection are told from those of the disk. */
async function writeBody(
  { body }: Response,
  path: string,
  through: <T>(read: () => Promise<T>) => Promise<T>,
): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    const reader = body!.getReader()
    for (;;) {
      const { done, value } = await through(() => reader.read())
      if (done) return
      await file.writeFile(value)
    }
  } finally {
    await file.close()
  }
}

type Sending = {
  http: HttpOptions
  of: BytesOf
  file: string
  from: number
  bytes: number
  signal: AbortSignal
  goesOn: () => void
}

async function sendBytes({ http, of, file, from, bytes, signal, goesOn }: Sending): Promise<void> {
  const source = await open(file, 'r')
  const silence = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const heard = () => {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(new Error('nothing was taken')), SILENCE_MS)
  }
  let at = from
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      heard()
      if (at > from) goesOn()
      const { bytesRead, buffer } = await source.read(Buffer.alloc(Math.min(CHUNK_BYTES, bytes - at)), 0, null, at)
      at += bytesRead
      if (bytesRead > 0) controller.enqueue(buffer.subarray(0, bytesRead))
      if (bytesRead === 0 || at === bytes) controller.close()
    },
  })
  const headers = new Headers({ 'content-type': BYTES_TYPE, [OFFSET_HEADER]: String(from) })
  if (http.apiKey !== null) headers.set('authorization', `Bearer ${http.apiKey}`)
  try {
    heard()
    await connected(http, signal, async () => {
      const either = AbortSignal.any([signal, silence.signal])
      const init = { method: 'PATCH', headers, body, duplex: 'half', signal: either } as RequestInit
      const answer = await fetch(http.baseUrl + bytesPath(of), init)
      if (!answer.ok) throw await apiErrorOf(answer)
    })
  } finally {
    clearTimeout(timer)
    await source.close()
  }
}

const answered = <T>(http: HttpOptions, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>) =>
  connected(http, signal, () => work(AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)])))

/** What is no answer of the API becomes one kind of error, but for what the signal says. */
async function connected<T>(http: HttpOptions, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof FfleetApiError || error instanceof FfleetConnectionError) throw error
    throw new FfleetConnectionError(http.baseUrl, error)
  }
}
