import { answerBrokenRequest } from './problem.js'
import type { Api } from './types.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its body may take as long as it takes, as a file does; the route looks after it. */
    isLong?: boolean
  }
}

/** Cuts requests off whose body does not come in time. Node has one such limit for all that a server takes. */
export function limitBodies(app: Api, limitMs: number): void {
  app.addHook('onRequest', ({ raw, routeOptions }, _reply, done) => {
    const { 'content-length': length = '0', 'transfer-encoding': coding } = raw.headers
    if (routeOptions.config.isLong || (length === '0' && coding === undefined)) return done()
    const late = Object.assign(new Error('the body is late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })
    const timer = setTimeout(() => answerBrokenRequest(late, raw.socket), limitMs)
    const clear = () => clearTimeout(timer)
    raw.once('end', clear).once('close', clear)
    done()
  })
}
