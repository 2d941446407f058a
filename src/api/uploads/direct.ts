/** Files that people send straight to the bucket of the outputs; what tus does for those that come through the API. */
import { ulid } from 'ulid'
import { type DirectUpload, type DirectUploadRequest, FfleetError } from '../../contract/index.js'
import type { UploadRecord } from '../../queue/index.js'
import type { DirectUploads } from '../../storage/bucket/direct-uploads.js'
import type { UploadOptions } from './options.js'
import { type UploadFile, uploadOf } from './view.js'

const LEAST_VALID_MS = 60_000

/** @throws FfleetError NOT_FOUND where outputs lie in a folder; PAYLOAD_TOO_LARGE. */
export async function beginDirect(
  options: UploadOptions,
  { bytes, filename, sha256, keep }: DirectUploadRequest,
  tenant: string | null,
): Promise<DirectUpload> {
  const { queue, maxBytes, keepMs } = options
  const direct = requireDirect(options)
  if (bytes > maxBytes) {
    throw new FfleetError(
      'PAYLOAD_TOO_LARGE',
      `The file is larger than ${maxBytes} bytes, the most that this server takes (FFLEET_MAX_INPUT_BYTES).`,
    )
  }
  const id = ulid()
  const { uploadId, parts, expiresAt } = await direct.begin(id, { bytes, forMs: keepMs })
  const metadata = { ...(filename && { filename }), ...(sha256 && { sha256 }), ...(keep && { keep: 'true' }) }
  const file: UploadFile = { size: bytes, metadata, direct: { uploadId } }
  const record = { id, tenant, createdMs: Date.now(), completedMs: null, file }
  await queue.uploads.begin(record)
  return { upload: uploadOf(record, 0, keepMs), parts, urlsExpireAt: expiresAt.toISOString() }
}

/**
 * What is left to be sent of one, also where its URLs are valid no longer, or whoever has them is gone.
 *
 * @throws FfleetError UPLOAD_CONFLICT for one that is sent by tus, or is gone from the bucket.
 */
export async function missingDirect(options: UploadOptions, record: UploadRecord): Promise<DirectUpload> {
  const { id, file, createdMs, completedMs } = record
  const { uploadId } = requireBegun(file)
  const bytes = (file as UploadFile).size!
  // Where it is about to be removed, long enough for what is on its way.
  const forMs = Math.max(createdMs + options.keepMs - Date.now(), LEAST_VALID_MS)
  const direct = requireDirect(options)
  const isWhole = completedMs !== null
  const { parts, expiresAt } = isWhole
    ? { parts: [], expiresAt: new Date(Date.now() + forMs) }
    : await direct.missing(id, { uploadId, bytes, forMs })
  const received = parts.reduce((left, part) => left - part.bytes, bytes)
  return { upload: uploadOf(record, received, options.keepMs), parts, urlsExpireAt: expiresAt.toISOString() }
}

/**
 * Takes for whole what the bucket has in full; may be repeated.
 *
 * @throws FfleetError UPLOAD_CONFLICT while parts are missing, or for one that is sent by tus; CHECKSUM_MISMATCH: it is removed.
 */
export async function completeDirect(options: UploadOptions, record: UploadRecord): Promise<void> {
  const { id, file } = record
  const { size, metadata } = file as UploadFile
  if (record.completedMs !== null) return
  const { uploadId } = requireBegun(file)
  const direct = requireDirect(options)
  await direct.complete(id, { uploadId, bytes: size! })
  const sha256 = metadata?.sha256?.toLowerCase()
  if (sha256 !== undefined && (await direct.hash(id)) !== sha256) {
    await options.queue.uploads.remove(id)
    await direct.remove(id, null)
    throw new FfleetError('CHECKSUM_MISMATCH', 'What came is not what was sent: its SHA-256 is another.')
  }
  await options.queue.uploads.complete(id)
}

/** Removes what came of an upload, wherever it went. */
export async function removeSent(
  { storage }: Pick<UploadOptions, 'storage'>,
  { id, file }: UploadRecord,
): Promise<void> {
  const { direct } = file as UploadFile
  if (direct === undefined) await storage.uploads.remove(id)
  else await storage.uploads.direct?.remove(id, direct.uploadId)
}

function requireBegun(file: UploadRecord['file']): NonNullable<UploadFile['direct']> {
  const { direct } = file as UploadFile
  if (direct !== undefined) return direct
  throw new FfleetError('UPLOAD_CONFLICT', 'This upload is sent by tus, and ends with its last byte.')
}

function requireDirect({ storage }: UploadOptions): DirectUploads {
  if (storage.uploads.direct !== null) return storage.uploads.direct
  throw new FfleetError('NOT_FOUND', 'The outputs of this server lie in no bucket that files could be sent to.', {
    hint: 'Send the file by tus, to /v1/uploads.',
  })
}
