import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TimelineRow } from '../../../src/contract/index.js'
import { Timeline } from '../../../src/progress/index.js'

const row = (atMs: number): TimelineRow => [atMs, null, null, null, null, null, null]

function filled(count: number, maxRows?: number): number[] {
  const timeline = new Timeline(maxRows)
  for (let n = 0; n < count; n++) timeline.push(row(n))
  return timeline.rows.map(([atMs]) => atMs)
}

describe('Timeline', () => {
  it('keeps every row while there is room', () => {
    expect(filled(0)).toEqual([])
    expect(filled(1)).toEqual([0])
    expect(filled(999)).toEqual(Array.from({ length: 999 }, (_, n) => n))
  })

  it('keeps at most 1,000 rows of a day, evenly, the first and the newest among them', () => {
    const rows = filled(172_801)
    expect(rows.length).toBeLessThanOrEqual(1_000)
    expect(rows.length).toBeGreaterThan(500)
    expect([rows[0], rows.at(-1)]).toEqual([0, 172_800])
    const gaps = new Set(rows.slice(1, -1).map((atMs, index) => atMs - rows[index]!))
    expect([...gaps]).toEqual([256])
  })

  it('holds its bound at any count', () => {
    fc.assert(
      fc.property(fc.nat(5_000), fc.integer({ min: 2, max: 50 }), (count, maxRows) => {
        const rows = filled(count, maxRows)
        expect(rows.length).toBeLessThanOrEqual(maxRows)
        expect(rows.at(-1)).toBe(count > 0 ? count - 1 : undefined)
        expect(new Set(rows).size).toBe(rows.length)
      }),
    )
  })
})
