/** What is wrong with a Redis that cannot be used, and what its operator does about it. */
import type { RedisAddress } from '../redis-url.js'

type Fault = {
  /** In the code or the message of the error. */
  told: RegExp
  /** Only for addresses like that. */
  of?: (address: RedisAddress) => boolean
  remedy: string
  /** Waiting does not mend it. */
  lasting?: boolean
}

const overTls = ({ tls }: RedisAddress) => tls !== null
const bySentinels = ({ kind }: RedisAddress) => kind === 'sentinel'

const FAULTS: readonly Fault[] = [
  {
    told: /ALTNAME_INVALID/,
    remedy: 'Name Redis in the URL as its certificate does, or give it a certificate for that name.',
    lasting: true,
  },
  {
    told: /SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/,
    remedy:
      'Name the file of the authority that signed its certificate: rediss://…?ca=/path/ca.pem, or in NODE_EXTRA_CA_CERTS.',
    lasting: true,
  },
  { told: /CERT_HAS_EXPIRED/, remedy: 'The certificate of Redis has to be renewed.', lasting: true },
  {
    told: /KEY_VALUES_MISMATCH|ERR_OSSL|PEM/,
    remedy: 'The files of ?ca=, ?cert= and ?key= have to be PEM, and the key that of the certificate.',
    lasting: true,
  },
  {
    told: /ETIMEDOUT|wrong version number/,
    of: overTls,
    remedy: 'Nothing speaks TLS there: take the TLS port of Redis, or redis:// for a plain one.',
  },
  {
    told: /ECONNRESET|EPIPE|Connection is closed|certificate required/i,
    of: (address) => overTls(address) && address.tls?.cert === null,
    remedy:
      'If it lets in only who has a certificate: rediss://…?cert=/path/cert.pem&key=/path/key.pem, or tls-auth-clients no in Redis.',
  },
  {
    told: /ECONNRESET|EPIPE|Connection is closed|unknown ca/i,
    of: overTls,
    remedy: 'Redis may not know the authority of the certificate in ?cert=: its tls-ca-cert-file has to.',
  },
  {
    told: /ECONNRESET|EPIPE/,
    of: ({ kind }) => kind !== 'socket',
    remedy: 'If its port is one for TLS: rediss:// instead of redis://.',
  },
  {
    told: /^WRONGPASS|^NOAUTH|^ERR (AUTH|invalid password)/,
    remedy: 'Correct the login: redis://user:password@host, where each has %XX for letters that are not plain.',
    lasting: true,
  },
  {
    told: /NOPERM|user executing the script/,
    remedy: 'Give the user of the URL the rules of docs/guides/redis.md#a-user-of-its-own.',
    lasting: true,
  },
  {
    told: /unknown command '?`?sentinel/i,
    of: bySentinels,
    remedy: 'That is a Redis, and no Sentinel: their port is 26379 by default.',
  },
  {
    told: /sentinels are unreachable/,
    of: bySentinels,
    remedy: 'The URL names Sentinels, each with its port, and behind / the name under which they watch the master.',
  },
  {
    told: /^CLUSTERDOWN|cluster support disabled/,
    remedy: 'The cluster has to serve all slots: redis-cli --cluster check.',
  },
]

/** A Redis that a fleet cannot use as it is; the message names the remedy, and neither URL nor password. */
export class RedisUnfitError extends Error {
  override name = 'RedisUnfitError'

  constructor(found: string, remedy: string, options?: ErrorOptions) {
    super(`The Redis of the fleet cannot be used: ${found}. ${remedy}`, options)
  }
}

/** What to do about an error of a connection. `address`: null where somebody else opened it. Null: no more is known. */
export function remedyFor(error: Error, address: RedisAddress | null): string | null {
  return faultOf(error, address)?.remedy ?? null
}

/** The same error with its remedy, where waiting mends nothing: somebody has to change a setting, of ffleet or of Redis. */
export function lastingFault(error: Error, address: RedisAddress | null): RedisUnfitError | null {
  const fault = faultOf(error, address)
  return fault?.lasting ? new RedisUnfitError(error.message, fault.remedy, { cause: error }) : null
}

function faultOf(error: Error, address: RedisAddress | null): Fault | undefined {
  const told = [error.message, (error as NodeJS.ErrnoException).code ?? '']
  return FAULTS.find(({ told: pattern, of }) => {
    const applies = of === undefined || (address !== null && of(address))
    return applies && told.some((text) => pattern.test(text))
  })
}
