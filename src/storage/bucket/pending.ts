/**
 * What is being uploaded, as it stands in the bucket itself: `.ffleet/uploads/<job>/<attempt>/<id>.json`. Written before the first
 * part is sent, so that whoever comes after a crash finds what to take back, and again with all parts, so that any host can
 * complete it.
 */
import { randomUUID } from 'node:crypto'
import { statusOf } from '../../s3/index.js'
import { SCRATCH_FOLDER, safeJobId } from '../names.js'
import type { Destination, PendingOutputs } from '../output-store.js'
import type { Bucket, OpenUpload, SentPart } from './bucket.js'

/** One file on its way. */
export type Upload = {
  /** Relative to the root. */
  key: string
  uploadId: string
  bytes: number
  /** Hex. */
  sha256: string
  /** Empty until all are there. */
  parts: SentPart[]
}

const FOLDER = `${SCRATCH_FOLDER}/uploads/`

export function newRecord({ jobId, attempt }: Destination): string {
  return `${safeJobId(jobId)}/${attempt}/${randomUUID()}`
}

export async function writeRecord(bucket: Bucket, id: string, uploads: readonly Upload[]): Promise<void> {
  await bucket.put(keyOf(id), JSON.stringify({ uploads }))
}

/** Null where it is not there any more. */
export async function readRecord(bucket: Bucket, id: string): Promise<Upload[] | null> {
  const text = await bucket.readText(keyOf(id))
  return text === null ? null : (JSON.parse(text) as { uploads: Upload[] }).uploads
}

export async function removeRecord(bucket: Bucket, id: string): Promise<void> {
  await bucket.remove([keyOf(id)])
}

/** Takes the uploads of a record back, then the record. Those that were completed or taken back before are let pass. */
export async function abandon(bucket: Bucket, id: string): Promise<void> {
  await takeBack(bucket, id, (await readRecord(bucket, id)) ?? [])
}

/** The same, of a record whose uploads are known. */
export async function takeBack(bucket: Bucket, id: string, uploads: readonly Upload[]): Promise<void> {
  for (const { key, uploadId } of uploads) await bucket.abort(key, uploadId)
  await removeRecord(bucket, id)
}

/** The records of one job, or of all. */
export async function listRecords(bucket: Bucket, jobId = ''): Promise<(PendingOutputs & { id: string })[]> {
  const found: (PendingOutputs & { id: string })[] = []
  for await (const { key, modifiedAt } of bucket.list(jobId === '' ? FOLDER : `${FOLDER}${safeJobId(jobId)}/`)) {
    const id = key.slice(FOLDER.length).replace(/\.json$/, '')
    const [job, attempt] = id.split('/')
    if (/^\d+$/.test(attempt ?? ''))
      found.push({ id, jobId: job!, attempt: Number(attempt), modifiedMs: modifiedAt.getTime() })
  }
  return found
}

/** From when on an upload that no record names is nobody's; what is begun has its record minutes later. */
const UNRECORDED_MS = 7 * 24 * 60 * 60 * 1000

/**
 * Takes back what was begun below the prefix a week ago or earlier and stands in no record: its worker died in between, its answer was
 * lost, or somebody removed the record. A service that does not list uploads, or not to us, has its own rules for them.
 */
export async function abortUnrecorded(bucket: Bucket, nowMs: number): Promise<void> {
  const old: OpenUpload[] = []
  try {
    for await (const upload of bucket.listUploads()) {
      if (nowMs - upload.begunAt.getTime() > UNRECORDED_MS) old.push(upload)
    }
  } catch (error) {
    if (cannotList(error)) return
    throw error
  }
  if (old.length === 0) return
  const recorded = new Set<string>()
  for (const { id } of await listRecords(bucket)) {
    for (const { uploadId } of (await readRecord(bucket, id)) ?? []) recorded.add(uploadId)
  }
  for (const { key, uploadId } of old) if (!recorded.has(uploadId)) await bucket.abort(key, uploadId)
}

function cannotList(error: unknown): boolean {
  return [403, 404, 405, 501].includes(statusOf((error as Error).cause) ?? 0)
}

function keyOf(id: string): string {
  return `${FOLDER}${id}.json`
}
