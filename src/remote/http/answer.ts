import type { Dispatcher } from 'undici'
import { FfleetError } from '../../contract/index.js'
import { retryAfterMs } from '../../outbound/index.js'
import { rangeOf } from '../content-range.js'
import { type RemoteBody, type RemoteFacts, RemoteFault, type RemoteRange } from '../scheme.js'
import { faultOf } from './faults.js'

export type Answer = Pick<Dispatcher.ResponseData, 'statusCode' | 'headers' | 'body'>

const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** Of the 4xx those that are over some time: too slow, too early, too often. */
const PASSING = new Set([408, 425, 429])
const WORDS: Record<number, string> = {
  401: 'it wants credentials; use a URL that is signed',
  403: 'it is not allowed; a signed URL may have expired',
  404: 'there is nothing at this URL',
  410: 'there is nothing at this URL any more',
}

/** Nobody reads the rest: the connection goes with it. */
export function discard({ body }: Answer): void {
  body.on('error', () => {}).destroy()
}

function header({ headers }: Answer, name: string): string | null {
  const value = headers[name]
  return (Array.isArray(value) ? value[0] : value) ?? null
}

/** Where the answer sends us; null: it is the answer. */
export function redirectOf(url: URL, answer: Answer): URL | null {
  if (!REDIRECTS.has(answer.statusCode)) return null
  const location = header(answer, 'location') ?? ''
  const refused = (detail: string) => {
    discard(answer)
    return new FfleetError('FETCH_REFUSED', `${url.hostname} redirects ${detail}.`)
  }
  if (location === '' || !URL.canParse(location, url)) throw refused('to nowhere')
  const next = new URL(location, url)
  if (next.protocol !== 'https:' && next.protocol !== 'http:')
    throw refused(`to ${next.protocol}, which is not fetched`)
  if (url.protocol === 'https:' && next.protocol === 'http:') throw refused('from https to http, which is not followed')
  if (next.username !== '' || next.password !== '') throw refused('to a URL with a user name')
  return next
}

/** The part that the answer brings. @throws RemoteFault, FfleetError where it brings none. */
export function bodyOf(url: URL, answer: Answer, asked: RemoteRange, { known }: { known: string | null }): RemoteBody {
  try {
    return { ...partOf(url, answer, asked, known), chunks: chunksOf(url, answer), close: () => discard(answer) }
  } catch (error) {
    discard(answer)
    throw error
  }
}

function partOf(
  url: URL,
  answer: Answer,
  asked: RemoteRange,
  known: string | null,
): RemoteRange & { facts: RemoteFacts } {
  const { statusCode } = answer
  const host = url.hostname
  if (statusCode === 206) {
    const part = rangeOf(header(answer, 'content-range'))
    const isAsked = part !== null && part.from === asked.from && (asked.to === null || part.to <= asked.to)
    if (!isAsked) throw new FfleetError('FETCH_REFUSED', `${host} answers with another part than it was asked for.`)
    requirePlain(host, answer)
    return { from: part.from, to: part.to, facts: factsOf(answer, part.bytes, known) }
  }
  if (statusCode === 200) {
    requirePlain(host, answer)
    const bytes = lengthOf(answer)
    return { from: 0, to: bytes, facts: factsOf(answer, bytes, null) }
  }
  // A part of nothing cannot be given: the file is empty.
  if (statusCode === 416 && asked.from === 0 && /^bytes \*\/0$/.test(header(answer, 'content-range') ?? '')) {
    return { from: 0, to: 0, facts: factsOf(answer, 0, null) }
  }
  // It was longer when its size was told.
  if (statusCode === 416) throw new RemoteFault(`${host} has no such part of the file any more`)
  const words = WORDS[statusCode]
  const said = `${host} answers ${statusCode}${words === undefined ? '' : `: ${words}`}`
  if (statusCode >= 500 || PASSING.has(statusCode)) {
    throw new RemoteFault(said, { waitMs: retryAfterMs(header(answer, 'retry-after')) })
  }
  throw new FfleetError('FETCH_REFUSED', `${said}.`)
}

function requirePlain(host: string, answer: Answer): void {
  const encoding = header(answer, 'content-encoding')
  if (encoding === null || encoding === '' || encoding.toLowerCase() === 'identity') return
  throw new FfleetError(
    'FETCH_REFUSED',
    `${host} sends the file packed (${encoding.slice(0, 20)}) though it was asked not to; packed files are not unpacked.`,
  )
}

function lengthOf(answer: Answer): number | null {
  const text = header(answer, 'content-length') ?? ''
  return /^\d{1,16}$/.test(text) ? Number(text) : null
}

function factsOf(answer: Answer, bytes: number | null, known: string | null): RemoteFacts {
  const [etag, lastModified] = [header(answer, 'etag'), header(answer, 'last-modified')]
  return { bytes, validator: validatorOf(answer, etag, lastModified, known), etag, lastModified }
}

/** What If-Range takes: a strong ETag, or a time that was over when the answer was made (RFC 9110, 8.8.2.2). */
function validatorOf(answer: Answer, etag: string | null, lastModified: string | null, known: string | null) {
  if (etag !== null) return /^"[^"]*"$/.test(etag) ? etag : null
  // RFC 9110, 15.3.7: a part that was asked for by a validator need not name it again.
  if (lastModified === null) return known
  const ageMs = Date.parse(header(answer, 'date') ?? '') - Date.parse(lastModified)
  return ageMs >= 1_000 || lastModified === known ? lastModified : null
}

async function* chunksOf(url: URL, { body }: Answer): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk as Uint8Array
  } catch (error) {
    throw faultOf(url, error)
  }
}
