import { describe, expect, test } from 'vitest'
import { filterOf, isNarrowed } from '../../../src/dashboard/jobs/filter.js'

const of = (text: string) => JSON.parse(JSON.stringify(filterOf(new URLSearchParams(text))))

describe('the filter that an address asks for', () => {
  test('state, preset, code, text and tags', () => {
    expect(of('state=failed&preset=tiny&code=STALLED&text=a%20b&tag.customer=42&tag.a.b=c%3Dd')).toEqual({
      state: 'failed',
      preset: 'tiny',
      code: 'STALLED',
      text: 'a b',
      tags: { customer: '42', 'a.b': 'c=d' },
    })
  })

  test('what is empty, no state or no time is no filter', () => {
    expect(of('state=sleeping&text=&since=soon&order=newest&whatever=1')).toEqual({})
  })

  test('a local time is told as the moment that it is', () => {
    expect(of('since=2026-01-02T03:04:05Z')).toEqual({ since: '2026-01-02T03:04:05.000Z' })
    expect(of('until=2026-01-02T03:04').until).toBe(new Date(2026, 0, 2, 3, 4).toISOString())
  })

  test('a state alone does not narrow the list', () => {
    expect(isNarrowed(filterOf(new URLSearchParams('state=failed')))).toBe(false)
    expect(isNarrowed(filterOf(new URLSearchParams('text=a')))).toBe(true)
  })
})
