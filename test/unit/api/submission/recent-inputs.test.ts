import { expect, it } from 'vitest'
import { rememberInputs } from '../../../../src/api/submission/recent-inputs.js'
import { FfleetError } from '../../../../src/contract/index.js'

const file = (path: string) => ({ path, bytes: 1, modifiedMs: 0, device: 1, inode: 1 })

it('looks a file up once a second, however many ask', async () => {
  let nowMs = 0
  const looked: string[] = []
  const resolve = rememberInputs(
    async (uri) => {
      looked.push(uri)
      return file(uri)
    },
    () => nowMs,
  )
  await Promise.all([resolve('a'), resolve('a'), resolve('b')])
  nowMs = 999
  expect((await resolve('a')).path).toBe('a')
  expect(looked).toEqual(['a', 'b'])
  nowMs = 1_000
  await resolve('a')
  expect(looked).toEqual(['a', 'b', 'a'])
})

it('looks again at once for what was not there', async () => {
  let there = false
  const resolve = rememberInputs(async (uri) => {
    if (!there) throw new FfleetError('INPUT_NOT_FOUND', uri)
    return file(uri)
  })
  await expect(resolve('a')).rejects.toThrow('a')
  there = true
  expect((await resolve('a')).path).toBe('a')
})

it('remembers a bounded number', async () => {
  let looks = 0
  const resolve = rememberInputs(
    async (uri) => {
      looks++
      return file(uri)
    },
    () => 0,
  )
  for (let i = 0; i < 1_000; i++) await resolve(String(i))
  await resolve('999')
  expect(looks).toBe(1_000)
  await resolve('0')
  expect(looks).toBe(1_001)
})
