/**
 * Keeps web pages away from a person's local ffleet. Without keys anybody who can reach the port may do anything, and a
 * page in that person's browser can reach it: under a name of its own that is made to resolve to 127.0.0.1 (DNS
 * rebinding, seen by its Host header), or by plain cross-origin requests (seen by Sec-Fetch-Site or Origin).
 */
import type { IncomingMessage } from 'node:http'
import { FfleetError } from '../../contract/index.js'

const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i
/** Methods that change nothing. */
export const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Null, or why the request is refused. Pages of `origins` may do what the server's own may. */
export function foreignRequest(request: IncomingMessage, origins: readonly string[]): FfleetError | null {
  const { headers, rawHeaders, socket } = request
  const { host = '', origin = '' } = headers
  // Node takes the first of several; what stands in front of it may have taken the last.
  const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length
  if (!isLoopbackPeer(socket.remoteAddress)) {
    return new FfleetError('FORBIDDEN', 'Without API keys this server answers its own machine alone.')
  }
  if (hosts !== 1 || !LOOPBACK_HOST.test(host)) {
    return new FfleetError('FORBIDDEN', 'This server answers only under a loopback name.', {
      hint: 'Use http://127.0.0.1 or http://localhost with the port of the server.',
    })
  }
  return origins.includes(origin) ? null : foreignChange(request)
}

/** Null, or why a change is refused: a page of another origin asks for it. */
export function foreignChange({ method, headers }: IncomingMessage): FfleetError | null {
  const { host, origin, 'sec-fetch-site': site, 'x-forwarded-host': shown } = headers
  if (READING.has(method ?? '')) return null
  const isForeign = typeof site === 'string' ? site !== 'same-origin' && site !== 'none' : !isOwn(origin, [host, shown])
  if (!isForeign) return null
  return new FfleetError('FORBIDDEN', 'A web page of another origin may not change anything here.', {
    hint: 'Send the request from a program, or from a page of this server.',
  })
}

function isLoopbackPeer(address: string | undefined): boolean {
  return address === undefined || /^(::ffff:)?127\.|^::1$/.test(address)
}

/**
 * Programs send no Origin. Behind a proxy it is that of the name people know, which the proxy tells; a page of another
 * origin cannot tell one, because a browser asks before it sends such a header.
 */
function isOwn(origin: string | undefined, hosts: readonly (string | string[] | undefined)[]): boolean {
  return origin === undefined || hosts.some((host) => origin === `http://${host}` || origin === `https://${host}`)
}
