/** Why a request went wrong, for whoever named its URL: what Node says may name addresses that are not theirs to know. */

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'nobody listens at its port',
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up at the moment',
  ETIMEDOUT: 'it cannot be reached',
  EHOSTUNREACH: 'it cannot be reached',
  ENETUNREACH: 'it cannot be reached',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is of another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by nobody who is known',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by nobody who is known',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by nobody who is known',
  HPE_HEADER_OVERFLOW: 'the head of its answer is too large',
}

/** The code that Node or its HTTP client gave a failure; empty where there is none. */
export function codeOf(error: unknown): string {
  const { code, errors, cause } = error as NodeJS.ErrnoException & { errors?: NodeJS.ErrnoException[] }
  // Several addresses were tried.
  return code ?? errors?.[0]?.code ?? (cause === undefined ? '' : codeOf(cause))
}

/** What a code means, as "it failed: …" goes on; null where it means nothing to a caller. */
export function reasonFor(code: string): string | null {
  return REASONS[code] ?? (code.startsWith('HPE_') ? 'it does not answer in HTTP' : null)
}
