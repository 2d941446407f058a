/** Objects in buckets of stores that speak S3: `s3://bucket/key`, the key as it is, with no letter of it written otherwise. */
import type { Readable } from 'node:stream'
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3'
import { FfleetError } from '../../contract/index.js'
import {
  type BucketLocation,
  bucketError,
  openS3,
  type S3,
  type S3Settings,
  serviceCode,
  statusOf,
} from '../../s3/index.js'
import { rangeOf } from '../content-range.js'
import { type RemoteBody, type RemoteFacts, RemoteFault, type RemoteRange, type RemoteStore } from '../scheme.js'
import { type AllowedBuckets, type ObjectName, requireAllowed } from './check-object.js'

export type S3InputOptions = {
  /** Whose objects may be inputs. */
  allow: AllowedBuckets
  settings: S3Settings
}

type S3Inputs = RemoteStore & { close(): Promise<void> }

const NONE: S3InputOptions = {
  allow: [],
  settings: { endpoint: null, region: null, pathStyle: false, checksum: 'auto' },
}

/** Objects by their URIs. Loads and asks nothing before the first is opened. */
export function openS3Inputs({ allow, settings }: S3InputOptions = NONE): S3Inputs {
  return openObjects(settings, (uri) => requireAllowed(uri, allow), 'FETCH_REFUSED')
}

/** Objects below a media root that is a bucket, by the paths that jobs name them by. */
export function openS3Media({ bucket, prefix }: BucketLocation, settings: S3Settings): S3Inputs {
  return openObjects(settings, (path) => ({ bucket, key: prefix + path }), 'INPUT_NOT_FOUND')
}

/** `missing`: the code of an object that is not there. */
function openObjects(
  settings: S3Settings,
  nameOf: (uri: string) => ObjectName,
  missing: 'FETCH_REFUSED' | 'INPUT_NOT_FOUND',
): S3Inputs {
  let opened: Promise<S3> | null = null

  const open: RemoteStore['open'] = async (uri, range, { known, signal }) => {
    const { bucket, key } = nameOf(uri)
    opened ??= openS3(settings)
    const { sdk, client } = await opened
    const { from, to } = range
    const isWhole = from === 0 && to === null
    const part = isWhole
      ? {}
      : { Range: `bytes=${from}-${to === null ? '' : to - 1}`, ...(known && { IfMatch: known }) }
    try {
      const command = new sdk.GetObjectCommand({ Bucket: bucket, Key: key, ...part })
      return bodyOf(await client.send(command, { abortSignal: signal }), signal, faultOf)
    } catch (error) {
      signal.throwIfAborted()
      // Another object by now, or an empty one, which has no parts.
      if (!isWhole && [412, 416].includes(statusOf(error) ?? 0)) return open(uri, WHOLE, { known: null, signal })
      throw faultOf(error)
    }
  }
  const faultOf: FaultOf = (error) => faultOfObject(error, missing)

  return {
    async check(uri) {
      nameOf(uri)
    },
    open,
    close: async () => void (await opened)?.client.destroy(),
  }
}

const WHOLE: RemoteRange = { from: 0, to: null }

type FaultOf = (error: unknown) => FfleetError | RemoteFault

function bodyOf(found: GetObjectCommandOutput, signal: AbortSignal, faultOf: FaultOf): RemoteBody {
  const body = found.Body as Readable
  const { ETag: etag = null, LastModified, ContentLength: length = null } = found
  const { from, to, bytes } = rangeOf(found.ContentRange) ?? { from: 0, to: length, bytes: length }
  const facts: RemoteFacts = { bytes, validator: etag, etag, lastModified: LastModified?.toUTCString() ?? null }
  return {
    from,
    to,
    facts,
    chunks: chunksOf(body, signal, faultOf),
    close: () => void body.on('error', () => {}).destroy(),
  }
}

async function* chunksOf(body: Readable, signal: AbortSignal, faultOf: FaultOf): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk as Uint8Array
  } catch (error) {
    signal.throwIfAborted()
    throw faultOf(error)
  }
}

/** What may be otherwise next time is asked again by the spool. */
function faultOfObject(error: unknown, missing: 'FETCH_REFUSED' | 'INPUT_NOT_FOUND'): FfleetError | RemoteFault {
  if (statusOf(error) === 404 && serviceCode(error) !== 'NoSuchBucket')
    return new FfleetError(missing, 'There is no such object in the bucket of the input.', { cause: error })
  if (serviceCode(error) === 'InvalidObjectState')
    return new FfleetError(
      'FETCH_REFUSED',
      'The object lies in an archive of its store, and has to be restored before it can be read.',
      { cause: error },
    )
  const fault = bucketError(error, 'input')
  if (fault.code !== 'BUCKET_UNAVAILABLE') return fault
  return new RemoteFault(fault.message.replace(/\.$/, ''), { cause: error })
}
