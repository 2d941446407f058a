/**
 * Parts of films that an attempt would have slots make which have nothing else to do: a BullMQ job each, under the name of the part, in a
 * queue of all workers that make the same of it. ADR 49.
 */
import { Queue as BullQueue } from 'bullmq'
import type { Connection } from '../connection.js'
import { DAY_MS, partsQueueName } from '../keys.js'
import { placeInLine } from '../turns/lines.js'
import type { MadePart, OfferedPart } from './types.js'

/** What is known of the parts of a queue, by their names. */
export type PartsSeen = {
  waiting: ReadonlySet<string>
  /** Those that are being made, and how far each is, from 0 to 1. */
  active: ReadonlyMap<string, number>
  made: ReadonlyMap<string, MadePart>
}

export type PartOffers = {
  /** Does nothing for one that is offered already, by whomever. */
  offer(part: OfferedPart): Promise<void>
  /** Takes a part back, or what is known of it; false: somebody is making it. */
  take(name: string): Promise<boolean>
  /** How it stands with these. */
  look(names: ReadonlySet<string>): Promise<PartsSeen>
  close(): Promise<void>
}

/** Who made a part is known for so long, should whoever asked for it be lost. */
const KEPT = { age: 60 * 60, count: 256 }
/** Nobody reads this stream. */
const KEPT_EVENTS = 10

/** `kin`: what all workers have alike that make the same of a part. */
export function openPartOffers(redis: Connection, kin: string, onError: (error: Error) => void): PartOffers {
  const bull = new BullQueue<OfferedPart, MadePart>(partsQueueName(kin), {
    connection: redis,
    prefix: redis.names.bullPrefix,
    skipVersionCheck: true,
    streams: { events: { maxLen: KEPT_EVENTS } },
  })
  bull.on('error', onError)
  return {
    async offer(part) {
      await bull.add('part', part, {
        jobId: part.name,
        // From 1, lower first.
        priority: placeInLine(part.priority) + 1,
        attempts: 1,
        removeOnComplete: KEPT,
        removeOnFail: true,
        stackTraceLimit: 1,
      })
      const nowMs = Date.now()
      await redis
        .multi()
        .zadd(redis.names.keys.parts, nowMs, kin)
        .zremrangebyscore(redis.names.keys.parts, '-inf', nowMs - DAY_MS)
        .exec()
    },
    take: async (name) => (await bull.remove(name)) === 1,
    async look(names) {
      const [waiting, active, made] = await Promise.all([
        bull.getRanges(['prioritized', 'waiting'], 0, -1),
        bull.getRanges(['active'], 0, -1),
        bull.getRanges(['completed'], 0, -1),
      ])
      const ours = (ids: string[]) => ids.filter((id) => names.has(id))
      const jobs = await Promise.all([...ours(active), ...ours(made)].map((name) => bull.getJob(name)))
      const found = jobs.flatMap((job) => (job ? [job] : []))
      return {
        waiting: new Set(ours(waiting)),
        active: new Map(
          found.flatMap(({ id, finishedOn, progress }) =>
            finishedOn ? [] : [[id!, typeof progress === 'number' ? progress : 0] as const],
          ),
        ),
        made: new Map(found.flatMap(({ id, finishedOn, returnvalue }) => (finishedOn ? [[id!, returnvalue]] : []))),
      }
    },
    close: () => bull.close(),
  }
}
