/** How much one caller may ask: by its key, or by its address where it has no valid one. Without keys there is no limit. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { FfleetError } from '../../contract/index.js'
import type { Queue, RateCounter } from '../../queue/index.js'
import { addressOf } from './address.js'
import { READING } from './same-origin.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose budgets it is charged to; null where there is no limit. */
    chargedTo: string | null
  }
}

/** Each is the most there may be; 0: as many as they like. */
export type Limits = {
  /** Questions of one key in a window; opening a stream of events is one. */
  reads: number
  /** Changes that one key asks for in a window, refused ones too. */
  changes: number
  /** What one address without a valid key asks for in a window: wrong keys, signing in, watch links. */
  unknown: number
  /** Streams of events that one key, or one address with watch links, has open at this process. */
  streams: number
  /** Default 60. */
  windowSeconds?: number
}

const BUDGETS = ['reads', 'changes', 'unknown'] as const
type Budget = (typeof BUDGETS)[number]

/** @throws FfleetError RATE_LIMITED */
export type ChargeRequest = (request: FastifyRequest, reply: FastifyReply) => Promise<void>

/**
 * Charges requests whose caller is known, or known to be nobody. What anybody may read (the page, its documents, the state of the process)
 * costs nothing. Answers tell what is left in the fields of draft-ietf-httpapi-ratelimit-headers.
 */
export function createLimits(queue: Pick<Queue, 'countRate'>, limits: Limits): ChargeRequest {
  const { windowSeconds = 60 } = limits
  const counters = BUDGETS.flatMap((budget): [Budget, RateCounter][] => {
    const limit = limits[budget]
    return limit === 0 ? [] : [[budget, queue.countRate({ budget, limit, windowSeconds })]]
  })
  const counterOf = new Map(counters)

  return async (request, reply) => {
    const isReading = READING.has(request.method)
    if (isReading && (request.routeOptions.config.access ?? 'open') === 'open') return
    const { caller } = request
    const who = caller?.keyId ?? addressOf(request.ip)
    request.chargedTo = who
    const budget: Budget = caller === null ? 'unknown' : isReading ? 'reads' : 'changes'
    const taken = await counterOf.get(budget)?.take(who)
    if (taken === undefined) return
    const seconds = Math.max(1, Math.ceil(taken.resetMs / 1000))
    reply.header('ratelimit-policy', `"${budget}";q=${limits[budget]};w=${windowSeconds}`)
    reply.header('ratelimit', `"${budget}";r=${taken.left};t=${seconds}`)
    if (!taken.isOver) return
    reply.header('retry-after', seconds)
    throw new FfleetError('RATE_LIMITED', `At most ${limits[budget]} ${WHAT[budget]} in ${windowSeconds} s.`)
  }
}

const WHAT: Record<Budget, string> = {
  reads: 'questions of one key',
  changes: 'changes by one key',
  unknown: 'requests without a valid key from one address',
}
