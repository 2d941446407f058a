import { expect, test } from 'vitest'
import { FetchProgress } from '../../../src/progress/index.js'

test('a fetch is the first tenth of the percent, and its pace tells the rest', () => {
  const progress = new FetchProgress()
  expect(progress.push(0, 1_000, 0)).toMatchObject({ percent: 0, basis: 'bytes', etaMs: null })
  expect(progress.push(500, 1_000, 2_000)).toEqual({
    percent: 5,
    basis: 'bytes',
    // 2 s of it, and nine times the 4 s that all of it takes.
    etaMs: 38_000,
    fetchedBytes: 500,
    fetchTotalBytes: 1_000,
  })
  expect(progress.push(1_000, 1_000, 4_000)).toMatchObject({ percent: 10, etaMs: 36_000 })
  expect([null, 0, 50, 99].map((percent) => progress.after(percent))).toEqual([null, 10, 55, 99])
})

test('what is fetched anew takes nothing back', () => {
  const progress = new FetchProgress()
  progress.push(800, 1_000, 0)
  expect(progress.push(100, 1_000, 1_000)).toMatchObject({ percent: 8, fetchedBytes: 100, etaMs: null })
})

test('without a size nothing is known, and the encode has the percent for itself', () => {
  const progress = new FetchProgress()
  expect(progress.push(100, null, 0)).toMatchObject({ percent: null, basis: 'unknown', etaMs: null })
  expect(progress.after(40)).toBe(40)
  expect(new FetchProgress().figures).toEqual({ fetchedBytes: null, fetchTotalBytes: null })
})

test('an encode that goes along with the fetch has a tenth that is not all there yet', () => {
  const progress = new FetchProgress()
  progress.push(500, 1_000, 0)
  expect(progress.after(40)).toBe(41)
  progress.push(1_000, 1_000, 1_000)
  expect(progress.after(40)).toBe(46)
})
