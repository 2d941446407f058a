/** How often callers asked within a window of time, counted for all API processes of a fleet at once. */
import type { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { Connection } from './connection.js'

/** What is left of a budget after a question was counted. */
export type Taken = {
  /** It was one too many. */
  isOver: boolean
  left: number
  /** Until the whole budget is there again. */
  resetMs: number
}

export type RateCounter = {
  /** Counts a question. Never fails: while Redis is away each process counts for itself. */
  take(who: string): Promise<Taken>
}

export type RateBudget = {
  /** Names what is counted. */
  budget: string
  /** How much of it anybody has in a window. */
  limit: number
  /** A window begins with the first question in it. */
  windowSeconds: number
}

export function createRateCounter(redis: Connection, budget: RateBudget): RateCounter {
  let opened: Promise<RateLimiterRedis> | null = null
  return {
    async take(who) {
      opened ??= openLimiter(redis, budget)
      const limiter = await opened
      try {
        const { remainingPoints: left, msBeforeNext: resetMs } = await limiter.consume(who)
        return { isOver: false, left, resetMs }
      } catch (refused) {
        return { isOver: true, left: 0, resetMs: (refused as RateLimiterRes).msBeforeNext }
      }
    },
  }
}

/** Loaded by whoever counts: workers and private stacks do not. */
async function openLimiter(redis: Connection, { budget, limit, windowSeconds }: RateBudget): Promise<RateLimiterRedis> {
  const { RateLimiterMemory, RateLimiterRedis } = await import('rate-limiter-flexible')
  const quota = { points: limit, duration: windowSeconds }
  return new RateLimiterRedis({
    ...quota,
    storeClient: redis,
    keyPrefix: redis.names.keys.rates(budget),
    rejectIfRedisNotReady: true,
    // Whoever has used theirs up costs Redis nothing more.
    inMemoryBlockOnConsumed: limit,
    insuranceLimiter: new RateLimiterMemory(quota),
  })
}
