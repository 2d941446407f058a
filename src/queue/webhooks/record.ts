/** What `ffleet:webhook:<id>` says; `scripts.ts` documents the fields. */
import type { JobEventType, NormalizedWebhook } from '../../contract/index.js'

export type HookState = {
  url: string
  types: ReadonlySet<JobEventType>
  /** Undefined before anything is done with. */
  cursor: string | undefined
  news: string
  disabled: boolean
  /** Of the event behind the cursor. */
  failures: number
  /** Before which, by the clock of Redis, that event is not tried again, and no progress is sent. */
  retryAtMs: number
  nextProgressAtMs: number
}

/** Names and values of the hash of a new job, as its script takes them; empty without a webhook. */
export function webhookFields(webhook: NormalizedWebhook | null): string {
  if (webhook === null) return ''
  const { url, events, progressIntervalMs } = webhook
  return JSON.stringify(['url', url, 'types', ` ${events.join(' ')} `, 'interval', String(progressIntervalMs)])
}

/** Null for an empty hash. */
export function readHook(fields: Record<string, string>): HookState | null {
  const { url, types, cursor, news = '', off, tries, retry, next } = fields
  if (url === undefined || types === undefined) return null
  return {
    url,
    types: new Set(types.trim().split(' ') as JobEventType[]),
    cursor,
    news,
    disabled: off === '1',
    failures: Number(tries ?? 0),
    retryAtMs: Number(retry ?? 0),
    nextProgressAtMs: Number(next ?? 0),
  }
}

/** `webhook-id`: an event of a job, and with it the one endpoint that the job has. */
export function deliveryId(jobId: string, eventId: string): string {
  return `${jobId}_${eventId}`
}

/** The event of a delivery of the job; null when it is no delivery of it. */
export function eventOfDelivery(jobId: string, id: string): string | null {
  const [job, event = ''] = id.split('_', 2)
  return job === jobId && /^\d{1,15}-\d{1,15}$/.test(event) ? event : null
}
