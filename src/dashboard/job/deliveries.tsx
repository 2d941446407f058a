import { useEffect, useState } from 'preact/hooks'
import type { DeliveryLog, Job } from '../../contract/index.js'
import { client } from '../live/server.js'
import { Since } from '../shell/times.js'
import { duration } from '../words/figures.js'
import { words } from '../words/texts.js'

const AGAIN_MS = 5_000
/** Shown before somebody asks for all. */
const FIRST = 5

/** What the webhook of a job was told; nothing for a job without one. */
export function Deliveries({ job }: { job: Job }) {
  const w = words.value
  const log = useDeliveries(job)
  if (log === null || log.url === null) return null
  return (
    <section class="sheet deliveries">
      <h2>{w.webhook}</h2>
      <p class="quiet">
        <bdi class="mono">{log.url}</bdi>
        {log.nextAttemptAt === null ? null : ` · ${w.triedAgain}`}
      </p>
      {log.disabled ? <p class="notice warn">{w.webhookGone}</p> : null}
      {log.items.length === 0 ? <p class="quiet">{w.notToldYet}</p> : null}
      <DeliveryList items={log.items.slice(0, FIRST)} />
      {log.items.length > FIRST ? (
        <details>
          <summary>{w.moreDeliveries(log.items.length - FIRST)}</summary>
          <DeliveryList items={log.items.slice(FIRST)} />
        </details>
      ) : null}
    </section>
  )
}

function DeliveryList({ items }: { items: DeliveryLog['items'] }) {
  const w = words.value
  return (
    <ul class="streams">
      {items.map((item) => (
        <li key={item.id + item.attempt + item.at}>
          <span class="kind" data-outcome={item.outcome}>
            {w.deliveryOutcomes[item.outcome]}
          </span>
          <span>
            {item.type} · {item.status ?? item.error ?? w.unknown} · {duration(item.durationMs)} ·{' '}
            <Since iso={item.at} />
            {item.attempt === 1 ? '' : ` · ${w.attemptNo(item.attempt)}`}
          </span>
        </li>
      ))}
    </ul>
  )
}

/** Read when the job changes, and while something is still to be sent. */
function useDeliveries({ id, state, attempt }: Job): DeliveryLog | null {
  const [log, setLog] = useState<DeliveryLog | null>(null)
  useEffect(() => {
    const stop = new AbortController()
    const { signal } = stop
    let timer: ReturnType<typeof setTimeout>
    const read = async () => {
      const told = document.hidden ? null : await client.deliveries(id, { signal }).catch(() => null)
      if (signal.aborted) return
      if (told !== null) setLog(told)
      if (told === null || told.nextAttemptAt !== null) timer = setTimeout(read, AGAIN_MS)
    }
    void read()
    return () => {
      stop.abort()
      clearTimeout(timer)
    }
  }, [id, state, attempt])
  return log
}
