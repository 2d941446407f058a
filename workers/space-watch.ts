import { FfleetError } from '../src/contract/index.js'
import type { AttemptContext } from './context.js'

/** How long after one look the next one begins. */
const LOOK_EVERY_MS = 2_000

/**
 * Stops an attempt whose folder takes more of the disk than its outputs may. The kernel limits each file that ffmpeg writes, and
 * not how many there are. Gives what ends the watch.
 */
export function watchSpace(context: AttemptContext, outputs: number): () => void {
  const { storage, jobId, attempt, config } = context
  const most = outputs * config.maxOutputBytes
  let timer: NodeJS.Timeout | null = null
  let ended = false

  async function look(): Promise<void> {
    try {
      const bytes = await storage.scratch.space(jobId, attempt.number, most)
      if (bytes > most) context.stop({ kind: 'limit', error: tooMuch(most) })
    } catch (error) {
      context.log.warn({ err: error }, 'the space that the attempt takes could not be counted')
    }
    lookAgain()
  }
  function lookAgain(): void {
    if (!ended) timer = setTimeout(look, LOOK_EVERY_MS)
  }

  lookAgain()
  return () => {
    ended = true
    if (timer) clearTimeout(timer)
  }
}

function tooMuch(bytes: number): FfleetError {
  return new FfleetError(
    'ENCODER_FAILED',
    `What ffmpeg wrote takes more than the ${bytes} bytes that its outputs may have.`,
  )
}
