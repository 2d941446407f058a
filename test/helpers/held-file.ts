/** A file on a server that holds back what a test has not let go. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FileServer } from './file-server.js'

/** So many bytes come at once, more than a probe looks at. */
export const FRONT = 6_000_000

/** It goes on, is another file from here on, or is refused. */
export type Then = 'go on' | 'refuse' | Buffer

export type HeldFile = {
  url: string
  /** Lets the rest come, or does instead what is asked for. */
  go(then: Then): void
  /** Somebody who asked for it has gone. */
  closed: Promise<void>
}

let files = 0

/**
 * `endComes`: all comes but what is asked for with the front; `ranges` false: the server gives no parts of it.
 */
export function holdFile(
  server: FileServer,
  body: Buffer,
  ending: string,
  { endComes = false, ranges = true } = {},
): HeldFile {
  let close: () => void = () => {}
  const closed = new Promise<void>((resolve) => {
    close = resolve
  })
  const path = `/${++files}.${ending}`
  let go: (then: Then) => void = () => {}
  const gone = new Promise<Then>((resolve) => {
    go = resolve
  })
  let current = { body, etag: '"1"' }
  server.on(path, async (request: IncomingMessage, response: ServerResponse) => {
    const { body, etag } = current
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
    const isSame = request.headers['if-range'] === undefined || request.headers['if-range'] === etag
    const isPart = ranges && first !== undefined && isSame
    const [from, to] = isPart
      ? [Number(first), last ? Math.min(Number(last) + 1, body.length) : body.length]
      : [0, body.length]
    response.writeHead(isPart ? 206 : 200, {
      etag,
      'content-length': to - from,
      ...(isPart && { 'content-range': `bytes ${from}-${to - 1}/${body.length}` }),
    })
    response.on('close', close)
    if (endComes && from >= FRONT) return response.end(body.subarray(from, to))
    response.write(body.subarray(from, Math.min(to, Math.max(from, FRONT))))
    if (to <= FRONT) return response.end()
    const then = await gone
    if (then === 'refuse' || (then !== 'go on' && current.body !== then)) {
      if (then !== 'refuse') current = { body: then, etag: '"2"' }
      else server.on(path, (_, refused) => refused.writeHead(403).end())
      return response.destroy()
    }
    response.end(body.subarray(Math.max(from, FRONT), to))
  })
  return { url: server.url(path), go, closed }
}
