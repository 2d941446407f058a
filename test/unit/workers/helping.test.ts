import { expect, it } from 'vitest'
import { kinOf, workerOfFolder } from '../../../workers/helping.js'

it('workers are kin that have one build of ffmpeg', () => {
  const kin = (build: string) => kinOf({ capabilities: { build } } as never)
  expect(kin('a')).toBe(kin('a'))
  expect(kin('b')).not.toBe(kin('a'))
})

it('the folder of a helper names its worker', () => {
  expect(workerOfFolder('helper-w-0a1b2c3d4e-2')).toBe('w-0a1b2c3d4e')
  expect(workerOfFolder('01M82CWC75EH2YYWGVK577ZGCG')).toBeNull()
})
