import type { Upload } from '../../contract/index.js'
import type { UploadRecord } from '../../queue/index.js'
import type { Metadata } from './options.js'

/** What the protocol keeps of an upload. */
export type UploadFile = { size?: number; metadata?: Metadata }

export function uploadOf(record: UploadRecord, receivedBytes: number, keepMs: number): Upload {
  const { size, metadata } = record.file as UploadFile
  const { id, createdMs, completedMs } = record
  const keep = metadata?.keep === 'true'
  const isWhole = completedMs !== null
  return {
    id,
    state: isWhole ? 'completed' : 'open',
    filename: metadata?.filename ?? null,
    bytes: size ?? null,
    receivedBytes,
    keep,
    createdAt: iso(createdMs),
    completedAt: isWhole ? iso(completedMs) : null,
    expiresAt: keep && isWhole ? null : iso((completedMs ?? createdMs) + keepMs),
  }
}

const iso = (ms: number) => new Date(ms).toISOString()
