import type { FastifyRequest } from 'fastify'
import type { Caller } from '../../callers/index.js'
import { FfleetError, type Role, reaches } from '../../contract/index.js'
import type { Api, ApiLog } from '../types.js'
import { type Access, accessOf, isOfTheFleet } from './access.js'
import type { Callers } from './callers.js'
import type { ChargeRequest } from './limits.js'
import { requireFleet } from './tenancy.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; null where a route is open to all and nobody said who they are. */
    caller: Caller | null
  }
  interface FastifyContextConfig {
    access?: Access
    /** It is of the whole fleet, and so of nobody who has a tenant. */
    ofTheFleet?: boolean
  }
}

/**
 * Before anything else is read of a request: who sends it, whether they have asked too much, and whether they may. Must be
 * called before the routes are added.
 */
export function admitCallers(app: Api, callers: Callers, log: ApiLog, charge: ChargeRequest | null): void {
  // What is written here holds no secret, and looking for one costs more than the line.
  const audit = log.child({}, { redact: [] })
  app.decorateRequest('caller', null)
  app.decorateRequest('chargedTo', null)
  app.addHook('onRoute', (route) => {
    const methods = [route.method].flat()
    const [access] = methods.map((method) => accessOf(method, route.url))
    const ofTheFleet = methods.some((method) => isOfTheFleet(method, route.url))
    route.config = { ...route.config, access: access!, ofTheFleet }
  })
  app.addHook('onRequest', (request, _reply, done) => {
    try {
      callers.check(request.raw)
      if (isOpen(request)) return done()
      const caller = callers.identify(request.raw)
      if (!(caller instanceof Promise)) {
        request.caller = caller
        return done()
      }
      caller.then((known) => {
        request.caller = known
        done()
      }, done)
    } catch (error) {
      done(error as Error)
    }
  })
  if (charge !== null) app.addHook('onRequest', charge)
  app.addHook('onRequest', (request, _reply, done) => {
    try {
      if (!isOpen(request)) admit(request, callers)
      done()
    } catch (error) {
      done(error as Error)
    }
  })
  app.addHook('onResponse', (request, reply, done) => {
    const { caller, method } = request
    // One too many was not looked at, and a flood of them must not fill the log.
    const isChange = method !== 'GET' && method !== 'HEAD' && reply.statusCode !== 429
    if (caller?.keyId != null && isChange) {
      const { name, keyId, tenant } = caller
      const made = reply.getHeader('location')
      audit.info(
        { by: name, key: keyId, tenant, method, url: pathOf(request), made, status: reply.statusCode },
        'audit',
      )
    }
    done()
  })
}

/** Only what the router does not know says nothing of it: that there is nothing may be told to anybody. */
function isOpen({ routeOptions, query }: FastifyRequest): boolean {
  const { access = 'open' } = routeOptions.config
  return access === 'open' || (access === 'watch' && (query as { token?: string }).token !== undefined)
}

function admit(request: FastifyRequest, callers: Callers): void {
  const { caller } = request
  const { access, ofTheFleet } = request.routeOptions.config
  if (caller === null) throw unauthenticated(request)
  callers.checkKnown(request.raw)
  const needed: Role = access === 'watch' ? 'read' : (access as Role)
  if (reaches(caller.role, needed)) {
    if (ofTheFleet) requireFleet(caller)
    return
  }
  throw new FfleetError('FORBIDDEN', `The key ${caller.name} has the role ${caller.role}; this needs ${needed}.`, {
    hint: 'Use a key of that role, or a higher one; `ffleet keys add` makes one.',
  })
}

function unauthenticated({ headers }: FastifyRequest): FfleetError {
  const detail = headers.authorization === undefined ? 'This needs an API key.' : 'This is no valid API key.'
  return new FfleetError('UNAUTHENTICATED', detail)
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0]!
}
