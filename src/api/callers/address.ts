import ipaddr from 'ipaddr.js'

/** Who is one of those that cannot be told apart: an IPv4 address, or the /64 that one subscriber of IPv6 has. */
export function addressOf(ip: string | undefined): string {
  if (ip === undefined || !ipaddr.isValid(ip)) return 'unknown'
  const address = ipaddr.process(ip)
  if (address.kind() === 'ipv4') return address.toString()
  return ipaddr.IPv6.networkAddressFromCIDR(`${address.toNormalizedString().split('%')[0]}/64`).toString()
}
