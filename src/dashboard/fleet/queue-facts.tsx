import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { QueueHistory } from '../../contract/index.js'
import { queue, readQueue } from '../live/queue.js'
import { client } from '../live/server.js'
import { Confirm } from '../shell/confirm.js'
import { Facts } from '../shell/facts.js'
import { TO_OPERATE, WhyNot, whyNot } from '../shell/permission.js'
import { ForecastText } from '../shell/times.js'
import { duration, number, speed, UNKNOWN } from '../words/figures.js'
import { words } from '../words/texts.js'

/** The whole fleet in one line, and what lies before it. */
export function QueueFacts({ now, history }: { now: number | null; history: QueueHistory | null }) {
  const w = words.value
  const [asked, setAsked] = useState(false)
  const info = queue.value
  const why = whyNot(TO_OPERATE)
  if (info === null) return <p class="quiet">{w.loading}</p>
  const hour = history === null ? null : sumOf(history)
  const facts: [string, ComponentChildren][] = [
    [w.busySlots, `${number(info.counts.active)} / ${number(info.slots)}`],
    [w.waiting, number(info.counts.queued)],
    [w.oldestWait, info.oldestWaitMs === null ? UNKNOWN : duration(info.oldestWaitMs)],
    [w.mediaNow, speed(now)],
    [w.mediaHour, hour === null ? UNKNOWN : speed(hour.mediaMs / hour.ms)],
    [w.endedHour, hour === null ? UNKNOWN : number(hour.ended)],
    ...(info.forecast === null
      ? []
      : [
          [w.allDone, <ForecastText key="forecast" forecast={info.forecast} endOnly />] satisfies [
            string,
            ComponentChildren,
          ],
        ]),
  ]
  const set = async (paused: boolean) => {
    setAsked(false)
    await (paused ? client.pause() : client.resume()).catch(() => {})
    readQueue()
  }
  return (
    <section class="sheet queue">
      <h2>{w.queue}</h2>
      <Facts rows={facts} />
      <div class="actions">
        {info.paused ? (
          <>
            <span class="notice warn">{w.isPaused}</span>
            <button type="button" class="main" disabled={why !== null} onClick={() => void set(false)}>
              {w.resume}
            </button>
          </>
        ) : (
          <button type="button" disabled={why !== null} onClick={() => setAsked(true)}>
            {w.pause}
          </button>
        )}
      </div>
      <WhyNot needed={TO_OPERATE} />
      {asked ? (
        <Confirm question={w.pauseQuestion} yes={w.pause} onYes={() => void set(true)} onNo={() => setAsked(false)} />
      ) : null}
    </section>
  )
}

function sumOf({ items, bucketMs }: QueueHistory) {
  const ended = (item: QueueHistory['items'][number]) =>
    item.completed + item.cancelled + Object.values(item.failed).reduce((sum, n) => sum + n, 0)
  return {
    ms: items.length * bucketMs,
    mediaMs: items.reduce((sum, { mediaMs }) => sum + mediaMs, 0),
    ended: items.reduce((sum, item) => sum + ended(item), 0),
  }
}
