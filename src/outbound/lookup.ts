import type { LookupAddress, LookupAllOptions, LookupOneOptions, LookupOptions } from 'node:dns'
import { lookup as systemLookup } from 'node:dns'
import { type AllowedNetworks, isAllowedAddress } from './addresses.js'

/** All addresses of a name, as `dns.lookup` finds them. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>

/** No address of the name may be connected to. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError'
}

type Callback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void

/**
 * For the `lookup` of a connection: the addresses that were looked at are those that are connected to, so that a name that
 * says something else when it is asked again (DNS rebinding) gains nothing. Those that are not allowed are left out.
 */
export function guardedLookup(networks: AllowedNetworks, resolve: Resolve = resolveBySystem) {
  return (hostname: string, options: LookupOptions | LookupOneOptions | LookupAllOptions, callback: Callback): void => {
    resolve(hostname).then(
      (found) => {
        const { family = 0 } = options
        const wanted = Number(String(family).replace('IPv', ''))
        const allowed = found.filter(({ address }) => isAllowedAddress(address, networks))
        const usable = allowed.filter((each) => wanted === 0 || each.family === wanted)
        const [first] = usable
        if (first === undefined) callback(new AddressRefusedError('its name leads to no public address'), [])
        else if (options.all) callback(null, usable)
        else callback(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    )
  }
}

/** What this machine takes a name for, its hosts file among that. */
export function resolveBySystem(hostname: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    systemLookup(hostname, { all: true }, (error, found) => (error ? reject(error) : resolve(found)))
  })
}
