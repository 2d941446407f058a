/** Parts of films in the bucket of a fleet's outputs: `.ffleet/parts/<name>.mp4`, each with its hash. */
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { bucketError } from '../../s3/index.js'
import { readManifest } from '../manifest.js'
import { SCRATCH_FOLDER, safeJobId } from '../names.js'
import { overLimits, type PartShelf } from '../parts.js'
import type { Bucket } from './bucket.js'
import { METADATA } from './published.js'
import { patiently, sendParts } from './upload.js'

const FOLDER = `${SCRATCH_FOLDER}/parts/`
const keyOf = (name: string) => `${FOLDER}${safeJobId(name)}.mp4`

export function bucketParts(bucket: Bucket): PartShelf {
  return {
    async fetch(name, path, signal) {
      const key = keyOf(name)
      const facts = await bucket.head(key, { signal })
      const body = facts && (await bucket.read(key, { etag: facts.etag, signal }))
      if (body === null) return false
      const isWhole = (await write(body, path)) === facts!.metadata[METADATA.sha256]
      // Whoever makes it anew sends it then.
      if (!isWhole) await bucket.remove([key])
      return isWhole
    },
    async send(name, path, signal) {
      const key = keyOf(name)
      if ((await bucket.head(key, { signal })) !== null) return
      const { bytes, sha256 } = await readManifest(path, { sync: false, signal })
      const metadata = { [METADATA.sha256]: sha256 }
      const uploadId = await patiently(signal, () =>
        bucket.beginUpload(key, { mediaType: 'video/mp4', metadata }, { signal }),
      )
      try {
        const upload = { key, uploadId, bytes, sha256, parts: [] }
        await sendParts(bucket, [{ upload, path }], signal)
        await patiently(signal, () => bucket.complete(key, uploadId, upload.parts, { signal }))
      } catch (error) {
        await bucket.abort(key, uploadId).catch(() => {})
        throw error
      }
    },
    async sweep(limits) {
      const parts = []
      for await (const { key, bytes, modifiedAt } of bucket.list(FOLDER)) {
        parts.push({ name: key, bytes, modifiedMs: modifiedAt.getTime() })
      }
      await bucket.remove(overLimits(parts, limits).map(({ name }) => name))
    },
  }
}

/** Gives the hash of what it wrote, in hex. */
async function write(body: AsyncIterable<unknown>, path: string): Promise<string> {
  const hash = createHash('sha256')
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const chunk of chunksOf(body)) {
      hash.update(chunk)
      await file.writeFile(chunk)
    }
  } finally {
    await file.close()
  }
  return hash.digest('hex')
}

/** What breaks off is the bucket's fault, not the disk's. */
async function* chunksOf(body: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk as Uint8Array
  } catch (error) {
    throw bucketError(error)
  }
}
