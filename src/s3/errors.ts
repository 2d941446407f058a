/** What a store that speaks S3 refuses, in the words of the registry. */
import { type ErrorCode, FfleetError } from '../contract/index.js'

/** Of the SDK: the service's code as `name`, its HTTP status; of the network a system error. */
type ServiceError = { name?: string; Code?: string; $metadata?: { httpStatusCode?: number } }

const CODES: Record<string, keyof typeof SAYS> = {
  NoSuchBucket: 'BUCKET_NOT_FOUND',
  PermanentRedirect: 'BUCKET_NOT_FOUND',
  AuthorizationHeaderMalformed: 'BUCKET_NOT_FOUND',
  AccessDenied: 'BUCKET_ACCESS_DENIED',
  AllAccessDisabled: 'BUCKET_ACCESS_DENIED',
  InvalidAccessKeyId: 'BUCKET_ACCESS_DENIED',
  SignatureDoesNotMatch: 'BUCKET_ACCESS_DENIED',
  CredentialsProviderError: 'BUCKET_ACCESS_DENIED',
  ExpiredToken: 'BUCKET_CREDENTIALS_EXPIRED',
  ExpiredTokenException: 'BUCKET_CREDENTIALS_EXPIRED',
  TokenRefreshRequired: 'BUCKET_CREDENTIALS_EXPIRED',
  InvalidToken: 'BUCKET_CREDENTIALS_EXPIRED',
  RequestTimeTooSkewed: 'BUCKET_CLOCK_SKEWED',
  RequestExpired: 'BUCKET_CLOCK_SKEWED',
}

const SAYS = {
  BUCKET_NOT_FOUND: (of) => `There is no such bucket as that of the ${of}, or it is in another region`,
  BUCKET_ACCESS_DENIED: (of) => `The bucket of the ${of} refuses the credentials, or what they may do`,
  BUCKET_CREDENTIALS_EXPIRED: (of) => `The credentials for the bucket of the ${of} have expired`,
  BUCKET_CLOCK_SKEWED: (of) => `The clock of this host and that of the bucket of the ${of} differ too much`,
  BUCKET_UNAVAILABLE: (of) => `The bucket of the ${of} does not answer, or not now`,
} satisfies Partial<Record<ErrorCode, (of: BucketUse) => string>>

/** What a bucket is asked for. */
export type BucketUse = 'outputs' | 'input' | 'reports'

/** What the service calls the error; null where it was no answer. */
export function serviceCode(error: unknown): string | null {
  const { Code, name } = (error ?? {}) as ServiceError
  return Code ?? (name === 'Error' ? null : (name ?? null))
}

export function statusOf(error: unknown): number | null {
  return ((error ?? {}) as ServiceError).$metadata?.httpStatusCode ?? null
}

/** One error of ours for each. Names of buckets, keys and ids stay in the cause, which only the log shows. */
export function bucketError(error: unknown, of: BucketUse = 'outputs'): FfleetError {
  if (error instanceof FfleetError) return error
  const said = serviceCode(error)
  const code = CODES[said ?? ''] ?? byStatus(error)
  return new FfleetError(code, `${SAYS[code](of)} (${said ?? 'no answer'}).`, { cause: error })
}

function byStatus(error: unknown): keyof typeof SAYS {
  // An answer to HEAD has no body, and so no code.
  const status = statusOf(error)
  return status === 401 || status === 403 ? 'BUCKET_ACCESS_DENIED' : 'BUCKET_UNAVAILABLE'
}
