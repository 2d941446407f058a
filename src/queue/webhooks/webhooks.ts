/** The webhooks of jobs as the API sees them. */
import type { Delivery, DeliveryLog } from '../../contract/index.js'
import { guarded } from '../availability.js'
import type { Connection } from '../connection.js'
import type { EventLog } from '../types.js'
import { eventOfDelivery, readHook } from './record.js'
import { createWebhookSecrets, type WebhookSecrets } from './secrets.js'

export type Webhooks = {
  secrets: WebhookSecrets
  /** Null: no such job. */
  log(jobId: string): Promise<DeliveryLog | null>
  /** The event of a delivery is sent once more, at once; false where the job has no such event any more, or no webhook. */
  redeliver(jobId: string, deliveryId: string): Promise<boolean>
  /** Everything subscribed behind that event is sent once more; false where there is no webhook. */
  replay(jobId: string, after: string): Promise<boolean>
  /** Of how many jobs something waits to be delivered, and since when the oldest of it does. */
  waiting(): Promise<{ jobs: number; oldestMs: number | null }>
}

export function createWebhooks({ redis, events }: { redis: Connection; events: EventLog }): Webhooks {
  const { keys } = redis.names

  async function log(jobId: string): Promise<DeliveryLog | null> {
    const hook = keys.webhook(jobId)
    const [isThere, fields, dueMs, rows, progressRows] = await Promise.all([
      redis.hexists(keys.job(jobId), 'req'),
      redis.hgetall(hook),
      redis.zscore(keys.webhooksDue, jobId),
      redis.lrange(`${hook}:log`, 0, -1),
      redis.lrange(`${hook}:log:progress`, 0, -1),
    ])
    if (isThere === 0) return null
    const state = readHook(fields)
    if (state === null) return { url: null, items: [], nextAttemptAt: null, disabled: false }
    const items = [...rows, ...progressRows].map((row) => JSON.parse(row) as Delivery)
    // While one is under way, the mark is when it would be given up for lost.
    const atMs = fields.holder ? Math.max(state.retryAtMs, Date.now()) : Number(dueMs)
    return {
      url: withoutQuery(state.url),
      items: items.sort((a, b) => (a.at < b.at ? 1 : -1)),
      nextAttemptAt: dueMs === null ? null : new Date(atMs).toISOString(),
      disabled: state.disabled,
    }
  }

  async function redeliver(jobId: string, id: string): Promise<boolean> {
    const eventId = eventOfDelivery(jobId, id)
    const kept = eventId === null ? null : await events.read(jobId)
    if (eventId === null || !kept?.entries.some((entry) => entry.id === eventId)) return false
    return (await redis.ffHookAgain(jobId, 'one', eventId)) === 1
  }

  return {
    secrets: createWebhookSecrets(redis),
    log: guarded(log),
    redeliver: guarded(redeliver),
    replay: guarded(async (jobId: string, after: string) => (await redis.ffHookAgain(jobId, 'after', after)) === 1),
    waiting: guarded(async () => {
      const [jobs, [, oldest]] = await Promise.all([
        redis.zcard(keys.webhooksWaiting),
        redis.zrange(keys.webhooksWaiting, 0, 0, 'WITHSCORES'),
      ])
      return { jobs, oldestMs: oldest === undefined ? null : Number(oldest) }
    }),
  }
}

/** What stands in a query is often a secret. */
function withoutQuery(text: string): string {
  const { origin, pathname } = new URL(text)
  return `${origin}${pathname}`
}
