import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'

/** Signs and checks the tokens of `links.watch`: each lets its holder follow one job, read-only, until it runs out. */
export type WatchTokens = {
  sign(jobId: string): string
  /** In constant time. */
  verify(jobId: string, token: string): 'valid' | 'run out' | 'wrong'
}

export const WATCH_LINKS_MS = 30 * 24 * 60 * 60 * 1000

/** A token says when it runs out only so exactly, so that a job is shown with the same link for a while. */
const STEPS = 30

/** `secret` is shared by every API process of a fleet, so that a link works on all of them. Times in ms since 1970. */
export function createWatchTokens(
  secret: string,
  { lifeMs = WATCH_LINKS_MS, now = Date.now }: { lifeMs?: number; now?: () => number } = {},
): WatchTokens {
  const key = createSecretKey(secret, 'utf8')
  const stepMs = Math.ceil(lifeMs / STEPS)
  const signature = (jobId: string, until: string) =>
    createHmac('sha256', key).update(`watch:${jobId}:${until}`).digest('base64url')
  return {
    sign(jobId) {
      const until = (Math.ceil((now() + lifeMs) / stepMs) * stepMs).toString(36)
      return `${until}.${signature(jobId, until)}`
    },
    verify(jobId, token) {
      const [until = '', given = ''] = token.split('.', 2)
      const expected = Buffer.from(signature(jobId, until))
      const bytes = Buffer.from(given)
      if (bytes.length !== expected.length || !timingSafeEqual(bytes, expected)) return 'wrong'
      if (`${until}.${given}` !== token) return 'wrong'
      return Number.parseInt(until, 36) > now() ? 'valid' : 'run out'
    },
  }
}
