/** Who asks: the one seam between requests and what is known of callers. */
import type { IncomingMessage } from 'node:http'
import type { Caller, KeyRing } from '../../callers/index.js'
import { foreignChange, foreignRequest } from './same-origin.js'
import { type Sessions, sessionIn } from './sessions.js'

export type Callers = {
  /** Looks at every request, also those that anybody may send. @throws FfleetError FORBIDDEN */
  check(request: IncomingMessage): void
  /** Null: nobody who is known. */
  identify(request: IncomingMessage): Caller | null | Promise<Caller | null>
  /** Looks at a request whose caller is known. @throws FfleetError FORBIDDEN for a change that another site's page asks for. */
  checkKnown(request: IncomingMessage): void
}

const LOCAL: Caller = { keyId: null, name: 'local', role: 'admin', tenant: null, arguments: true, endsAt: null }

/** Without keys: whoever is on this machine may do everything, pages of these origins too, and nobody else anything. */
export function localCallers(origins: readonly string[]): Callers {
  return {
    check(request) {
      const refused = foreignRequest(request, origins)
      if (refused) throw refused
    },
    identify: () => LOCAL,
    checkKnown() {},
  }
}

/** With keys: `Authorization: Bearer <key>` (RFC 6750), or the cookie of a browser that has signed in. */
export function keyCallers(ring: KeyRing, sessions: Sessions): Callers {
  return {
    check() {},
    identify(request) {
      const key = keyIn(request)
      if (key !== undefined) return ring.callerOf(key)
      const session = sessionIn(request.headers.cookie)
      return session === undefined ? null : sessions.callerOf(session)
    },
    checkKnown(request) {
      // A browser sends a cookie by itself; a key it sends only when a script has it.
      const refused = keyIn(request) === undefined ? foreignChange(request) : null
      if (refused) throw refused
    },
  }
}

function keyIn({ headers }: IncomingMessage): string | undefined {
  return /^Bearer +([^ ]+) *$/i.exec(headers.authorization ?? '')?.[1]
}
