import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'

/** Signs and checks the tokens of `links.watch`: each lets its holder follow one job, read-only, and nothing else. */
export type WatchTokens = {
  sign(jobId: string): string
  /** In constant time. */
  verify(jobId: string, token: string): boolean
}

/** `secret` is shared by every API process of a fleet, so that a link works on all of them. */
export function createWatchTokens(secret: string): WatchTokens {
  const key = createSecretKey(secret, 'utf8')
  const sign = (jobId: string) => createHmac('sha256', key).update(`watch:${jobId}`).digest('base64url')
  return {
    sign,
    verify(jobId, token) {
      const expected = Buffer.from(sign(jobId))
      const given = Buffer.from(token)
      return given.length === expected.length && timingSafeEqual(given, expected)
    },
  }
}
