/** Who asks: the one seam between requests and what is known of callers. */
import type { IncomingMessage } from 'node:http'
import type { Caller, KeyRing } from '../../callers/index.js'
import { foreignRequest } from './same-origin.js'

export type Callers = {
  /** By what the request carries; null: nobody who is known. @throws FfleetError FORBIDDEN for what none may ask from there. */
  identify(request: IncomingMessage): Caller | null
}

const LOCAL: Caller = { keyId: null, name: 'local', role: 'admin', tenant: null }

/** Without keys: whoever is on this machine may do everything, and nobody else anything. */
export const localCallers: Callers = {
  identify(request) {
    const refused = foreignRequest(request)
    if (refused) throw refused
    return LOCAL
  },
}

/** With keys: `Authorization: Bearer <key>` (RFC 6750). */
export function keyCallers(ring: KeyRing): Callers {
  return {
    identify({ headers: { authorization } }) {
      const [, key] = /^Bearer +([^ ]+) *$/i.exec(authorization ?? '') ?? []
      return key === undefined ? null : ring.callerOf(key)
    },
  }
}
