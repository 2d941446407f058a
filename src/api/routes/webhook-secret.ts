import type { Caller } from '../../callers/index.js'
import { TENANT_NAME } from '../../contract/index.js'
import { Closed, type Static, Type } from '../../contract/schema.js'
import { requireOwn } from '../callers/tenancy.js'
import { json, problems } from '../schemas.js'
import type { Routes } from '../types.js'

const OfTenant = Closed({
  tenant: Type.Optional(
    Type.String({ pattern: TENANT_NAME, description: 'That of this tenant; for `admin` without a tenant.' }),
  ),
})

/** What receivers verify deliveries with. */
export const webhookSecretRoutes: Routes = (app, { queue }) => {
  const tags = ['Webhooks']
  const { secrets } = queue.webhooks

  function tenantOf({ tenant }: Static<typeof OfTenant>, caller: Caller | null): string | null {
    requireOwn(caller, tenant)
    return tenant ?? caller?.tenant ?? null
  }

  app.get(
    '/v1/webhooks/secret',
    {
      schema: {
        tags,
        operationId: 'getWebhookSecret',
        summary: 'The secret that deliveries are signed with',
        description: 'Of the jobs of the tenant that the key belongs to; of a key without a tenant, of jobs of none.',
        querystring: OfTenant,
        response: { 200: json('WebhookSecret', 'The secret.'), ...problems('INVALID_REQUEST', 'QUEUE_UNAVAILABLE') },
      },
    },
    async ({ query, caller }, reply) => {
      reply.header('cache-control', 'no-store')
      return secrets.of(tenantOf(query, caller))
    },
  )

  app.post(
    '/v1/webhooks/secret/rotate',
    {
      schema: {
        tags,
        operationId: 'rotateWebhookSecret',
        summary: 'Put a fresh secret in the place of the one there is',
        description: 'For 24 hours deliveries carry a signature by each of the two.',
        querystring: OfTenant,
        response: {
          200: json('WebhookSecret', 'The new secret.'),
          ...problems('INVALID_REQUEST', 'QUEUE_UNAVAILABLE'),
        },
      },
    },
    async ({ query, caller }, reply) => {
      reply.header('cache-control', 'no-store')
      return secrets.rotate(tenantOf(query, caller))
    },
  )
}
