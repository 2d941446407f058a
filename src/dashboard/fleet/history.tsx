import { useEffect, useState } from 'preact/hooks'
import type { QueueHistory } from '../../contract/index.js'
import { client, serverNow } from '../live/server.js'
import { Link } from '../shell/link.js'
import { localTime, number, speed } from '../words/figures.js'
import { words } from '../words/texts.js'

const EVERY_MS = 15_000

/** How jobs ended in the last hour, minute by minute; null until it is known. */
export function useHistory(): QueueHistory | null {
  const [history, setHistory] = useState<QueueHistory | null>(null)
  useEffect(() => {
    const stop = new AbortController()
    const read = () =>
      client.queueHistory({ minutes: 60 }, { signal: stop.signal }).then(setHistory, () => {
        // What was known stays; the page says when the connection is lost.
      })
    void read()
    const timer = setInterval(() => document.hidden || void read(), EVERY_MS)
    return () => {
      stop.abort()
      clearInterval(timer)
    }
  }, [])
  return history
}

const HEIGHT = 80

type Item = QueueHistory['items'][number]
type Part = { state: 'completed' | 'cancelled' | 'failed' | 'active'; value: number }

/** A bar a minute, oldest first. */
function MinuteBars(props: { items: Item[]; label: string; partsOf(item: Item): Part[]; titleOf(item: Item): string }) {
  const { items, label, partsOf, titleOf } = props
  const sumOf = (item: Item) => partsOf(item).reduce((sum, { value }) => sum + value, 0)
  const most = Math.max(...items.map(sumOf)) || 1
  return (
    <svg
      class="minute-bars"
      viewBox={`0 0 ${items.length * 10} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {items.map((item, i) => {
        let top = HEIGHT
        return (
          <g key={item.at}>
            <title>{`${localTime(item.at, serverNow())}: ${titleOf(item)}`}</title>
            <rect x={i * 10} y={0} width={10} height={HEIGHT} class="hover" />
            {partsOf(item).map(({ state, value }) => {
              const height = (value / most) * (HEIGHT - 2)
              top -= height
              return value === 0 ? null : (
                <rect key={state} x={i * 10 + 1} y={top} width={8} height={height} data-state={state} />
              )
            })}
          </g>
        )
      })}
    </svg>
  )
}

/** Seconds of media made a second, minute by minute; those of a job count when it completes. */
export function MediaChart({ history }: { history: QueueHistory | null }) {
  const w = words.value
  if (history === null) return null
  const { items, bucketMs } = history
  const most = Math.max(...items.map(({ mediaMs }) => mediaMs))
  return (
    <section class="sheet">
      <h2>
        {w.mediaChart} <span class="quiet">· {w.atMost(speed(most / bucketMs))}</span>
      </h2>
      <MinuteBars
        items={items}
        label={w.mediaChart}
        partsOf={({ mediaMs }) => [{ state: 'active', value: mediaMs }]}
        titleOf={({ mediaMs }) => speed(mediaMs / bucketMs)}
      />
    </section>
  )
}

/** Outcomes over time. */
export function OutcomesChart({ history }: { history: QueueHistory | null }) {
  const w = words.value
  if (history === null) return null
  const { items } = history
  const codes = new Map<string, number>()
  for (const { failed } of items) {
    for (const [code, n] of Object.entries(failed)) codes.set(code, (codes.get(code) ?? 0) + n)
  }
  const total = (name: 'completed' | 'cancelled') => items.reduce((sum, item) => sum + item[name], 0)
  return (
    <section class="sheet">
      <h2>{w.outcomesHour}</h2>
      <MinuteBars
        items={items}
        label={w.outcomesHour}
        partsOf={({ completed, cancelled, failed }) => [
          { state: 'completed', value: completed },
          { state: 'cancelled', value: cancelled },
          { state: 'failed', value: Object.values(failed).reduce((sum, n) => sum + n, 0) },
        ]}
        titleOf={({ completed, cancelled, failed }) =>
          [[w.states.completed, completed], [w.states.cancelled, cancelled], ...Object.entries(failed)]
            .map(([name, n]) => `${name} ${n}`)
            .join(', ')
        }
      />
      <ul class="legend">
        <li data-state="completed">
          {w.states.completed} <strong class="figure">{number(total('completed'))}</strong>
        </li>
        <li data-state="cancelled">
          {w.states.cancelled} <strong class="figure">{number(total('cancelled'))}</strong>
        </li>
        {[...codes].map(([code, n]) => (
          <li key={code} data-state="failed">
            <Link to={`/?state=failed&code=${code}`} class="mono">
              {code}
            </Link>{' '}
            <strong class="figure">{number(n)}</strong>
          </li>
        ))}
      </ul>
    </section>
  )
}
