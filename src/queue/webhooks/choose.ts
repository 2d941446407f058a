import type { JobEvent } from '../../contract/index.js'
import type { Entry } from '../types.js'
import type { HookState } from './record.js'

export type Choice =
  /** To be sent now. */
  | { kind: 'send'; entry: Entry<JobEvent> }
  /** It is its turn, but not yet. */
  | { kind: 'wait'; entry: Entry<JobEvent>; waitMs: number }
  /** Nothing is subscribed of what there is, up to `cursor`. */
  | { kind: 'nothing'; cursor: string | undefined }

/**
 * What is sent next, of the events behind the cursor. In the order of the log, one at a time; of progress the newest, no sooner
 * than its interval allows, and none once something else has happened: that says more.
 */
export function choose(
  entries: readonly Entry<JobEvent>[],
  state: Pick<HookState, 'types' | 'cursor' | 'retryAtMs' | 'nextProgressAtMs'>,
  nowMs: number,
): Choice {
  const wanted = entries.filter(({ type }) => state.types.has(type))
  const entry = wanted.find(({ type }) => type !== 'progress') ?? wanted.at(-1)
  if (entry === undefined) return { kind: 'nothing', cursor: entries.at(-1)?.id ?? state.cursor }
  const atMs = entry.type === 'progress' ? state.nextProgressAtMs : state.retryAtMs
  return atMs > nowMs ? { kind: 'wait', entry, waitMs: atMs - nowMs } : { kind: 'send', entry }
}
