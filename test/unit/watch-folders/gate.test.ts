import { describe, expect, it } from 'vitest'
import { FfleetApiError, FfleetConnectionError } from '../../../src/client/index.js'
import type { ErrorCode } from '../../../src/contract/index.js'
import { Gate, passes } from '../../../src/watch-folders/gate.js'

const refusal = (code: ErrorCode, status: number, retryAfterMs: number | null = null) =>
  new FfleetApiError(status, { code, detail: 'No.' }, retryAfterMs)

describe('what is waited out', () => {
  it.each([
    refusal('QUOTA_EXCEEDED', 429),
    refusal('RATE_LIMITED', 429),
    refusal('QUEUE_UNAVAILABLE', 503),
    refusal('STORAGE_FULL', 507),
    refusal('INTERNAL_ERROR', 500),
    refusal('UNAUTHENTICATED', 401),
    new FfleetApiError(502, {}),
    new FfleetConnectionError('http://127.0.0.1:9', new Error('connect ECONNREFUSED')),
  ])('%s', (error) => expect(passes(error)).toBe(true))

  it.each([refusal('OUTPUT_EXISTS', 409), refusal('INVALID_REQUEST', 422), new TypeError('a fault of ours')])(
    'not %s',
    (error) => expect(passes(error)).toBe(false),
  )
})

describe('the gate', () => {
  it('waits twice as long each time, half a minute at most, or as long as it is asked to', () => {
    const gate = new Gate()
    const error = refusal('QUEUE_UNAVAILABLE', 503)
    const waits = [1, 2, 3, 4, 5, 6, 7].map((_) => {
      gate.refused(error, 0)
      const opensMs = gate.opensMs(0)
      gate.refused(error, opensMs - 1)
      expect(gate.opensMs(0)).toBe(opensMs)
      expect(gate.opensMs(opensMs)).toBe(0)
      gate.refused(error, opensMs)
      return gate.opensMs(0) - opensMs
    })
    expect(waits[0]).toBe(2_000)
    expect(waits.at(-1)).toBe(30_000)
    gate.opened()
    expect(gate.reason).toBeNull()
    gate.refused(refusal('RATE_LIMITED', 429, 12_000), 1_000_000)
    expect(gate.opensMs(1_000_000)).toBe(1_012_000)
    expect(gate.reason).toBe('Jobs are not taken now (RATE_LIMITED): No.')
  })
})
