import { connection } from '../live/fleet-stream.js'
import { isAway } from '../live/queue.js'
import { duration } from '../words/figures.js'
import { words } from '../words/texts.js'
import { tick } from './ticks.js'

/** What is shown is not live: since when, and that it is tried again. A blink of the connection is no news. */
export function ConnectionNotice() {
  const { value } = connection
  if (value.state !== 'lost') {
    return isAway.value ? (
      <p class="notice bad" role="status">
        {words.value.queueAway}
      </p>
    ) : null
  }
  void tick.value
  const lostMs = Date.now() - value.sinceMs
  if (lostMs < 1_000) return null
  return (
    <p class="notice bad" role="status">
      <span aria-hidden="true">{words.value.connectionLost(duration(Math.floor(lostMs / 1000) * 1000))}</span>
      <span class="unseen">{words.value.notLive}</span>
    </p>
  )
}
