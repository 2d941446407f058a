import { Readable } from 'node:stream'
import type { InjectOptions } from 'fastify'
import type { Api } from '../api/types.js'
import type { Fetch } from '../client/index.js'

/** A `fetch` that hands requests to an API of this process; no socket is opened. */
export function inProcessFetch(app: Api): Fetch {
  return async (url, init = {}) => {
    const { pathname, search } = new URL(url, 'http://localhost')
    const answer = await app.inject({
      method: (init.method ?? 'GET') as NonNullable<InjectOptions['method']>,
      url: pathname + search,
      headers: Object.fromEntries(new Headers(init.headers)),
      payloadAsStream: true,
      ...(init.signal && { signal: init.signal }),
      ...(init.body && { payload: init.body as string }),
    })
    const body = answer.stream()
    // Whoever stops reading is gone for the API, too.
    body.once('close', () => answer.raw.res.destroy())
    body.on('error', () => {})
    const isEmpty = answer.statusCode === 204 || answer.statusCode === 304
    return new Response(isEmpty ? null : (Readable.toWeb(body) as ReadableStream), {
      status: answer.statusCode,
      headers: Object.entries(answer.headers).flatMap(([name, value]) =>
        [value].flat().map((each): [string, string] => [name, String(each)]),
      ),
    })
  }
}
