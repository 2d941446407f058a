import { describe, expect, it } from 'vitest'
import { createWatchTokens } from '../../../src/api/watch-token.js'

describe('a watch token', () => {
  const tokens = createWatchTokens('secret')

  it('is good for its job, on every process that knows the secret', () => {
    expect(createWatchTokens('secret').verify('job-a', tokens.sign('job-a'))).toBe(true)
  })

  it('is good for nothing else', () => {
    const token = tokens.sign('job-a')
    expect(tokens.verify('job-b', token)).toBe(false)
    expect(createWatchTokens('other').verify('job-a', token)).toBe(false)
    for (const forged of ['', token.slice(1), `${token}x`, token.toLowerCase(), 'é'.repeat(43), '😀']) {
      expect(tokens.verify('job-a', forged)).toBe(false)
    }
  })

  it('fits into a URL as it is', () => {
    expect(tokens.sign('job-a')).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })
})
