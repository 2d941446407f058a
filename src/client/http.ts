import { abortScope, sleep, unlessAborted } from './abort.js'
import { apiErrorOf, FfleetApiError, FfleetConnectionError } from './api-error.js'
import { backoffMs, type Retry } from './backoff.js'

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>

export type HttpOptions = {
  /** Without a slash at the end. */
  baseUrl: string
  apiKey: string | null
  fetch: Fetch
  retry: Retry
  /** For one try of a call; of a download, until its headers came. */
  timeoutMs: number
}

export type Call = {
  method?: 'GET' | 'POST' | 'DELETE'
  /** Path, or a link the API gave. */
  path: string
  query?: Record<string, string | number | undefined>
  headers?: Record<string, string>
  body?: unknown
  signal?: AbortSignal | undefined
  /** Called with what failed before each further try. */
  onRetry?: (error: unknown) => void
}

/** A server that asks for more patience than this is not waited for. */
const LONGEST_RETRY_AFTER_MS = 60_000
const TRANSIENT_STATUS = new Set([429, 502, 503, 504])

/** Whether the same call may succeed a little later. */
export function isTransient(error: unknown): boolean {
  if (error instanceof FfleetConnectionError) return true
  if (!(error instanceof FfleetApiError) || !TRANSIENT_STATUS.has(error.status)) return false
  // Jobs have to end first.
  if (error.code === 'QUOTA_EXCEEDED') return false
  return (error.retryAfterMs ?? 0) <= LONGEST_RETRY_AFTER_MS
}

/** Whether the server may have done what was asked although this error came back. */
export function isUnsure(error: unknown): boolean {
  return (
    error instanceof FfleetConnectionError || (error instanceof FfleetApiError && [502, 504].includes(error.status))
  )
}

/** How long to wait before the next try after `failures` + 1 failed ones: as the server asks, else backing off. */
export function waitMs(error: unknown, failures: number, retry: Retry): number {
  const asked = error instanceof FfleetApiError ? (error.retryAfterMs ?? 0) : 0
  return Math.max(asked, backoffMs(failures, retry))
}

/** A JSON answer, trying again while the failure is transient. `undefined` for an answer without a body. */
export function requestJson<T>(http: HttpOptions, call: Call): Promise<T> {
  return withRetry(http, call, async (signal) => {
    const response = await requestOnce(http, call, signal)
    if (response.status === 204) return undefined as T
    return connected(http, signal, () => response.json() as Promise<T>)
  })
}

/** A text answer, trying again while the failure is transient. */
export function requestText(http: HttpOptions, call: Call): Promise<string> {
  return withRetry(http, call, async (signal) => {
    const response = await requestOnce(http, call, signal)
    return connected(http, signal, () => response.text())
  })
}

/** An answer whose body the caller reads; only the time until its headers is limited. */
export function requestStream(http: HttpOptions, call: Call): Promise<Response> {
  return withRetry(http, call, (signal) => requestOnce(http, call, signal), { bodyFollows: true })
}

/** Whether the server answers a GET of the path with success; one try. Rejects when nobody answers. */
export async function isAnswered(http: HttpOptions, path: string, signal?: AbortSignal): Promise<boolean> {
  try {
    await inTime(http, signal, async (inner) => (await requestOnce(http, { path }, inner)).body?.cancel())
    return true
  } catch (error) {
    if (error instanceof FfleetApiError) return false
    throw error
  }
}

/** One try. Throws `FfleetConnectionError`, `FfleetApiError` for anything but 2xx, or the signal's reason. */
export async function requestOnce(http: HttpOptions, call: Call, signal: AbortSignal): Promise<Response> {
  const headers = new Headers(call.headers)
  // A link may lead anywhere; the key is for this server alone.
  if (http.apiKey !== null && !isAbsolute(call.path)) headers.set('authorization', `Bearer ${http.apiKey}`)
  if (call.body !== undefined) headers.set('content-type', 'application/json')
  const init: RequestInit = { method: call.method ?? 'GET', headers, signal }
  if (call.body !== undefined) init.body = JSON.stringify(call.body)
  const response = await connected(http, signal, () => http.fetch(urlOf(http.baseUrl, call), init))
  if (!response.ok) throw await connected(http, signal, () => apiErrorOf(response))
  return response
}

function urlOf(baseUrl: string, call: Call): string {
  const url = isAbsolute(call.path) ? call.path : baseUrl + call.path
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(call.query ?? {})) if (value !== undefined) query.set(key, String(value))
  if (query.size === 0) return url
  return `${url}${url.includes('?') ? '&' : '?'}${query}`
}

function isAbsolute(path: string): boolean {
  return !path.startsWith('/') || path.startsWith('//')
}

/** Failures of the wire as one error class; an abort stays what it is. */
async function connected<T>(http: HttpOptions, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await unlessAborted(signal, work)
  } catch (error) {
    if (signal.aborted && !(signal.reason instanceof OutOfTime)) throw signal.reason
    throw new FfleetConnectionError(http.baseUrl, signal.aborted ? signal.reason : error)
  }
}

class OutOfTime extends Error {}

async function withRetry<T>(
  http: HttpOptions,
  call: Call,
  work: (signal: AbortSignal) => Promise<T>,
  options: { bodyFollows?: boolean } = {},
): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await inTime(http, call.signal, work, options)
    } catch (error) {
      if (call.signal?.aborted || failures >= http.retry.attempts || !isTransient(error)) throw error
      call.onRetry?.(error)
      await sleep(waitMs(error, failures, http.retry), call.signal)
    }
  }
}

async function inTime<T>(
  http: HttpOptions,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
  options: { bodyFollows?: boolean } = {},
): Promise<T> {
  const scope = abortScope(outer)
  const timer = setTimeout(() => scope.abort(new OutOfTime(`nothing within ${http.timeoutMs} ms`)), http.timeoutMs)
  let done = false
  try {
    const result = await work(scope.signal)
    done = true
    return result
  } finally {
    clearTimeout(timer)
    // A body that is still to be read must go on following the caller's signal.
    if (!(done && options.bodyFollows)) scope.dispose()
  }
}
