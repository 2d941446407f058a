import { useEffect, useState } from 'preact/hooks'
import type { QueueHistory } from '../../contract/index.js'
import { client, serverNow } from '../live/server.js'
import { localTime, number } from '../words/figures.js'
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

/** Outcomes over time: a bar a minute. */
export function OutcomesChart({ history }: { history: QueueHistory | null }) {
  const w = words.value
  if (history === null) return null
  const { items } = history
  const failedOf = (item: QueueHistory['items'][number]) => Object.values(item.failed).reduce((sum, n) => sum + n, 0)
  const most = Math.max(1, ...items.map((item) => item.completed + item.cancelled + failedOf(item)))
  const codes = new Map<string, number>()
  for (const { failed } of items) {
    for (const [code, n] of Object.entries(failed)) codes.set(code, (codes.get(code) ?? 0) + n)
  }
  const total = (name: 'completed' | 'cancelled') => items.reduce((sum, item) => sum + item[name], 0)
  return (
    <section class="sheet">
      <h2>{w.outcomesHour}</h2>
      <svg
        class="outcomes-chart"
        viewBox={`0 0 ${items.length * 10} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={w.outcomesHour}
      >
        {items.map((item, i) => {
          const parts = [
            ['completed', item.completed],
            ['cancelled', item.cancelled],
            ['failed', failedOf(item)],
          ] as const
          let top = HEIGHT
          return (
            <g key={item.at}>
              <title>
                {`${localTime(item.at, serverNow())}: ${parts.map(([state, n]) => `${w.states[state]} ${n}`).join(', ')}`}
              </title>
              <rect x={i * 10} y={0} width={10} height={HEIGHT} class="hover" />
              {parts.map(([state, n]) => {
                const height = (n / most) * (HEIGHT - 2)
                top -= height
                return n === 0 ? null : (
                  <rect key={state} x={i * 10 + 1} y={top} width={8} height={height} data-state={state} />
                )
              })}
            </g>
          )
        })}
      </svg>
      <ul class="legend">
        <li data-state="completed">
          {w.states.completed} <strong class="figure">{number(total('completed'))}</strong>
        </li>
        <li data-state="cancelled">
          {w.states.cancelled} <strong class="figure">{number(total('cancelled'))}</strong>
        </li>
        {[...codes].map(([code, n]) => (
          <li key={code} data-state="failed">
            <span class="mono">{code}</span> <strong class="figure">{number(n)}</strong>
          </li>
        ))}
      </ul>
    </section>
  )
}
