/** The few calls of S3 that ffleet makes, below one prefix of one bucket; their errors are the registry's. */
import type { Readable } from 'node:stream'
import type * as SDK from '@aws-sdk/client-s3'
import {
  type BucketLocation,
  type BucketUse,
  bucketError,
  openS3,
  type S3,
  type S3Settings,
  serviceCode,
  statusOf,
} from '../../s3/index.js'

export type ObjectFacts = {
  bytes: number
  modifiedAt: Date
  /** As the service writes it, with its quotes. */
  etag: string
  /** By lower-case names. */
  metadata: Record<string, string>
}

export type ListedObject = { key: string; bytes: number; modifiedAt: Date; etag: string }

/** An upload that is open. */
export type OpenUpload = { key: string; uploadId: string; begunAt: Date }

/** A part that lies in the bucket. `sha256`: base64, where it went with one. */
export type SentPart = { etag: string; sha256?: string }

export type PartBody = { number: number; bytes: Buffer; sha256: string; md5: string }

type Options = { signal?: AbortSignal | undefined }

/** As many as one call lists or removes. */
const PAGE = 1_000

/** Keys are relative to the prefix. Asks nothing and loads nothing before the first call. */
export class Bucket {
  readonly #location: BucketLocation
  readonly #settings: S3Settings
  #opened: Promise<S3> | null = null

  readonly #use: BucketUse

  /** `use`: whose bucket it is, for errors. */
  constructor(location: BucketLocation, settings: S3Settings, use: BucketUse = 'outputs') {
    this.#location = location
    this.#settings = settings
    this.#use = use
  }

  /** `s3://bucket/prefix/key`. */
  address(key: string): string {
    return `s3://${this.#location.bucket}/${this.#location.prefix}${key}`
  }

  /** Null where there is no such object. */
  async head(key: string, options?: Options): Promise<ObjectFacts | null> {
    const found = await this.ask(
      ({ sdk, client, where, sent }) => client.send(new sdk.HeadObjectCommand({ ...where(key) }), sent),
      options,
    ).catch(absent)
    return found && factsOf(found)
  }

  /** Null where there is no such object, or its etag is another one. */
  async read(
    key: string,
    options: Options & { range?: { first: number; last: number } | undefined; etag?: string } = {},
  ): Promise<Readable | null> {
    const { range, etag } = options
    const asked = { ...(range && { Range: `bytes=${range.first}-${range.last}` }), ...(etag && { IfMatch: etag }) }
    const found = await this.ask(
      ({ sdk, client, where, sent }) => client.send(new sdk.GetObjectCommand({ ...where(key), ...asked }), sent),
      options,
    ).catch(absent)
    return found && (found.Body as Readable)
  }

  async readText(key: string, options?: Options): Promise<string | null> {
    const body = await this.read(key, options)
    if (body === null) return null
    const chunks: Buffer[] = []
    try {
      for await (const chunk of body) chunks.push(chunk as Buffer)
    } catch (error) {
      throw bucketError(error)
    }
    return Buffer.concat(chunks).toString()
  }

  /** A small object; text is JSON. `keepExisting`: false where there is one, as far as the service tells. */
  async put(
    key: string,
    content: string | Buffer,
    options: Options & { keepExisting?: boolean } = {},
  ): Promise<boolean> {
    if (options.keepExisting && (await this.head(key, options)) !== null) return false
    const ContentType = typeof content === 'string' ? 'application/json' : 'application/octet-stream'
    const body = { Body: Buffer.from(content), ContentType }
    return this.#once(options, (condition) => ({ sdk, client, where, sent }) => {
      return client.send(new sdk.PutObjectCommand({ ...where(key), ...body, ...condition }), sent)
    })
  }

  async *list(under: string, options?: Options): AsyncGenerator<ListedObject> {
    const { prefix } = this.#location
    for (let token: string | undefined, more = true; more; more = token !== undefined) {
      const next = { Prefix: `${prefix}${under}`, ...(token !== undefined && { ContinuationToken: token }) }
      const page = await this.ask(
        ({ sdk, client, where, sent }) =>
          client.send(new sdk.ListObjectsV2Command({ Bucket: where('').Bucket, ...next, MaxKeys: PAGE }), sent),
        options,
      )
      for (const found of page.Contents ?? []) yield listed(found, prefix)
      token = page.IsTruncated ? page.NextContinuationToken : undefined
    }
  }

  /** A page of what stands directly in a folder, which is '' or ends with `/`. `token`: of the page before. */
  async listFolder(
    folder: string,
    { limit, token }: { limit: number; token: string | null },
  ): Promise<{ folders: string[]; files: ListedObject[]; token: string | null }> {
    const { prefix } = this.#location
    const asked = { Prefix: `${prefix}${folder}`, Delimiter: '/', MaxKeys: limit }
    const page = await this.ask(({ sdk, client, where, sent }) => {
      const next = token === null ? {} : { ContinuationToken: token }
      return client.send(new sdk.ListObjectsV2Command({ Bucket: where('').Bucket, ...asked, ...next }), sent)
    })
    return {
      folders: (page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix!.slice(prefix.length)),
      files: (page.Contents ?? []).map((found) => listed(found, prefix)),
      token: (page.IsTruncated && page.NextContinuationToken) || null,
    }
  }

  /** One by one: the call for many needs a checksum that not all services know. What is not there is let pass. */
  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      await this.ask(({ sdk, client, where, sent }) =>
        client.send(new sdk.DeleteObjectCommand({ ...where(key) }), sent),
      ).catch(absent)
    }
  }

  /** Begins an upload and gives its id. */
  async beginUpload(
    key: string,
    facts: { mediaType: string; metadata: Record<string, string> },
    options?: Options,
  ): Promise<string> {
    const { mediaType: ContentType, metadata: Metadata } = facts
    const sums = this.#sums ? ({ ChecksumAlgorithm: 'SHA256' } as const) : {}
    const begun = await this.ask(
      ({ sdk, client, where, sent }) =>
        client.send(new sdk.CreateMultipartUploadCommand({ ...where(key), ContentType, Metadata, ...sums }), sent),
      options,
    )
    return begun.UploadId!
  }

  /** Uploads that are open, whoever began them. */
  async *listUploads(): AsyncGenerator<OpenUpload> {
    const { prefix } = this.#location
    let next: Pick<SDK.ListMultipartUploadsRequest, 'KeyMarker' | 'UploadIdMarker'> | null = {}
    while (next !== null) {
      const asked = { Prefix: prefix, MaxUploads: PAGE, ...next }
      const page: SDK.ListMultipartUploadsCommandOutput = await this.ask(({ sdk, client, where, sent }) =>
        client.send(new sdk.ListMultipartUploadsCommand({ Bucket: where('').Bucket, ...asked }), sent),
      )
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        yield { key: Key!.slice(prefix.length), uploadId: UploadId!, begunAt: Initiated ?? new Date() }
      }
      const { IsTruncated, NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page
      next = IsTruncated && KeyMarker ? { KeyMarker, ...(UploadIdMarker && { UploadIdMarker }) } : null
    }
  }

  async sendPart(key: string, uploadId: string, part: PartBody, options?: Options): Promise<SentPart> {
    const sum = this.#sums ? { ChecksumSHA256: part.sha256 } : { ContentMD5: part.md5 }
    const body = { PartNumber: part.number, Body: part.bytes, ContentLength: part.bytes.length }
    const { ETag } = await this.ask(
      ({ sdk, client, where, sent }) =>
        client.send(new sdk.UploadPartCommand({ ...where(key), UploadId: uploadId, ...body, ...sum }), sent),
      options,
    )
    return { etag: ETag!, ...(this.#sums && { sha256: part.sha256 }) }
  }

  /**
   * Makes the object visible. 'gone': the upload is not there any more, or its parts are not those; 'taken': `keepExisting`, and
   * something is there.
   */
  async complete(
    key: string,
    uploadId: string,
    parts: readonly SentPart[],
    options: Options & { keepExisting?: boolean } = {},
  ): Promise<'complete' | 'gone' | 'taken'> {
    const Parts = parts.map(({ etag, sha256 }, i) => {
      return { PartNumber: i + 1, ETag: etag, ...(sha256 !== undefined && { ChecksumSHA256: sha256 }) }
    })
    try {
      const upload = { UploadId: uploadId, MultipartUpload: { Parts } }
      const isDone = await this.#once(options, (condition) => ({ sdk, client, where, sent }) => {
        return client.send(new sdk.CompleteMultipartUploadCommand({ ...where(key), ...upload, ...condition }), sent)
      })
      return isDone ? 'complete' : 'taken'
    } catch (error) {
      const { cause } = error as Error
      if (['NoSuchUpload', 'InvalidPart', 'InvalidPartOrder'].includes(serviceCode(cause) ?? '')) return 'gone'
      throw error
    }
  }

  /** What is not there is let pass. */
  async abort(key: string, uploadId: string): Promise<void> {
    const aborted = this.ask(({ sdk, client, where, sent }) =>
      client.send(new sdk.AbortMultipartUploadCommand({ ...where(key), UploadId: uploadId }), sent),
    )
    await aborted.catch((error) => {
      if (serviceCode((error as Error).cause) !== 'NoSuchUpload') return absent(error)
      return null
    })
  }

  get #sums(): boolean {
    return this.#settings.checksum === 'auto'
  }

  /** Under the condition that nothing is there, where that is asked and the service knows it. False when something is. */
  async #once(
    { keepExisting = false, signal }: Options & { keepExisting?: boolean },
    call: (condition: { IfNoneMatch?: string }) => Call<unknown>,
  ): Promise<boolean> {
    const attempt = (condition: { IfNoneMatch?: string }) => this.ask(call(condition), { signal }).then(() => true)
    if (!keepExisting) return attempt({})
    return attempt({ IfNoneMatch: '*' }).catch((error) => {
      const { cause } = error as Error
      if (statusOf(cause) === 412) return false
      if (statusOf(cause) === 501) return attempt({})
      throw error
    })
  }

  /** A call that has no method of its own here. */
  async ask<O>(call: Call<O>, { signal }: Options = {}): Promise<O> {
    signal?.throwIfAborted()
    try {
      const { sdk, client } = await this.#open()
      const { bucket, prefix } = this.#location
      const where = (key: string) => ({ Bucket: bucket, Key: `${prefix}${key}` })
      return await call({ sdk, client, where, sent: signal ? { abortSignal: signal } : {} })
    } catch (error) {
      signal?.throwIfAborted()
      throw bucketError(error, this.#use)
    }
  }

  #open(): Promise<S3> {
    this.#opened ??= openS3(this.#settings)
    return this.#opened
  }
}

export type Call<O> = (
  through: S3 & {
    where: (key: string) => { Bucket: string; Key: string }
    sent: { abortSignal?: AbortSignal }
  },
) => Promise<O>

/** Null for an object that is not there; anything else is thrown. */
function absent(error: unknown): null {
  const cause = (error as Error).cause ?? error
  const code = serviceCode(cause)
  if (code === 'NoSuchBucket') throw error
  if (statusOf(cause) === 404 || statusOf(cause) === 412 || code === 'NoSuchKey' || code === 'NotFound') return null
  throw error
}

function listed({ Key, Size, ETag, LastModified }: SDK._Object, prefix: string): ListedObject {
  return { key: Key!.slice(prefix.length), bytes: Size ?? 0, etag: ETag ?? '', modifiedAt: LastModified ?? new Date(0) }
}

function factsOf(found: SDK.HeadObjectCommandOutput): ObjectFacts {
  return {
    bytes: found.ContentLength ?? 0,
    modifiedAt: found.LastModified ?? new Date(0),
    etag: found.ETag ?? '',
    metadata: found.Metadata ?? {},
  }
}
