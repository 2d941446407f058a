import { expect, it } from 'vitest'
import { Newest } from '../../../src/ffmpeg/newest.js'

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = []
  for await (const value of source) values.push(value)
  return values
}

it('skips what was replaced before the reader took it', async () => {
  const newest = new Newest<number>()
  newest.publish(1)
  newest.publish(2)
  const reader = newest[Symbol.asyncIterator]()
  expect(await reader.next()).toEqual({ done: false, value: 2 })
  for (const value of [3, 4, 5]) newest.publish(value)
  newest.close()
  expect(await reader.next()).toEqual({ done: false, value: 5 })
  expect((await reader.next()).done).toBe(true)
})

it('gives every reader what comes while it waits', async () => {
  const newest = new Newest<number>()
  const readers = [collect(newest), collect(newest)]
  for (const value of [1, 2, 3]) {
    newest.publish(value)
    await new Promise(setImmediate)
  }
  newest.close()
  expect(await Promise.all(readers)).toEqual([
    [1, 2, 3],
    [1, 2, 3],
  ])
})

it('ends a reader that comes late, after the last value', async () => {
  const newest = new Newest<number>()
  newest.publish(1)
  newest.close()
  expect(await collect(newest)).toEqual([1])
  const empty = new Newest<number>()
  empty.close()
  expect(await collect(empty)).toEqual([])
})

it('lets a reader leave', async () => {
  const newest = new Newest<number>()
  newest.publish(1)
  for await (const value of newest) {
    expect(value).toBe(1)
    break
  }
  newest.publish(2)
  newest.close()
  expect(await collect(newest)).toEqual([2])
})
