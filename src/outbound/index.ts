/** Requests to where others say: which addresses they may reach, and how their failures are told. */
export { type AllowedNetworks, isAllowedAddress, isRefusedHost, literalAddress } from './addresses.js'
export { type AllowList, networksFor } from './allow-list.js'
export { AddressRefusedError, guardedLookup, type Resolve, resolveBySystem } from './lookup.js'
export { codeOf, reasonFor } from './reasons.js'
export { retryAfterMs } from './retry-after.js'
