/** Where ioredis connects to: one server, or the one that Sentinels or the nodes of a cluster name each time anew. */
import { readFileSync } from 'node:fs'
import type { RedisOptions } from 'ioredis'
import type { RedisAddress, TlsFiles } from '../redis-url.js'
import { ownerConnector } from './cluster-connector.js'
import { createNames } from './keys.js'
import { RedisUnfitError } from './redis-faults.js'

/** How long a Sentinel or a node may take to say where to connect. */
const ASK_TIMEOUT_MS = 2_000

/** @throws RedisUnfitError when a file of the TLS cannot be read. */
export function addressOptions(address: RedisAddress): RedisOptions {
  const { db, tls } = address
  return { ...credentials(address.login), db, ...(tls && { tls: tlsOptions(tls) }), ...placeOptions(address) }
}

function placeOptions(address: RedisAddress): RedisOptions {
  switch (address.kind) {
    case 'socket':
      return { path: address.path }
    case 'server':
      // Both IPv4 and IPv6; ioredis looks for IPv4 alone by default.
      return { ...address.host, family: 0 }
    case 'sentinel': {
      const { user, password } = address.sentinelLogin
      const tls = address.tls && tlsOptions(address.tls)
      return {
        sentinels: address.hosts.map((host) => ({ ...host, family: 0 })),
        name: address.master,
        sentinelCommandTimeout: ASK_TIMEOUT_MS,
        ...(user && { sentinelUsername: user }),
        ...(password && { sentinelPassword: password }),
        ...(tls && { sentinelTLS: tls, enableTLSForSentinelMode: true }),
      }
    }
    case 'cluster':
      return { Connector: ownerConnector(address.hosts, createNames(address).keys.jobs) }
  }
}

function credentials({ user, password }: RedisAddress['login']): RedisOptions {
  return { ...(user && { username: user }), ...(password && { password }) }
}

/** The files are read for each connection, so that renewed ones count; one that is away just then counts as it was. */
function tlsOptions(files: TlsFiles): NonNullable<RedisOptions['tls']> {
  const options = {}
  for (const [name, path] of Object.entries(files)) {
    if (path === null) continue
    let known = contentOf(name, path)
    const get = () => {
      try {
        known = readFileSync(path)
      } catch {}
      return known
    }
    Object.defineProperty(options, name, { get, enumerable: true })
  }
  return options
}

function contentOf(name: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const found = `?${name}=${path} of its URL cannot be read (${code})`
    throw new RedisUnfitError(found, 'Name a file that this user may read.', { cause: error })
  }
}
