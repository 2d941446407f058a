import { decodeTime } from 'ulid'
import type { ApiLog } from '../types.js'
import { removeSent } from './direct.js'
import type { OpenTus, UploadOptions } from './options.js'
import type { UploadFile } from './view.js'

const EVERY_MS = 60_000
const UNKNOWN_MS = 60 * 60_000

/**
 * Removes uploads that nobody needs any more: those that were left before they were whole, those that no job has named, and those whose
 * jobs have completed. What a failed job read stays as long as an unused one, since it may be retried. Every API may do so.
 */
export function sweepUploads(options: UploadOptions, tus: OpenTus, log: ApiLog): { stop(): void } {
  const timer = setInterval(() => {
    sweepOnce(options, tus).catch((error) => log.warn({ err: error }, 'uploads were not looked through'))
  }, EVERY_MS)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}

export async function sweepOnce(
  { queue, storage, keepMs }: UploadOptions,
  tus: OpenTus,
  nowMs = Date.now(),
): Promise<void> {
  for (const id of await queue.uploads.ids()) {
    const record = await queue.uploads.get(id)
    if (record === null) continue
    const isWhole = record.completedMs !== null
    const isOld = nowMs - (record.completedMs ?? record.createdMs) > keepMs
    const fates = await queue.uploads.uses(id)
    const isUsed = fates.length > 0 && fates.every((fate) => fate === 'completed' || fate === 'removed')
    const { metadata, direct } = record.file as UploadFile
    const isOver = isWhole ? metadata?.keep !== 'true' && (isOld || isUsed) : isOld
    if (!isOver) {
      // Whoever writes to it now finishes it; a minute later nobody does.
      if (!isWhole && direct === undefined && nowMs - record.createdMs > EVERY_MS) await (await tus()).finishLeft(id)
    } else if (await queue.uploads.remove(id, { unlessUsed: isWhole })) {
      await removeSent({ storage }, record)
    }
  }
  await removeUnknown({ queue, storage }, nowMs)
}

/** Files whose record is gone: Redis was emptied, or somebody died between the two. One that begins just now has its file before its record. */
async function removeUnknown({ queue, storage }: Pick<UploadOptions, 'queue' | 'storage'>, nowMs: number) {
  const { direct } = storage.uploads
  const [files, sent] = await Promise.all([storage.uploads.ids(), direct?.ids() ?? []])
  const known = new Set(await queue.uploads.ids())
  const isUnknown = (id: string) => !known.has(id) && nowMs - decodeTime(id) > UNKNOWN_MS
  for (const id of files.filter(isUnknown)) await storage.uploads.remove(id)
  for (const id of sent.filter(isUnknown)) await direct!.remove(id, null)
}
