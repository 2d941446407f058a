import type { ErrorCode, FieldError, Problem } from '../contract/index.js'

/**
 * The API refused a call. Carries the RFC 9457 problem it answered with; an answer that is no problem document (of a
 * proxy in between, say) gets the code `HTTP_<status>`.
 */
export class FfleetApiError extends Error {
  override readonly name = 'FfleetApiError'
  readonly code: ErrorCode | `HTTP_${number}`
  readonly status: number
  readonly title: string
  readonly detail: string
  /** The way out, in one sentence; null when the server named none. */
  readonly hint: string | null
  /** The fields at fault, by RFC 6901 pointer. */
  readonly errors: readonly FieldError[]
  /** What `Retry-After` asks for; null without one. */
  readonly retryAfterMs: number | null

  constructor(status: number, problem: Partial<Problem>, retryAfterMs: number | null = null) {
    const title = problem.title ?? `The server answered ${status}`
    super(problem.detail || title)
    this.code = (problem.code as ErrorCode | undefined) ?? `HTTP_${status}`
    this.status = status
    this.title = title
    this.detail = problem.detail ?? ''
    this.hint = problem.hint ?? null
    this.errors = problem.errors ?? []
    this.retryAfterMs = retryAfterMs
  }
}

/** No whole answer came: nobody listens there, the connection broke, or it took too long. `cause` is what `fetch` said. */
export class FfleetConnectionError extends Error {
  override readonly name = 'FfleetConnectionError'
  readonly baseUrl: string

  constructor(baseUrl: string, cause: unknown) {
    super(`No answer from ${baseUrl || 'the server'}: ${innermostMessage(cause)}`, { cause })
    this.baseUrl = baseUrl
  }
}

/**
 * The bucket of the outputs did not take a part of a file. `sentBytes` is what it has of the file: 0 where it took none, so that it is
 * out of reach from here, perhaps. `cause` is what it answered, as a `FfleetApiError`, or what happened on the way.
 */
export class FfleetBucketError extends Error {
  override readonly name = 'FfleetBucketError'
  readonly sentBytes: number

  /** `url`: of a part; only its origin is told, for the rest is a secret. */
  constructor(url: string, sentBytes: number, cause: unknown) {
    const { origin } = new URL(url)
    const why =
      cause instanceof FfleetApiError ? `answered ${cause.title}` : `does not answer: ${innermostMessage(cause)}`
    super(`The bucket at ${origin} ${why}`, { cause })
    this.sentBytes = sentBytes
  }
}

/** `fetch failed` says nothing; its cause (`connect ECONNREFUSED …`) does. */
function innermostMessage(error: unknown): string {
  let inner = error
  while (inner instanceof Error && inner.cause !== undefined) inner = inner.cause
  if (!(inner instanceof Error)) return String(inner)
  return inner.message || (inner as { code?: string }).code || inner.name
}

/** The error of a response that is not ok; reads its body. */
export async function apiErrorOf(response: Response): Promise<FfleetApiError> {
  const text = await response.text().catch(() => '')
  let problem: Partial<Problem> = {}
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body === 'object' && body !== null && 'code' in body) problem = body as Partial<Problem>
  } catch {
    // Not ffleet's answer: the status has to do.
  }
  return new FfleetApiError(response.status, problem, retryAfterMs(response.headers.get('retry-after')))
}

/** Seconds or a date, RFC 9110 §10.2.3; null where it is neither. */
function retryAfterMs(header: string | null): number | null {
  if (header === null) return null
  const seconds = Number(header)
  const ms = header.trim() !== '' && Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : null
}
