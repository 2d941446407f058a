import type { TLSSocket } from 'node:tls'
import { Agent, buildConnector } from 'undici'
import {
  AddressRefusedError,
  guardedLookup,
  isAllowedAddress,
  networksFor,
  type Resolve,
} from '../../outbound/index.js'
import type { HttpOptions } from './options.js'

/** Parts of one or several files that one server is asked for at once. */
const CONNECTIONS = 8

/**
 * Connects to addresses that were looked at and no other: the lookup leaves out what is not allowed, and what the socket is connected to in
 * the end is looked at again. Name and certificate stay those of the URL. Also literal addresses are seen here, after whatever redirect.
 */
export function openAgent({ allow, timeoutMs, resolve }: HttpOptions): Agent {
  const connect: buildConnector.connector = (options, callback) => {
    const port = options.port || (options.protocol === 'https:' ? '443' : '80')
    const networks = networksFor(allow, { hostname: options.hostname, port })
    connectorFor(
      networks,
      timeoutMs,
      resolve,
    )(options, (...answer) => {
      const [error, socket] = answer
      if (error !== null || isAllowedAddress((socket as TLSSocket).remoteAddress ?? '', networks)) {
        return callback(...answer)
      }
      socket.destroy()
      callback(new AddressRefusedError('it is connected to an address that is not public'), null)
    })
  }
  return new Agent({ connect, connections: CONNECTIONS, headersTimeout: timeoutMs, bodyTimeout: timeoutMs })
}

function connectorFor(networks: readonly string[], timeoutMs: number, resolve: Resolve | undefined) {
  const lookup = guardedLookup(networks, resolve) as never
  return buildConnector({ timeout: timeoutMs, lookup, autoSelectFamily: true })
}
