import { newestSlot, type Timing } from './slots.js'

/** A slot that nobody has taken for so long counts as missed. */
export const LATE_MS = 60_000

/** What a tick is for: a slot to run, or slots that were missed. */
export type Due =
  /** `fromMs`: slots from this one on were missed before it. */
  | { kind: 'run'; slotMs: number; trigger: 'slot' | 'catchUp'; fromMs: number }
  | { kind: 'missed'; slotMs: number; fromMs: number }

/**
 * What to do about a slot that is delivered at `nowMs`. After an outage BullMQ delivers the first one that was missed, and
 * the next one after now: whatever lies in between is decided here.
 */
export function dueAt(
  timing: Timing,
  { slotMs, nowMs, catchUp, lateMs }: { slotMs: number; nowMs: number; catchUp: 'none' | 'one'; lateMs: number },
): Due {
  if (nowMs - slotMs <= lateMs) return { kind: 'run', slotMs, trigger: 'slot', fromMs: slotMs }
  const newestMs = newestSlot(timing, slotMs, nowMs)
  const newest = { slotMs: newestMs, fromMs: slotMs }
  if (nowMs - newestMs <= lateMs) return { kind: 'run', trigger: 'slot', ...newest }
  return catchUp === 'one' ? { kind: 'run', trigger: 'catchUp', ...newest } : { kind: 'missed', ...newest }
}
