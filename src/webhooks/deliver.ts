import { retryAfterMs } from '../outbound/index.js'
import { waitMs } from './schedule.js'
import { type Answer, type SendOptions, send } from './send.js'
import { signedHeaders } from './sign.js'

export type Delivery = {
  url: string
  /** `webhook-id`. */
  id: string
  body: string
  /** Tries that failed before this one. */
  failures: number
  secrets: readonly string[]
}

/** `gone`: the endpoint wants no more. `retryInMs` null: it is not tried again. */
export type Outcome = { kind: 'delivered' | 'failed' | 'gone'; error: string | null; retryInMs: number | null } & Pick<
  Answer,
  'status' | 'excerpt'
>

/** The codes at which an endpoint may say when to come back. */
const BUSY = new Set([429, 503])

/** One try: signed now, sent, and judged. Rejects only when the signal aborts. */
export async function deliver(
  { url, id, body, failures, secrets }: Delivery,
  options: SendOptions & { userAgent: string },
  signal: AbortSignal,
): Promise<Outcome> {
  const message = { id, atSeconds: Math.floor(Date.now() / 1000), body }
  const headers = { 'user-agent': options.userAgent, ...signedHeaders(message, secrets) }
  const { status, error, excerpt, retryAfter } = await send(url, { headers, body }, options, signal)
  if (status !== null && status >= 200 && status < 300) {
    return { kind: 'delivered', status, error: null, excerpt, retryInMs: null }
  }
  if (status === 410) {
    return { kind: 'gone', status, error: 'it wants no more (410)', excerpt, retryInMs: null }
  }
  const asked = status !== null && BUSY.has(status) ? retryAfterMs(retryAfter) : null
  return { kind: 'failed', status, error: error ?? said(status!), excerpt, retryInMs: waitMs(failures + 1, asked) }
}

function said(status: number): string {
  return status >= 300 && status < 400
    ? `it answered ${status}: redirects are not followed`
    : `it answered ${status}, not 2xx`
}
