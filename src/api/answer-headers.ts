/** What goes out with every answer, whatever it is of: what browsers may do with it. */
import type { FastifyRequest } from 'fastify'
import type { Api } from './types.js'

/** Routes that show something in a browser have a policy of their own in place of this one. */
export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
} as const

/** A year, which is what lists of such hosts ask for. */
const HSTS = { 'strict-transport-security': 'max-age=31536000' } as const

/** Must be called before the routes are added. */
export function headEveryAnswer(app: Api): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(SECURITY_HEADERS)
    if (isSiteOfItsHost(request)) reply.headers(HSTS)
    done()
  })
}

/**
 * Strict-Transport-Security (RFC 6797) binds a host name with all its ports. Only where ffleet is what stands behind
 * `https://name`, without a port, is that for ffleet to say; beside other services it would take plain HTTP from them.
 */
function isSiteOfItsHost({ protocol, host }: FastifyRequest): boolean {
  return protocol === 'https' && host !== '' && !/:\d+$/.test(host)
}
