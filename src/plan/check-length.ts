import { FfleetError } from '../contract/index.js'
import type { PlanInput } from './types.js'

/** Throws `DURATION_TOO_LONG`; `what` begins its detail: `The input`. */
export function checkLength(what: string, durationUs: number | null, limits: PlanInput['limits']): void {
  if (!limits?.maxDurationMs || durationUs === null || durationUs <= limits.maxDurationMs * 1_000) return
  const detail = `${what} runs for ${Math.round(durationUs / 1_000)} ms; at most ${limits.maxDurationMs} are accepted.`
  throw new FfleetError('DURATION_TOO_LONG', detail)
}
