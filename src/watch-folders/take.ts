/** From a file that is whole to its job, or to why there is none. */
import { FfleetApiError, type FfleetClient } from '../client/index.js'
import type { WatchRule } from '../contract/index.js'
import type { FileRecord } from '../queue/index.js'
import { type Gate, passes } from './gate.js'
import { idempotencyKeyOf, type Presets, requestOf } from './request.js'
import { DEFAULT_SETTLE_MS } from './settle.js'
import { skipReason } from './skip.js'

export type Taking = {
  client: Pick<FfleetClient, 'submit' | 'dryRun'>
  presets: Presets
  gate: Gate
  signal: AbortSignal
}

/** A file system of the network may show a new file elsewhere only after a minute or so. */
const MAY_APPEAR_MS = 5 * 60_000
/** How long until somebody who looks at inputs is asked for again. */
const NO_WORKER_MS = 10_000

/** What is to be known of the file afterwards. Throws what only abortion throws. */
export async function take(
  rule: WatchRule,
  path: string,
  record: FileRecord,
  { client, presets, gate, signal }: Taking,
): Promise<FileRecord> {
  const nowMs = Date.now()
  const opensMs = gate.opensMs(nowMs)
  if (opensMs > 0) return waiting(record, gate.reason, opensMs)
  const request = requestOf(rule, { ...record, path }, presets)
  try {
    if (rule.skipIf) {
      const { plan, refusal } = await client.dryRun(request, { signal })
      // What is refused by its job is that of the job to tell.
      if (plan === null && refusal === null) {
        return waiting(record, 'No worker has looked at it yet, for `skipIf`.', nowMs + NO_WORKER_MS)
      }
      const reason = plan && skipReason(rule.skipIf, plan.probe)
      if (reason !== null) return ended(record, 'skipped', reason)
    }
    const idempotencyKey = idempotencyKeyOf(rule, { ...record, path })
    const job = await client.submit(request, { idempotencyKey, signal })
    gate.opened()
    return { ...ended(record, 'submitted', null), job: job.id }
  } catch (error) {
    signal.throwIfAborted()
    if (passes(error)) {
      gate.refused(error, nowMs)
      return waiting(record, gate.reason, gate.opensMs(nowMs))
    }
    if (!(error instanceof FfleetApiError)) throw error
    return refused(rule, record, error, nowMs)
  }
}

function refused(rule: WatchRule, record: FileRecord, error: FfleetApiError, nowMs: number): FileRecord {
  const waitedMs = record.state === 'waiting' ? nowMs - record.sinceMs : 0
  switch (error.code) {
    case 'INPUT_NOT_FOUND':
      if (waitedMs > MAY_APPEAR_MS) break
      return waiting(record, 'The API does not see it yet.', nowMs + (rule.settleMs ?? DEFAULT_SETTLE_MS))
    case 'NOT_FOUND':
      return ended(record, 'skipped', 'A job was made of it, and has been removed since.')
    case 'IDEMPOTENCY_KEY_REUSED':
      return ended(record, 'skipped', 'A job was made of it before the rule was changed.')
  }
  const detail = [error.detail || error.title, error.hint].filter(Boolean).join(' ')
  return { ...ended(record, 'failed', detail), code: error.code }
}

function waiting(record: FileRecord, reason: string | null, dueMs: number): FileRecord {
  const sinceMs = record.state === 'waiting' ? record.sinceMs : Date.now()
  return { ...record, state: 'waiting', reason, sinceMs, dueMs }
}

function ended(
  { dueMs: _, ...record }: FileRecord,
  state: 'skipped' | 'submitted' | 'failed',
  reason: string | null,
): FileRecord {
  return { ...record, state, reason, sinceMs: Date.now() }
}
