/**
 * Where the Redis of a fleet is, as `FFLEET_REDIS_URL` says it. These forms, each with `?namespace=name` for one of
 * several fleets on it:
 *
 * - `redis://[user:password@]host[:port][/database]`, a server
 * - `unix://[user:password@]/path[?db=database]`, its socket
 * - `redis+sentinel://[user:password@]host[:port],host[:port]/master[/database]`, what those Sentinels watch under that name
 * - `redis+cluster://[user:password@]host[:port],host[:port]?namespace=name`, the node of that cluster that has the namespace
 *
 * `rediss` for `redis` speaks TLS.
 */

type Host = { host: string; port: number }
type Login = { user: string | null; password: string | null }

/** Files of TLS, in PEM: the authority that signed for Redis, and what a client shows of itself; null: none is named. */
export type TlsFiles = { ca: string | null; cert: string | null; key: string | null }

type Place =
  | { kind: 'socket'; path: string }
  | { kind: 'server'; host: Host }
  | { kind: 'sentinel'; hosts: Host[]; master: string; sentinelLogin: Login }
  | { kind: 'cluster'; hosts: Host[] }

export type RedisAddress = Place & {
  login: Login
  db: number
  namespace: string | null
  /** Null: plain. */
  tls: TlsFiles | null
}

const FORMS = 'a URL that starts with redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://'
const URL_PARTS =
  /^(unix|rediss?|rediss?\+sentinel|rediss?\+cluster):\/\/(?:([^/?#]*)@)?([^/?#@]*)([^?#]*)(?:\?([^#]*))?$/i
const HOST = /^([\w.-]+|\[[\da-f:.]+\])(?::(\d{1,5}))?$/i
const NAMESPACE = /^[a-z0-9-]{1,64}$/
const TLS_PARAMETERS = ['ca', 'cert', 'key'] as const
const SENTINEL_PORT = 26_379
const PORT = 6_379

/** Reads the URL; `takes`: what is wrong with it, as "it takes …" goes on. Never throws. */
export function readRedisUrl(text: string): { address: RedisAddress } | { takes: string } {
  const [, scheme, login, hosts, path, query] = URL_PARTS.exec(text) ?? []
  if (scheme === undefined || !isDecodable(text)) return { takes: FORMS }
  const isTls = /^rediss/i.test(scheme)
  const parameters = new URLSearchParams(query)
  const placed = PLACES[scheme.toLowerCase().replace('rediss', 'redis') as keyof typeof PLACES]({
    hosts: hosts ?? '',
    path: path ?? '',
    parameters,
  })
  if ('takes' in placed) return placed
  const known = [...placed.parameters, 'namespace', ...(isTls ? TLS_PARAMETERS : [])]
  if ([...parameters.keys()].some((name) => !known.includes(name))) {
    return { takes: `no parameter but ${known.map((name) => `?${name}=`).join(' and ')}` }
  }
  const namespace = parameters.get('namespace')
  if (namespace !== null && !NAMESPACE.test(namespace)) {
    return { takes: 'a namespace of 1 to 64 lower-case letters, digits and hyphens: ?namespace=staging' }
  }
  if (placed.place.kind === 'cluster' && namespace === null) {
    return { takes: 'a namespace, which keeps all that a fleet has on one node of the cluster: ?namespace=staging' }
  }
  if (!/^\d{1,5}$/.test(placed.db)) return { takes: `the database as a whole number: ${placed.databaseForm}` }
  const [ca, cert, key] = TLS_PARAMETERS.map((name) => parameters.get(name) || null) as [
    string | null,
    string | null,
    string | null,
  ]
  if ((cert === null) !== (key === null)) return { takes: '?cert= and ?key= together, or neither' }
  const tls = isTls ? { ca, cert, key } : null
  return { address: { ...placed.place, login: loginOf(login ?? ''), db: Number(placed.db), namespace, tls } }
}

/** @throws TypeError for a URL that is none; settings that hold one have refused it before. */
export function redisAddress(url: string): RedisAddress {
  const read = readRedisUrl(url)
  if ('takes' in read) throw new TypeError(`Not a Redis URL; it takes ${read.takes}`)
  return read.address
}

/** The URL of the same Redis for a fleet of that name: 1 to 64 lower-case letters, digits and hyphens. */
export function withNamespace(url: string, namespace: string): string {
  const [place, query] = url.split('?', 2)
  const parameters = new URLSearchParams(query)
  parameters.set('namespace', namespace)
  return `${place}?${parameters}`
}

/** The URL without anything secret, for people to see. */
export function shownRedisUrl(url: string): string {
  return url.replace(/:\/\/[^/?#]*@/, '://***@').replace(/(sentinelPassword=)[^&]*/i, '$1***')
}

/** The `unix://` URL of a socket path. */
export function socketUrl(path: string): string {
  return `unix://${encodeURI(path).replaceAll('?', '%3F').replaceAll('#', '%23')}`
}

type Parsed = { hosts: string; path: string; parameters: URLSearchParams }
/** `parameters`: those that this form has besides. */
type Placed = { place: Place; db: string; databaseForm: string; parameters: string[] } | { takes: string }

const PLACES = { unix: socketOf, redis: serverOf, 'redis+sentinel': sentinelOf, 'redis+cluster': clusterOf }

/** A host means nothing here; parsers of URLs want one behind a login. */
function socketOf({ path, parameters }: Parsed): Placed {
  if (path.length < 2) return { takes: FORMS }
  const place: Place = { kind: 'socket', path: decodeURIComponent(path) }
  return { place, db: parameters.get('db') || '0', databaseForm: '?db=2', parameters: ['db'] }
}

function serverOf({ hosts, path }: Parsed): Placed {
  const host = hostOf(hosts, PORT)
  if (host === null) return { takes: FORMS }
  const db = path.replace(/^\/|\/+$/g, '') || '0'
  return { place: { kind: 'server', host }, db, databaseForm: 'redis://host:6379/2', parameters: [] }
}

function sentinelOf({ hosts, path, parameters }: Parsed): Placed {
  const example = 'redis+sentinel://host:26379,host:26379/mymaster'
  const sentinels = hostsOf(hosts, SENTINEL_PORT)
  const [, master, db] = /^\/([^/]+)(?:\/([^/]+))?\/*$/.exec(path) ?? []
  if (sentinels === null || master === undefined) {
    return { takes: `the Sentinels, and the name under which they watch the master: ${example}` }
  }
  const sentinelLogin = { user: parameters.get('sentinelUser'), password: parameters.get('sentinelPassword') }
  const place: Place = { kind: 'sentinel', hosts: sentinels, master: decodeURIComponent(master), sentinelLogin }
  return { place, db: db ?? '0', databaseForm: `${example}/2`, parameters: ['sentinelUser', 'sentinelPassword'] }
}

function clusterOf({ hosts, path }: Parsed): Placed {
  const example = 'redis+cluster://host:6379,host:6379?namespace=staging'
  const nodes = hostsOf(hosts, PORT)
  if (nodes === null || path.replace(/\/+$/, '') !== '') {
    return { takes: `nodes of the cluster, and no database, of which a cluster has one: ${example}` }
  }
  return { place: { kind: 'cluster', hosts: nodes }, db: '0', databaseForm: example, parameters: [] }
}

function hostsOf(text: string, port: number): Host[] | null {
  const hosts = text.split(',').map((each) => hostOf(each, port))
  return hosts.every((host) => host !== null) ? hosts : null
}

function hostOf(text: string, defaultPort: number): Host | null {
  const [, host, port] = HOST.exec(text) ?? []
  return host === undefined ? null : { host: host.replace(/^\[|\]$/g, ''), port: Number(port ?? defaultPort) }
}

function loginOf(text: string): Login {
  const colon = text.indexOf(':')
  const [user, password] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)]
  return { user: decodeURIComponent(user) || null, password: decodeURIComponent(password) || null }
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text.replace(/\?.*/, ''))
    return true
  } catch {
    return false
  }
}
