/** One way to open the SDK for whoever speaks to a store of S3: outputs in a bucket, and inputs from one. */
import type * as SDK from '@aws-sdk/client-s3'

export type S3Settings = {
  /** Null: that of AWS in the region. */
  endpoint: string | null
  region: string | null
  /** `https://host/bucket/key` in place of `https://bucket.host/key`. */
  pathStyle: boolean
  /** What goes with every part: its SHA-256 in the header of S3's newer checksums, or the MD5 that all know. */
  checksum: 'auto' | 'required-only'
}

/** The settings of ffleet that say the same. */
export type S3Places = {
  s3Endpoint?: string | null
  s3Region?: string | null
  s3PathStyle?: 'on' | 'off'
  s3Checksum?: 'auto' | 'required-only'
}

export function s3Settings({ s3Endpoint, s3Region, s3PathStyle, s3Checksum }: S3Places): S3Settings {
  return {
    endpoint: s3Endpoint ?? null,
    region: s3Region ?? null,
    pathStyle: s3PathStyle === 'on',
    checksum: s3Checksum ?? 'auto',
  }
}

export type S3 = { sdk: typeof SDK; client: SDK.S3Client }

/** Retries of the SDK, with its own pauses: about 3 s together. */
const TRIES = 5
const CONNECT_MS = 5_000
/** Without a byte in either direction. */
const SILENT_MS = 60_000

/** Loads the SDK, which takes a third of a second: not before a bucket is asked. */
export async function openS3({ endpoint, region, pathStyle, checksum }: S3Settings): Promise<S3> {
  const sdk = await import('@aws-sdk/client-s3')
  const when = checksum === 'auto' ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED'
  // Others than AWS sign with a region as well, and take any.
  const used = region ?? (endpoint === null ? null : (process.env.AWS_REGION ?? 'us-east-1'))
  const client = new sdk.S3Client({
    ...(endpoint !== null && { endpoint }),
    ...(used !== null && { region: used }),
    forcePathStyle: pathStyle,
    requestChecksumCalculation: when,
    responseChecksumValidation: when,
    maxAttempts: TRIES,
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENT_MS },
  })
  return { sdk, client }
}
