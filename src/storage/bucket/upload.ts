/** Sending files to a bucket as uploads that are left open: nothing of them is visible. */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { FfleetError } from '../../contract/index.js'
import { inParallel } from '../../in-parallel.js'
import type { Bucket, SentPart } from './bucket.js'
import type { Upload } from './pending.js'

const MIB = 1024 * 1024
/** Least size of a part but the last, but for the 5 MiB that the protocol has: fewer calls. */
const PART_BYTES = 8 * MIB
/** Parts of one file at most; the protocol ends at 10,000. From 640 GiB on a part is larger than all that is kept in memory otherwise. */
const MOST_PARTS = 9_000
const MEMORY_BYTES = 64 * MIB
const MOST_AT_ONCE = 4
/** How long a bucket that does not answer is asked again, from the last time it did. */
const PATIENCE_MS = 5 * 60_000
const LONGEST_PAUSE_MS = 15_000

export type Source = { path: string; upload: Upload }

type Part = { source: Source; number: number; first: number; bytes: number }

/** Sends all parts of all files, several at once, and puts down what the service called them in `upload.parts`. */
export async function sendParts(bucket: Bucket, sources: readonly Source[], signal?: AbortSignal): Promise<void> {
  const parts = sources.flatMap(partsOf)
  const largest = Math.max(...parts.map(({ bytes }) => bytes))
  const atOnce = Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(MEMORY_BYTES / Math.max(1, largest))))
  const sent = await inParallel(parts, atOnce, signal, (part, stop) => sendPart(bucket, part, stop))
  for (const [i, { source }] of parts.entries()) source.upload.parts.push(sent[i]!)
}

function partsOf(source: Source): Part[] {
  const { bytes } = source.upload
  const size = Math.max(PART_BYTES, Math.ceil(bytes / MOST_PARTS / MIB) * MIB)
  // An empty file is one empty part.
  return Array.from({ length: Math.max(1, Math.ceil(bytes / size)) }, (_, i) => {
    return { source, number: i + 1, first: i * size, bytes: Math.min(size, bytes - i * size) }
  })
}

async function sendPart(bucket: Bucket, part: Part, signal: AbortSignal): Promise<SentPart> {
  const { path, upload } = part.source
  const bytes = await readPart(path, part)
  const body = { number: part.number, bytes, sha256: digest('sha256', bytes), md5: digest('md5', bytes) }
  return patiently(signal, () => bucket.sendPart(upload.key, upload.uploadId, body, { signal }))
}

/** Does it again while the bucket does not answer, for some minutes: what was encoded for hours is worth the wait. */
export async function patiently<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS
  for (let pauseMs = 1_000; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await work()
    } catch (error) {
      const isAway = error instanceof FfleetError && error.code === 'BUCKET_UNAVAILABLE'
      if (!isAway || performance.now() + pauseMs > deadline) throw error
      await sleep(pauseMs, null, { signal }).catch(() => signal?.throwIfAborted())
    }
  }
}

function digest(algorithm: 'sha256' | 'md5', bytes: Buffer): string {
  return createHash(algorithm).update(bytes).digest('base64')
}

async function readPart(path: string, { first, bytes }: Part): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const buffer = Buffer.allocUnsafeSlow(bytes)
    if (!(await readFully(file, buffer, first))) {
      throw new FfleetError('OUTPUT_INVALID', 'The output became shorter while it was sent.')
    }
    return buffer
  } finally {
    await file.close()
  }
}

async function readFully(file: FileHandle, buffer: Buffer, position: number): Promise<boolean> {
  for (let read = 0; read < buffer.length; ) {
    const { bytesRead } = await file.read(buffer, read, buffer.length - read, position + read)
    if (bytesRead === 0) return false
    read += bytesRead
  }
  return true
}
