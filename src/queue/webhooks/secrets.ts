/** What deliveries are signed with: one secret for each tenant, made when somebody first needs it. */
import type { WebhookSecret } from '../../contract/index.js'
import { newSecret } from '../../webhooks/index.js'
import { guarded } from '../availability.js'
import type { Connection } from '../connection.js'
import { DAY_MS } from '../keys.js'

/** How long a secret that was replaced counts beside its successor: receivers need not change in the same moment. */
const GRACE_MS = DAY_MS

/** As Redis has it. */
type Kept = { secret: string; formers: { secret: string; untilMs: number }[] }

export type WebhookSecrets = {
  /** `tenant` null: of jobs of none. */
  of(tenant: string | null): Promise<WebhookSecret>
  /** A fresh one takes its place; for a day deliveries are signed with both, and with others that are not older. */
  rotate(tenant: string | null): Promise<WebhookSecret>
  /** All that sign now, the newest first. */
  signing(tenant: string | null): Promise<string[]>
}

export function createWebhookSecrets(redis: Connection): WebhookSecrets {
  const key = redis.names.keys.webhookSecrets

  async function read(tenant: string | null): Promise<Kept> {
    const field = tenant ?? ''
    const kept = await redis.hget(key, field)
    if (kept !== null) return JSON.parse(kept) as Kept
    const first: Kept = { secret: newSecret(), formers: [] }
    await redis.hsetnx(key, field, JSON.stringify(first))
    return JSON.parse((await redis.hget(key, field))!) as Kept
  }

  return {
    of: guarded(async (tenant: string | null) => shown(tenant, await read(tenant))),
    rotate: guarded(async (tenant: string | null) => {
      // The first one is a secret too, and may be at work already.
      await read(tenant)
      return shown(tenant, JSON.parse(await redis.ffHookRotate(tenant ?? '', newSecret(), GRACE_MS)) as Kept)
    }),
    signing: async (tenant: string | null) => {
      const kept = await read(tenant)
      return [kept.secret, ...counting(kept).map(({ secret }) => secret)]
    },
  }
}

function counting({ formers }: Kept): Kept['formers'] {
  return formers.filter(({ untilMs }) => untilMs > Date.now())
}

function shown(tenant: string | null, kept: Kept): WebhookSecret {
  const [former] = counting(kept)
  return { secret: kept.secret, tenant, formerUntil: former ? new Date(former.untilMs).toISOString() : null }
}
