import { Closed, Nullable, type Static, Type } from './schema.js'

/** What of a tenant can be limited. */
export const QUOTAS = ['queued', 'running', 'bytes'] as const

const Limit = (description: string) => Type.Optional(Nullable(Type.Integer({ minimum: 0, description })))

/** How much a tenant may have at once. Left out: what all tenants may; null: any number. */
export const Quotas = Closed({
  queued: Limit('Jobs that have not ended.'),
  running: Limit('Attempts that run.'),
  bytes: Limit('Bytes of the outputs of its jobs that are kept.'),
})
export type Quotas = Static<typeof Quotas>
