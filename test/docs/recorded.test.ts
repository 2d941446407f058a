/** What the reference shows as recorded is what a fleet says today. */
import { expect, it } from 'vitest'
import { readRecorded } from '../../docs/reference/generate/recorded.js'
import { recordExamples } from './record-examples.js'

/** Fields and kinds of values, without the values, as far as two of them can be compared: null may be anything. */
function shapeOf(value: unknown, other: unknown): unknown {
  if (value === null || other === null) return 'null or something'
  if (Array.isArray(value)) {
    const [[one], [another]] = [value, Array.isArray(other) ? other : []]
    return one === undefined || another === undefined ? 'a list, perhaps empty' : [shapeOf(one, another)]
  }
  if (typeof value !== 'object') return typeof value
  const fields = Object.entries(value).map(([name, field]) => {
    return [name, shapeOf(field, (other as Record<string, unknown> | undefined)?.[name] ?? null)]
  })
  return Object.fromEntries(fields)
}

it('has the same fields as when it was recorded', async () => {
  const [now, then] = [await recordExamples(), readRecorded()]
  expect(now.events.map(({ type }) => type).sort()).toEqual(then.events.map(({ type }) => type).sort())
  for (const event of now.events) {
    const former = then.events.find(({ type }) => type === event.type)
    expect(shapeOf(event, former), event.type).toEqual(shapeOf(former, event))
  }
  for (const name of ['job', 'report', 'problem', 'worker', 'queue'] as const) {
    expect(shapeOf(now[name], then[name]), name).toEqual(shapeOf(then[name], now[name]))
  }
}, 120_000)
