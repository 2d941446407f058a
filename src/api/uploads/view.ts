import type { Upload } from '../../contract/index.js'
import { MAX_NAME_LENGTH } from '../../contract/upload.js'
import type { UploadRecord } from '../../queue/index.js'
import type { Metadata } from './options.js'

/** What is kept of an upload. */
export type UploadFile = {
  size?: number
  metadata?: Metadata
  /** It goes straight to the bucket, as this upload there. */
  direct?: { uploadId: string }
}

/** Nothing of a folder, or that no terminal and no command takes; null where nothing is left, or was told. */
export function nameOf({ metadata }: UploadFile): string | null {
  const name = (metadata?.filename ?? '')
    .replaceAll(/\p{Cc}/gu, '')
    .split(/[/\\]/)
    .at(-1)!
  return [...name].slice(0, MAX_NAME_LENGTH).join('') || null
}

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
