/** A server of files on loopback that can be as wrong as servers are. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type FileOptions = {
  /** Null: none. */
  etag?: string | null
  lastModified?: string
  ranges?: boolean
  /** Sends so many bytes of the answer and breaks the connection. */
  cutAfter?: number
}

export type FileServer = {
  url(path: string): string
  port: number
  /** What it was asked for, in order. */
  requests: { path: string; range: string | undefined; ifRange: string | undefined; host: string | undefined }[]
  on(path: string, listener: RequestListener): void
  close(): Promise<void>
}

export async function startFileServer(): Promise<FileServer> {
  const listeners = new Map<string, RequestListener>()
  const requests: FileServer['requests'] = []
  const server = createServer((request, response) => {
    const path = new URL(request.url!, 'http://x').pathname
    const { range, host } = request.headers
    requests.push({ path, range, ifRange: request.headers['if-range'] as string | undefined, host })
    const listener = listeners.get(path)
    if (listener) listener(request, response)
    else response.writeHead(404).end('nothing')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    port,
    requests,
    url: (path) => `http://127.0.0.1:${port}${path}`,
    on: (path, listener) => void listeners.set(path, listener),
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

/** Answers as a good server does, but for what the options say. */
export function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  { etag = '"1"', lastModified, ranges = true, cutAfter }: FileOptions = {},
): void {
  const validators = { ...(etag !== null && { etag }), ...(lastModified && { 'last-modified': lastModified }) }
  const [, from, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
  const ifRange = request.headers['if-range']
  const isPart = ranges && from !== undefined && (ifRange === undefined || ifRange === (etag ?? lastModified))
  const [start, end] = isPart
    ? [Number(from), Math.min(body.length, last ? Number(last) + 1 : body.length)]
    : [0, body.length]
  if (isPart && start >= body.length) {
    response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end()
    return
  }
  const part = body.subarray(start, end)
  response.writeHead(isPart ? 206 : 200, {
    ...validators,
    'content-length': part.length,
    ...(isPart && { 'content-range': `bytes ${start}-${end - 1}/${body.length}` }),
  })
  if (cutAfter === undefined || cutAfter >= part.length) response.end(part)
  else response.write(part.subarray(0, cutAfter), () => setTimeout(() => response.destroy(), 20))
}
