/**
 * Which addresses a request of ours may go to. The URL comes from whoever may send jobs, the request from inside of the operator's
 * network: without this, anybody could reach what stands there, such as the metadata service of a cloud (SSRF).
 */
import ipaddr from 'ipaddr.js'

/** Public by its number, but answered by the host of the virtual machine: Azure's WireServer. */
const NOT_PUBLIC = new Set(['168.63.129.16'])

/** Networks that are allowed though they are not public: `127.0.0.0/8`, `10.1.2.3`. */
export type AllowedNetworks = readonly string[]

/**
 * Whether an IP address may be connected to. IPv4 inside of IPv6 counts as the IPv4 address it is; what leads into IPv4 by a
 * translator (NAT64, 6to4, Teredo) is not public. What is no address is not allowed.
 */
export function isAllowedAddress(text: string, networks: AllowedNetworks = []): boolean {
  if (!ipaddr.isValid(text)) return false
  const address = ipaddr.process(text)
  if (networks.some((network) => contains(network, address))) return true
  return address.range() === 'unicast' && !NOT_PUBLIC.has(address.toString())
}

function contains(network: string, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  const [ip = '', bits] = network.split('/')
  const base = ipaddr.process(ip)
  if (base.kind() !== address.kind()) return false
  return address.match(base, bits === undefined ? base.toByteArray().length * 8 : Number(bits))
}

/** The address that stands in a URL in place of a name, whatever its form (`0x7f.1`, `2130706433`); null for a name. */
export function literalAddress({ hostname }: URL): string | null {
  const bare = hostname.replace(/^\[|\]$/g, '')
  return ipaddr.isValid(bare) ? bare : null
}

/** Whether the URL names a host that is not allowed before anybody is asked for its address. */
export function isRefusedHost(url: URL, networks: AllowedNetworks): boolean {
  const literal = literalAddress(url)
  if (literal !== null) return !isAllowedAddress(literal, networks)
  // RFC 6761: always the machine itself.
  const isLocal = /(^|\.)localhost\.?$/i.test(url.hostname)
  return isLocal && !isAllowedAddress('127.0.0.1', networks) && !isAllowedAddress('::1', networks)
}
