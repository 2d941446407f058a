/** What an operator lets requests reach though it is not public: networks, and hosts by their names. */
import type { AllowedNetworks } from './addresses.js'

/** `10.1.0.0/16`, `127.0.0.1`, `media.internal`, `media.internal:8080`, `127.0.0.1:9000`, `[::1]:9000`. */
export type AllowList = readonly string[]

const EVERYWHERE = ['0.0.0.0/0', '::/0']
const NETWORK = /^[\d.]+(\/\d+)?$|^[\da-f:.]*:[\da-f:.]*:[\da-f:.]*(\/\d+)?$/i
const HOST = /^(\[[\da-f:.]+\]|[^:/[\]]+)(?::(\d+))?$/i

/** The networks that a request to this host and port may reach beside the public ones: all, where it is listed by its name. */
export function networksFor(list: AllowList, { hostname, port }: { hostname: string; port: string }): AllowedNetworks {
  const networks: string[] = []
  for (const item of list) {
    if (NETWORK.test(item)) networks.push(item)
    else if (namesHost(item, hostname, port)) networks.push(...EVERYWHERE)
  }
  return networks
}

function namesHost(item: string, hostname: string, port: string): boolean {
  const [, host = '', wanted] = HOST.exec(item) ?? []
  const bare = (text: string) => text.replace(/^\[|\]$|\.$/g, '').toLowerCase()
  return bare(host) === bare(hostname) && (wanted === undefined || wanted === port)
}
