import type { Config } from '../config/index.js'
import type { Metrics } from '../metrics.js'
import type { Resolve } from '../outbound/index.js'
import type { Deliverer, Queue } from '../queue/index.js'
import { VERSION } from '../version.js'
import { deliver } from '../webhooks/index.js'

export type DeliveringOptions = Pick<Config, 'webhookNetworks' | 'webhookConcurrency' | 'webhookTimeoutMs'> & {
  /** In place of the resolver of the system. */
  resolve?: Resolve | undefined
  /** Between two looks for what nobody was told of. Default 5,000. */
  sweepMs?: number | undefined
}

/** This process delivers webhooks, until it is closed; null where it may deliver none at a time. */
export function deliverWebhooks(
  { queue, metrics }: { queue: Pick<Queue, 'webhooks' | 'openDeliverer'>; metrics: Metrics },
  { webhookNetworks, webhookConcurrency, webhookTimeoutMs, resolve, sweepMs }: DeliveringOptions,
): Deliverer | null {
  if (webhookConcurrency === 0) return null
  const options = {
    networks: webhookNetworks,
    limitMs: webhookTimeoutMs,
    userAgent: `ffleet/${VERSION}`,
    resolve,
  }
  return queue.openDeliverer({
    concurrency: webhookConcurrency,
    sweepMs,
    async send({ tenant, ...message }, signal) {
      const secrets = await queue.webhooks.secrets.signing(tenant)
      return deliver({ ...message, secrets }, options, signal)
    },
    onTried: ({ outcome, durationMs }) => {
      metrics.webhookDeliveries.inc({ outcome })
      metrics.webhookDuration.observe(durationMs / 1000)
    },
  })
}
