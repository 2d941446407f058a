import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import {
  AddressRefusedError,
  type AllowedNetworks,
  codeOf,
  guardedLookup,
  isAllowedAddress,
  literalAddress,
  type Resolve,
  reasonFor,
} from '../outbound/index.js'

/** So much of an answer is kept, for whoever looks why it failed. */
export const EXCERPT_BYTES = 1_024

export type SendOptions = {
  networks: AllowedNetworks
  /** For the whole try: connection, request, answer. */
  limitMs: number
  /** Default: the resolver of the system. */
  resolve?: Resolve | undefined
}

/** What became of one POST. `status` is null when there was no answer, and `error` then says why. */
export type Answer = {
  status: number | null
  error: string | null
  retryAfter: string | undefined
  /** Its beginning, EXCERPT_BYTES at most; null where there was no answer. */
  excerpt: string | null
}

/**
 * One POST, on a connection of its own, to an address that was looked at. Follows no redirect, reads no more of an answer than is
 * kept. Rejects with the reason of the signal alone; everything else is an answer.
 */
export async function send(
  target: string,
  { headers, body }: { headers: Record<string, string>; body: string },
  options: SendOptions,
  signal: AbortSignal,
): Promise<Answer> {
  const late = AbortSignal.timeout(options.limitMs)
  try {
    return await post(new URL(target), { headers, body }, options, AbortSignal.any([signal, late]))
  } catch (error) {
    signal.throwIfAborted()
    const why = late.aborted ? `no answer within ${options.limitMs / 1000} s` : reasonOf(error as NodeJS.ErrnoException)
    return { status: null, error: why, retryAfter: undefined, excerpt: null }
  }
}

function post(
  url: URL,
  { headers, body }: { headers: Record<string, string>; body: string },
  { networks, resolve }: SendOptions,
  signal: AbortSignal,
): Promise<Answer> {
  // Nobody is asked for the address of an address.
  const literal = literalAddress(url)
  if (literal !== null && !isAllowedAddress(literal, networks)) {
    return Promise.reject(new AddressRefusedError('its address is not public'))
  }
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((done, fail) => {
    const sent = request(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      agent: false,
      lookup: guardedLookup(networks, resolve) as never,
      signal,
    })
    sent.on('error', fail)
    sent.on('response', (response) => {
      const { statusCode = null } = response
      const { 'retry-after': retryAfter } = response.headers
      // It has answered: what breaks now is only the rest of it.
      sent.off('error', fail).on('error', () => {})
      excerptOf(response).then((excerpt) => {
        sent.destroy()
        done({ status: statusCode, error: null, retryAfter, excerpt })
      })
    })
    sent.end(body)
  })
}

/** What came of the body before it was enough, or over, or its time: the status counts, whatever becomes of the rest. */
async function excerptOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of response) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes >= EXCERPT_BYTES) break
    }
  } catch {}
  return Buffer.concat(chunks).subarray(0, EXCERPT_BYTES).toString('utf8')
}

/** For whoever sent the job: what Node says may name addresses that are not theirs to know. */
function reasonOf(error: NodeJS.ErrnoException): string {
  if (error instanceof AddressRefusedError) return `not sent: ${error.message}`
  const code = codeOf(error)
  return reasonFor(code) ?? (code === '' ? 'it could not be sent' : `it could not be sent (${code})`)
}
