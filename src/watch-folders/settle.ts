/** What a look at a file comes to. Pure: the clock and all that was found are passed in. */
import type { WatchState } from '../contract/index.js'
import type { FileRecord } from '../queue/index.js'
import type { Claim } from './claims.js'

/** A regular file as it is now. */
export type SeenFile = { bytes: number; modifiedMs: number; inode: number; isLink: boolean }

/** `record`: that is to be known of it. `take`: as far as size and time of change tell, it is whole. Null: nothing new. */
export type Step = { record: FileRecord } | { take: FileRecord } | null

const PENDING: ReadonlySet<WatchState> = new Set(['settling', 'being-written', 'waiting'])
export const DEFAULT_SETTLE_MS = 3_000

/** Whether something is still to become of it. */
export function isPending({ state }: Pick<FileRecord, 'state'>): boolean {
  return PENDING.has(state)
}

export function identityOf({ inode, bytes, modifiedMs }: SeenFile): string {
  return `${inode}:${bytes}:${modifiedMs}`
}

/**
 * A file that is new, or has changed, has to stay as it is for `settleMs`. What has had its job, or was refused one, has had it
 * whatever becomes of the rules, until it changes. The inode does not count: some network file systems make up another one
 * at each mount.
 */
export function stepOf(former: FileRecord | null, seen: SeenFile, claim: Claim, nowMs: number): Step {
  const isSame = former !== null && former.bytes === seen.bytes && former.modifiedMs === seen.modifiedMs
  const ignored = seen.isLink ? 'It is a link; put the file itself here.' : 'ignored' in claim ? claim.ignored : null
  if (isSame && !isPending(former) && former.state !== 'ignored') return null
  const rule = claim.rule.name
  if (ignored !== null) {
    if (isSame && former.state === 'ignored' && former.reason === ignored && former.rule === rule) return null
    return { record: { ...fresh(seen, rule, nowMs), state: 'ignored', reason: ignored } }
  }
  const alsoTakenBy = 'alsoTakenBy' in claim ? claim.alsoTakenBy : []
  const settleMs = claim.rule.settleMs ?? DEFAULT_SETTLE_MS
  if (!isSame || former.state === 'ignored' || former.rule !== rule) {
    const grows = former !== null && isPending(former) && former.bytes !== seen.bytes
    const reason = grows ? 'It has changed since the last look.' : null
    return { record: { ...fresh(seen, rule, nowMs), alsoTakenBy, reason, dueMs: nowMs + settleMs } }
  }
  return nowMs >= (former.dueMs ?? 0) ? { take: former } : null
}

function fresh(seen: SeenFile, rule: string, nowMs: number): FileRecord {
  return {
    rule,
    state: 'settling',
    reason: null,
    code: null,
    job: null,
    bytes: seen.bytes,
    modifiedMs: seen.modifiedMs,
    sinceMs: nowMs,
    identity: identityOf(seen),
    alsoTakenBy: [],
  }
}
