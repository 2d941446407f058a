/**
 * Cross-origin resource sharing (https://fetch.spec.whatwg.org/#http-cors-protocol): which pages of other origins a browser
 * lets read answers. Never with credentials: such a page sends a key that it has, and no cookie goes along.
 */
import type { FastifyReply } from 'fastify'
import type { Api } from '../types.js'

const METHODS = 'GET, HEAD, POST, PATCH, DELETE'
const REQUEST_HEADERS =
  'Authorization, Content-Type, Idempotency-Key, If-None-Match, If-Range, Last-Event-ID, Range, ' +
  'Tus-Resumable, Upload-Defer-Length, Upload-Length, Upload-Metadata, Upload-Offset'
const ANSWER_HEADERS =
  'Accept-Ranges, Content-Disposition, Content-Range, ETag, Location, Retry-After, ' +
  'Tus-Extension, Tus-Max-Size, Tus-Resumable, Tus-Version, Upload-Expires, Upload-Length, Upload-Metadata, Upload-Offset'
/** How long a browser need not ask again; none remembers it for longer than two hours. */
const MAX_AGE_SECONDS = 7_200

/** `origins` are exact: `https://app.example`. Must be called before callers are admitted: a browser asks without a key. */
export function shareWithOrigins(app: Api, origins: readonly string[]): void {
  if (origins.length === 0) return
  app.addHook('onRequest', (request, reply, done) => {
    // Where answers differ by origin, caches have to know, also of those without one.
    reply.header('vary', 'Origin')
    const { origin, 'access-control-request-method': asked } = request.headers
    if (origin === undefined || !origins.includes(origin)) return done()
    reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': ANSWER_HEADERS })
    if (request.method !== 'OPTIONS' || asked === undefined) return done()
    sendPermission(reply)
  })
}

function sendPermission(reply: FastifyReply): void {
  reply
    .code(204)
    .headers({
      'access-control-allow-methods': METHODS,
      'access-control-allow-headers': REQUEST_HEADERS,
      'access-control-max-age': MAX_AGE_SECONDS,
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    })
    .send()
}
