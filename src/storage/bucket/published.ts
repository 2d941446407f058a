/** What lies in a bucket, and whether it still is what was published there. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { FfleetError } from '../../contract/index.js'
import { inParallel } from '../../in-parallel.js'
import { bucketError } from '../../s3/index.js'
import type { FileIdentity } from '../identity.js'
import { folderManifest } from '../manifest.js'
import type { PublishedAs, PublishedFile } from '../output-store.js'
import type { Bucket, ListedObject, ObjectFacts } from './bucket.js'

/** Names in the metadata of an object: what it holds, and who made it. */
export const METADATA = { sha256: 'ffleet-sha256', job: 'ffleet-job', attempt: 'ffleet-attempt' } as const

/** Objects that are looked at together. */
export const LOOKS_AT_ONCE = 16
const KEPT_HASHES = 10_000

/** Gives the SHA-256 of objects: as their metadata has it, or by reading those that were put there by others. */
export type HashOf = (key: string, facts: Pick<ObjectFacts, 'bytes' | 'etag'>) => Promise<string | null>

/** By etag, as an object that has the same holds the same. Null for one that is gone. */
export function createHashes(bucket: Bucket): HashOf {
  const known = new Map<string, string>()
  return async (key, { etag, bytes }) => {
    const name = [key, etag, bytes].join('\n')
    const before = known.get(name)
    if (before !== undefined) return before
    const facts = await bucket.head(key)
    if (facts === null || facts.etag !== etag) return null
    const hash = facts.metadata[METADATA.sha256] ?? (await hashOfContent(bucket, key, etag))
    if (hash !== null) known.set(name, hash)
    if (known.size > KEPT_HASHES) known.delete(known.keys().next().value!)
    return hash
  }
}

/** The SHA-256 of an object, in hex, which is read for that; null where there is none. `etag`: only if it has this one. */
export async function hashOfContent(bucket: Bucket, key: string, etag?: string): Promise<string | null> {
  const body = await bucket.read(key, { ...(etag !== undefined && { etag }) })
  if (body === null) return null
  const hash = createHash('sha256')
  try {
    for await (const chunk of body) hash.update(chunk as Buffer)
  } catch (error) {
    throw bucketError(error)
  }
  return hash.digest('hex')
}

export function identityOfObject({ bytes, modifiedAt, etag }: Omit<ObjectFacts, 'metadata'>): FileIdentity {
  return { bytes, modifiedMs: modifiedAt.getTime(), inode: null, etag }
}

/** The objects of a folder, sorted by their path in it. */
export async function listFolder(bucket: Bucket, folder: string): Promise<ListedObject[]> {
  const found: ListedObject[] = []
  for await (const object of bucket.list(`${folder}/`)) {
    // Consoles make objects of no bytes that stand for folders.
    if (!object.key.endsWith('/')) found.push({ ...object, key: object.key.slice(folder.length + 1) })
  }
  return found.sort((a, b) => (a.key < b.key ? -1 : 1))
}

export function identityOfFolder(files: readonly ListedObject[]): FileIdentity {
  const lines = files.map(({ key, bytes, etag }) => `${etag} ${bytes} ${key}\n`).join('')
  return {
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    modifiedMs: Math.max(0, ...files.map(({ modifiedAt }) => modifiedAt.getTime())),
    inode: null,
    etag: createHash('sha256').update(lines).digest('hex'),
  }
}

/** The hash that a manifest of what lies in the folder has; null when it changes meanwhile. */
export async function hashOfFolder(
  hashOf: HashOf,
  folder: string,
  files: readonly ListedObject[],
): Promise<string | null> {
  const hashes = await inParallel(files, LOOKS_AT_ONCE, undefined, (file) => hashOf(`${folder}/${file.key}`, file))
  if (hashes.includes(null)) return null
  return folderManifest(files.map(({ key, bytes }, i) => ({ path: key, bytes, sha256: hashes[i]! }))).sha256
}

/** Whether what is there now is what was published; `hash` is asked where the looks leave a doubt. */
export async function isSame(
  { identity, sha256 }: PublishedAs,
  now: FileIdentity,
  hash: () => Promise<string | null>,
): Promise<boolean> {
  if (identity !== null && identity.bytes !== now.bytes) return false
  if (identity?.etag !== undefined && identity.etag === now.etag) return true
  return (await hash()) === sha256
}

export function openObject(bucket: Bucket, key: string, facts: ObjectFacts, as: PublishedAs | null): PublishedFile {
  const { bytes, modifiedAt, etag } = facts
  const marks = [as?.sha256.slice(0, 32), etag.replaceAll(/[^\w-]/g, ''), bytes.toString(36)]
  return {
    bytes,
    modifiedAt,
    etag: `"${marks.filter(Boolean).join('-')}"`,
    read: (range) => Readable.from(bytesOf(bucket, key, { range, etag }), { objectMode: false }),
    close: async () => {},
  }
}

async function* bytesOf(
  bucket: Bucket,
  key: string,
  options: { range: { first: number; last: number } | undefined; etag: string },
): AsyncGenerator<Buffer> {
  const body = await bucket.read(key, options)
  if (body === null) throw replaced()
  try {
    yield* body
  } catch (error) {
    throw bucketError(error)
  }
}

export function notThere(): FfleetError {
  return new FfleetError('NOT_FOUND', 'The output is no longer at its path.')
}

export function replaced(): FfleetError {
  return new FfleetError('OUTPUT_REPLACED', 'Something else is at the path of the output since.')
}
