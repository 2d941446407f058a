import { expect, test } from 'vitest'
import { Health } from '../../../workers/health.js'

const failed = (code: 'DISK_FULL' | 'NOT_MEDIA') => ({ kind: 'failed', code, retry: true }) as const

test('five different jobs that fail for the worker’s own reasons make it unfit', () => {
  const health = new Health()
  for (let i = 0; i < 4; i++) health.record(`j${i}`, failed('DISK_FULL'))
  expect(health.fit).toBe(true)
  health.record('j4', failed('DISK_FULL'))
  expect(health.fit).toBe(false)
  expect(health.reason).toContain('DISK_FULL')
})

test('one job that fails again and again, bad inputs and a success between do not', () => {
  const health = new Health()
  for (let i = 0; i < 9; i++) health.record('same', failed('DISK_FULL'))
  for (let i = 0; i < 9; i++) health.record(`j${i}`, failed('NOT_MEDIA'))
  expect(health.fit).toBe(true)
  for (let i = 0; i < 3; i++) health.record(`k${i}`, failed('DISK_FULL'))
  health.record('good', { kind: 'completed' })
  for (let i = 0; i < 4; i++) health.record(`l${i}`, failed('DISK_FULL'))
  expect(health.fit).toBe(true)
})
