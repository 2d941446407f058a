import { describe, expect, it } from 'vitest'
import { createWatchTokens, WATCH_LINKS_MS } from '../../../../src/api/watch/watch-token.js'

const HOUR_MS = 60 * 60 * 1000

describe('a watch token', () => {
  let nowMs = Date.UTC(2026, 0, 1, 6)
  const now = () => nowMs
  const tokens = createWatchTokens('secret', { now })

  it('is good for its job, on every process that knows the secret', () => {
    expect(createWatchTokens('secret', { now }).verify('job-a', tokens.sign('job-a'))).toBe('valid')
  })

  it('is good for nothing else', () => {
    const token = tokens.sign('job-a')
    expect(tokens.verify('job-b', token)).toBe('wrong')
    expect(createWatchTokens('other', { now }).verify('job-a', token)).toBe('wrong')
    const later = `z${token}`
    for (const forged of [
      '',
      token.slice(1),
      `${token}x`,
      `${token}.x`,
      token.toUpperCase(),
      later,
      '.',
      'é'.repeat(43),
      '😀',
    ]) {
      expect(tokens.verify('job-a', forged), forged).toBe('wrong')
    }
  })

  it('runs out, not before its time', () => {
    const begunMs = nowMs
    const token = tokens.sign('job-a')
    nowMs = begunMs + WATCH_LINKS_MS - 1
    expect(tokens.verify('job-a', token)).toBe('valid')
    nowMs = begunMs + WATCH_LINKS_MS * 1.05
    expect(tokens.verify('job-a', token)).toBe('run out')
    expect(tokens.verify('job-a', tokens.sign('job-a'))).toBe('valid')
    nowMs = begunMs
  })

  it('is the same for a while', () => {
    const token = tokens.sign('job-a')
    nowMs += HOUR_MS
    expect(tokens.sign('job-a')).toBe(token)
  })

  it('is good for as long as the links of its job have not been revoked since', () => {
    const [first, second] = [0, 1].map((revoked) => tokens.sign('job-a', revoked))
    expect(first).toBe(tokens.sign('job-a'))
    expect(first).not.toBe(second)
    expect([0, 1, 2].map((revoked) => tokens.verify('job-a', first!, revoked))).toEqual(['valid', 'wrong', 'wrong'])
    expect([0, 1, 2].map((revoked) => tokens.verify('job-a', second!, revoked))).toEqual(['wrong', 'valid', 'wrong'])
  })

  it('fits into a URL as it is', () => {
    expect(tokens.sign('job-a')).toMatch(/^[a-z0-9]+\.[A-Za-z0-9_-]{43}$/)
  })
})
