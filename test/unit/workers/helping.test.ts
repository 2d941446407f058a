import { expect, it } from 'vitest'
import { kinOf, workerOfFolder } from '../../../workers/helping.js'

const kin = (build: string, host: string, config: object) => {
  const places = { outputRoot: '/out', dataDir: '/data', scratchDir: null, store: 'folders' as const, ...config }
  return kinOf({ capabilities: { build }, config: places, host } as never)
}

it('workers are kin that have one build of ffmpeg, and one place for parts', () => {
  const one = kin('a', 'one', {})
  expect(kin('a', 'two', {})).toBe(one)
  expect(kin('b', 'one', {})).not.toBe(one)
  const inBucket = { outputRoot: 's3://bucket/out' }
  expect(kin('a', 'one', inBucket)).toBe(kin('a', 'one', inBucket))
  expect(kin('a', 'two', inBucket)).not.toBe(kin('a', 'one', inBucket))
  expect(kin('a', 'one', { ...inBucket, scratchDir: '/elsewhere' })).not.toBe(kin('a', 'one', inBucket))
})

it('the folder of a helper names its worker', () => {
  expect(workerOfFolder('helper-w-0a1b2c3d4e-2')).toBe('w-0a1b2c3d4e')
  expect(workerOfFolder('01M82CWC75EH2YYWGVK577ZGCG')).toBeNull()
})
