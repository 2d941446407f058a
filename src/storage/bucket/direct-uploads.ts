/**
 * Files that people send straight to the bucket: `.ffleet/sent/<id>`. Each is an upload whose parts go to addresses that are signed here,
 * for a time; it is completed here as well, when the bucket has all of them in their sizes.
 */
import type { DirectPart } from '../../contract/index.js'
import { FfleetError } from '../../contract/index.js'
import { serviceCode } from '../../s3/index.js'
import { SCRATCH_FOLDER } from '../names.js'
import type { PublishedFile } from '../output-store.js'
import type { Bucket } from './bucket.js'
import { hashOfContent, openObject } from './published.js'

/** Parts that are to be sent, and until when their addresses are valid. */
type Signed = { parts: DirectPart[]; expiresAt: Date }

export type DirectUploads = {
  /** `forMs`: how long the addresses of its parts are valid, at most a week. */
  begin(id: string, file: { bytes: number; forMs: number }): Promise<Signed & { uploadId: string }>
  /** The parts that are missing or have other sizes, signed anew; none where it only has to be completed. @throws FfleetError UPLOAD_CONFLICT where it is gone. */
  missing(id: string, file: { uploadId: string; bytes: number; forMs: number }): Promise<Signed>
  /** Makes the file of its parts; may be repeated. @throws FfleetError UPLOAD_CONFLICT while parts are missing or have other sizes. */
  complete(id: string, file: { uploadId: string; bytes: number }): Promise<void>
  /** The SHA-256 of a whole file, in hex; reads all of it. Null where there is none. */
  hash(id: string): Promise<string | null>
  /** Null where there is none, or it is not whole. */
  open(id: string): Promise<PublishedFile | null>
  /** Whole or not; nothing happens where there is none. */
  remove(id: string, uploadId: string | null): Promise<void>
  /** Of those that are whole. */
  ids(): Promise<string[]>
}

const MIB = 1024 ** 2
/** Of a part, but for the last one. */
const LEAST_BYTES = 16 * MIB
/** As many as one call of the service lists. */
const MOST_PARTS = 1_000
/** Longer signatures are not valid. */
const LONGEST_MS = 7 * 24 * 60 * 60 * 1000

const FOLDER = `${SCRATCH_FOLDER}/sent/`
const keyOf = (id: string) => FOLDER + id

/** `bucket`: one whose calls carry no checksums of the SDK's own, for what is signed here is sent by others. */
export function openDirectUploads(bucket: Bucket): DirectUploads {
  async function sign(id: string, UploadId: string, parts: readonly Part[], forMs: number): Promise<Signed> {
    const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner')
    const validMs = Math.min(forMs, LONGEST_MS)
    const expiresAt = new Date(Date.now() + validMs)
    const signOne = (part: Part) =>
      bucket.ask(({ sdk, client, where }) => {
        const what = { UploadId, PartNumber: part.number, ContentLength: part.bytes }
        const command = new sdk.UploadPartCommand({ ...where(keyOf(id)), ...what })
        return getSignedUrl(client, command, { expiresIn: Math.floor(validMs / 1000) })
      })
    return { parts: await Promise.all(parts.map(async (part) => ({ ...part, url: await signOne(part) }))), expiresAt }
  }

  /** The parts that the bucket has, by number; null where the upload is not open any more. */
  async function partsThere(id: string, UploadId: string) {
    try {
      const { Parts = [] } = await bucket.ask(({ sdk, client, where }) =>
        client.send(new sdk.ListPartsCommand({ ...where(keyOf(id)), UploadId, MaxParts: MOST_PARTS })),
      )
      return new Map(Parts.map(({ PartNumber, Size, ETag }) => [PartNumber!, { bytes: Size!, etag: ETag! }]))
    } catch (error) {
      if (serviceCode((error as Error).cause) === 'NoSuchUpload') return null
      throw error
    }
  }

  async function requireWhole(id: string, bytes: number): Promise<void> {
    if ((await bucket.head(keyOf(id)))?.bytes === bytes) return
    throw new FfleetError('UPLOAD_CONFLICT', 'The upload is gone from the bucket.', { hint: 'Send the file anew.' })
  }

  return {
    async begin(id, { bytes, forMs }) {
      const uploadId = await bucket.beginUpload(keyOf(id), { mediaType: 'application/octet-stream', metadata: {} })
      return { uploadId, ...(await sign(id, uploadId, partsOf(bytes), forMs)) }
    },
    async missing(id, { uploadId, bytes, forMs }) {
      const there = await partsThere(id, uploadId)
      if (there === null) await requireWhole(id, bytes)
      return sign(id, uploadId, there === null ? [] : wrongOf(there, partsOf(bytes)), forMs)
    },
    async complete(id, { uploadId, bytes }) {
      const there = await partsThere(id, uploadId)
      if (there !== null) {
        const wanted = partsOf(bytes)
        const wrong = wrongOf(there, wanted)
        if (wrong.length > 0) throw incomplete(wrong)
        const etags = wanted.map(({ number }) => ({ etag: there.get(number)!.etag }))
        await bucket.complete(keyOf(id), uploadId, etags)
      }
      await requireWhole(id, bytes)
    },
    hash: (id) => hashOfContent(bucket, keyOf(id)),
    async open(id) {
      const facts = await bucket.head(keyOf(id))
      return facts && openObject(bucket, keyOf(id), facts, null)
    },
    async remove(id, uploadId) {
      if (uploadId !== null) await bucket.abort(keyOf(id), uploadId)
      await bucket.remove([keyOf(id)])
    },
    async ids() {
      const found: string[] = []
      for await (const { key } of bucket.list(FOLDER)) found.push(key.slice(FOLDER.length))
      return found
    },
  }
}

type Part = Omit<DirectPart, 'url'>

/** Those of the wanted parts that are not there, or in other sizes. */
function wrongOf(there: ReadonlyMap<number, { bytes: number }>, wanted: readonly Part[]): Part[] {
  return wanted.filter(({ number, bytes }) => there.get(number)?.bytes !== bytes)
}

function partsOf(bytes: number): Part[] {
  const size = Math.max(LEAST_BYTES, Math.ceil(bytes / MOST_PARTS / MIB) * MIB)
  return Array.from({ length: Math.ceil(bytes / size) }, (_, i) => {
    return { number: i + 1, offset: i * size, bytes: Math.min(size, bytes - i * size) }
  })
}

/** So many are named. */
const NAMED_PARTS = 20

function incomplete(wrong: readonly Part[]): FfleetError {
  const names = wrong.slice(0, NAMED_PARTS).map(({ number }) => number)
  const more = wrong.length > names.length ? ` and ${wrong.length - names.length} more` : ''
  return new FfleetError('UPLOAD_CONFLICT', `Parts ${names.join(', ')}${more} are not there, or in other sizes.`, {
    hint: 'PUT them to their URLs, then complete the upload again.',
  })
}
