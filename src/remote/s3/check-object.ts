import { FfleetError } from '../../contract/index.js'
import { type BucketLocation, parseBucket } from '../../s3/index.js'

/** Buckets, or what lies in them below a prefix. */
export type AllowedBuckets = readonly BucketLocation[]

export type ObjectName = { bucket: string; key: string }

/** S3 takes no longer ones. */
const MAX_KEY_BYTES = 1_024

/**
 * The object, if inputs may be read from where it lies. Whether it is there is seen by the worker that fetches it.
 *
 * @throws FfleetError INVALID_REQUEST, SCHEME_NOT_ALLOWED.
 */
export function requireAllowed(uri: string, allow: AllowedBuckets): ObjectName {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]*)\/(.*)$/is.exec(uri) ?? []
  if (key === '' || parseBucket(`s3://${bucket}`) === null)
    throw invalid('The input names no object of a bucket; it takes one such as s3://films/2026/film.mp4.')
  if (/[\p{Cc}\p{Cs}]/u.test(key) || Buffer.byteLength(key) > MAX_KEY_BYTES)
    throw invalid(`The key of an input may have ${MAX_KEY_BYTES} bytes, and no control characters.`)
  // Where a store keeps objects as files these would lead out of the prefix.
  if (key.split('/').some((step) => step === '.' || step === '..'))
    throw invalid('The key of an input may have no step `.` or `..`.')
  const isAllowed = allow.some((place) => place.bucket === bucket && key.startsWith(place.prefix))
  if (isAllowed) return { bucket, key }
  throw new FfleetError(
    'SCHEME_NOT_ALLOWED',
    `Inputs are not read from there; the operator can allow s3://${bucket}, or a prefix in it, by FFLEET_S3_INPUTS.`,
  )
}

function invalid(detail: string): FfleetError {
  return new FfleetError('INVALID_REQUEST', detail)
}
