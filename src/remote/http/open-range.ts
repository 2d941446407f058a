import { type Agent, request } from 'undici'
import { FfleetError } from '../../contract/index.js'
import { type AllowList, isRefusedHost, networksFor } from '../../outbound/index.js'
import { VERSION } from '../../version.js'
import type { RemoteBody, RemoteRange } from '../scheme.js'
import { type Answer, bodyOf, discard, redirectOf } from './answer.js'
import { endOf, notPublic } from './check-url.js'
import { faultOf } from './faults.js'

const MAX_REDIRECTS = 3

type Options = { agent: Agent; allow: AllowList; known: string | null; signal: AbortSignal }

/** Asks for a part of what is at the URL, and follows redirects to where it is. */
export async function openRange(url: URL, range: RemoteRange, options: Options): Promise<RemoteBody> {
  let at = url
  for (let redirects = 0; ; redirects++) {
    const answer = await ask(at, range, options)
    const next = redirectOf(at, answer)
    if (next === null) return bodyOf(at, answer, range, options)
    discard(answer)
    if (redirects === MAX_REDIRECTS) {
      throw new FfleetError('FETCH_REFUSED', `${url.hostname} redirects more than ${MAX_REDIRECTS} times.`)
    }
    if (isRefusedHost(next, networksFor(options.allow, endOf(next)))) throw notPublic(next)
    at = next
  }
}

async function ask(url: URL, { from, to }: RemoteRange, { agent, known, signal }: Options): Promise<Answer> {
  const isWhole = from === 0 && to === null
  try {
    return await request(url, {
      dispatcher: agent,
      method: 'GET',
      signal,
      headers: {
        'user-agent': `ffleet/${VERSION}`,
        accept: '*/*',
        // What is packed would have to be unpacked, and nobody knows to how much; and its parts are none of the file.
        'accept-encoding': 'identity',
        ...(!isWhole && { range: `bytes=${from}-${to === null ? '' : to - 1}` }),
        ...(!isWhole && known !== null && { 'if-range': known }),
      },
    })
  } catch (error) {
    signal.throwIfAborted()
    throw faultOf(url, error)
  }
}
