import type { OutputPlayableEvent } from '../../contract/index.js'
import { addressOf } from './job-end.js'

/** How long it took until an output could be played, and where. `server`: null where the one that has it goes with the command. */
export function playableText({ output, playable }: OutputPlayableEvent, server: string | null): string {
  if (playable === null) return `output ${output} cannot be played early any more`
  const address = addressOf(server, playable.href)
  const seconds = (playable.afterMs / 1_000).toFixed(1)
  return `output ${output} can be played, ${seconds} s after the attempt began${address === null ? '' : `: ${address}`}`
}
