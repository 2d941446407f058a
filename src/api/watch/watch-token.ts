import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'

/** Signs and checks the tokens of `links.watch`: each lets its holder follow one job, read-only, until it runs out. */
export type WatchTokens = {
  /** `revoked`: how often the links of the job were revoked; each time makes those from before wrong. Default 0. */
  sign(jobId: string, revoked?: number): string
  /** In constant time. */
  verify(jobId: string, token: string, revoked?: number): TokenVerdict
}

export type TokenVerdict = 'valid' | 'run out' | 'wrong'

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
  const signature = (jobId: string, until: string, revoked: number) => {
    const signed = [`watch:${jobId}:${until}`, ...(revoked > 0 ? [revoked] : [])].join(':')
    return createHmac('sha256', key).update(signed).digest('base64url')
  }
  return {
    sign(jobId, revoked = 0) {
      const until = (Math.ceil((now() + lifeMs) / stepMs) * stepMs).toString(36)
      return `${until}.${signature(jobId, until, revoked)}`
    },
    verify(jobId, token, revoked = 0) {
      const [until = '', given = ''] = token.split('.', 2)
      const expected = Buffer.from(signature(jobId, until, revoked))
      const bytes = Buffer.from(given)
      if (bytes.length !== expected.length || !timingSafeEqual(bytes, expected)) return 'wrong'
      if (`${until}.${given}` !== token) return 'wrong'
      return Number.parseInt(until, 36) > now() ? 'valid' : 'run out'
    },
  }
}
