/** Whether an output is encoded in parts, as an option. */
import type { Split } from '../../contract/split.js'
import { UsageError } from '../exit.js'

export type SplitChoice = { split?: Split }

export const SPLIT_OPTION = {
  split: {
    type: 'string',
    valueHint: 'HOW',
    description: 'Encode it in parts that are kept: auto, never (the default), or seconds of each, such as 20',
  },
} as const

/** @throws UsageError where the text is none of it. */
export function splitOf(text: string): SplitChoice {
  if (text === 'auto' || text === 'never') return { split: text }
  const segmentMs = /^\d{1,4}(\.\d{1,3})?$/.test(text) ? Math.round(Number(text) * 1_000) : 0
  if (segmentMs >= 1_000 && segmentMs <= 3_600_000) return { split: { segmentMs } }
  throw new UsageError(`--split takes auto, never, or seconds from 1 to 3600, not "${text}".`)
}
