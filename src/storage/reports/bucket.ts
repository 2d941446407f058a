/**
 * Reports in a bucket. Nothing there can be appended to, so each part of a file that is sent is an object,
 * `<job>/attempt-<n>.log.<offset>`, and the file is what they hold together.
 */
import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { Bucket } from '../bucket/bucket.js'
import { safeJobId } from '../names.js'
import { type OpenedAsItIs, readBytes } from '../open-as-it-is.js'
import { readReports } from './read.js'
import { openSentReports } from './sent.js'
import type { ReportFile, ReportStore } from './store.js'

const LOG_EVERY_MS = 15_000
/** Of one object. A file that is not larger is one in the end. */
const PART_BYTES = 8 * 1024 * 1024
const OFFSET_DIGITS = 15

/** Bytes of a file from an offset on, in an object. */
type Part = { key: string; from: number; to: number }

const nameOf = ({ jobId, attempt, kind }: ReportFile) => `${safeJobId(jobId)}/attempt-${attempt}.${kind}.`
const keyOf = (file: ReportFile, from: number) => `${nameOf(file)}${String(from).padStart(OFFSET_DIGITS, '0')}`

/** `folder`: of this machine, where reports grow and wait. */
export function openBucketReports(bucket: Bucket, folder: string): ReportStore {
  /** In the order of the file. Two may hold the same bytes, where one that was sent again reached further. */
  async function partsOf(file: ReportFile): Promise<Part[]> {
    const parts: Part[] = []
    let end = 0
    for await (const { key, bytes } of bucket.list(nameOf(file))) {
      const from = Number(key.slice(nameOf(file).length))
      if (!(from <= end)) break
      if (from + bytes > end || parts.length === 0) parts.push({ key, from, to: from + bytes })
      end = Math.max(end, from + bytes)
    }
    return parts
  }

  async function send(file: ReportFile, path: string, bytes: number, last: boolean): Promise<void> {
    const there = await partsOf(file)
    let from = there.at(-1)?.to ?? 0
    const handle = await open(path, 'r')
    try {
      if (last && there.length > 0 && bytes <= PART_BYTES && !(there.length === 1 && from >= bytes)) {
        // All as the first one: until the others are gone it is read in place of them.
        await bucket.put(keyOf(file, 0), await readBytes(handle, 0, bytes))
        await bucket.remove(there.flatMap(({ key, from }) => (from > 0 ? key : [])))
        return
      }
      if (there.length === 0 && bytes === 0) await bucket.put(keyOf(file, 0), Buffer.alloc(0))
      for (; from < bytes; from += PART_BYTES) {
        await bucket.put(keyOf(file, from), await readBytes(handle, from, Math.min(bytes, from + PART_BYTES)))
      }
    } finally {
      await handle.close()
    }
  }

  async function remove(jobId: string): Promise<void> {
    const keys: string[] = []
    for await (const { key } of bucket.list(`${safeJobId(jobId)}/`)) keys.push(key)
    await bucket.remove(keys)
  }

  const reader = readReports({
    async attempts(jobId, kind) {
      const pattern = new RegExp(`/attempt-(\\d+)\\.${kind}\\.\\d+$`)
      const found = new Set<number>()
      for await (const { key } of bucket.list(`${safeJobId(jobId)}/`)) {
        const [, attempt] = pattern.exec(key) ?? []
        if (attempt !== undefined) found.add(Number(attempt))
      }
      return [...found]
    },
    async open(file) {
      const parts = await partsOf(file)
      return parts.length === 0 ? null : opened(bucket, parts)
    },
    async list() {
      const jobs: string[] = []
      for (let token: string | null = null, more = true; more; more = token !== null) {
        const page: Awaited<ReturnType<Bucket['listFolder']>> = await bucket.listFolder('', { limit: 1_000, token })
        jobs.push(...page.folders.map((name) => name.slice(0, -1)))
        token = page.token
      }
      return jobs.sort()
    },
  })
  return { ...reader, ...openSentReports(folder, { everyMs: LOG_EVERY_MS, send, remove }) }
}

function opened(bucket: Bucket, parts: readonly Part[]): OpenedAsItIs {
  async function* read(from: number, to: number): AsyncGenerator<Buffer> {
    let at = from
    for (const part of parts) {
      const end = Math.min(part.to, to)
      if (at >= end || at < part.from) continue
      const range = { first: at - part.from, last: end - 1 - part.from }
      // One that is gone was packed into the first, or went with its job.
      const body =
        (await bucket.read(part.key, { range })) ??
        (await bucket.read(parts[0]!.key, { range: { first: at, last: end - 1 } }))
      if (body === null) return
      for await (const chunk of body) yield chunk as Buffer
      at = end
    }
  }
  const size = parts.at(-1)!.to
  return {
    size,
    read: (from, to) => buffer(Readable.from(read(from, to))),
    stream: () => Readable.from(read(0, size), { objectMode: false }),
    close: async () => {},
  }
}
