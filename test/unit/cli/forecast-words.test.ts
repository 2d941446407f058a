import { expect, test } from 'vitest'
import { forecastWords } from '../../../src/cli/render/forecast-words.js'

const NOW = Date.UTC(2026, 0, 1)
const words = (startS: number, earliestS: number, latestS: number) => {
  const at = (s: number) => new Date(NOW + 1_000 * s).toISOString()
  const times = { startsAt: at(startS), endsAt: at(latestS), earliest: at(earliestS), latest: at(latestS) }
  return forecastWords({ ...times, basis: 'history' }, NOW)
}

test.each([
  [120, 300, 480, 'starts in about 2 min, ends in 5 to 8 min'],
  [-30, 20, 100, 'ends in 20 s to 2 min'],
  [-30, 290, 310, 'ends in about 5 min'],
  [2, 4, 12, 'ends in 4 to 12 s'],
  [7_200, 7_500, 180_000, 'starts in about 2.0 h, ends in 2.1 h to 2 days'],
  [-9, -5, -1, 'ends in about 1 s'],
])('a start in %i s, an end in %i to %i s: %s', (start, earliest, latest, text) => {
  expect(words(start, earliest, latest)).toBe(text)
})
