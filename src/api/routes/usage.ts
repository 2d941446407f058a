import { FfleetError, type Usage } from '../../contract/index.js'
import { Closed, Type } from '../../contract/schema.js'
import { jobsFor, requireOwn } from '../callers/tenancy.js'
import { json, problems } from '../schemas.js'
import type { Routes } from '../types.js'

const DAY_MS = 24 * 60 * 60 * 1000
const DEFAULT_DAYS = 30
const MOST_DAYS = 400

/** What was used and made, for whoever reckons with it. */
export const usageRoutes: Routes = (app, { queue }) => {
  app.get(
    '/v1/usage',
    {
      schema: {
        tags: ['Fleet'],
        operationId: 'getUsage',
        summary: 'What was used and made, by day and tenant',
        description:
          'Counted as attempts and jobs end, once each, and kept for 400 days. A key with a tenant sees its own; `admin` without one sees that of all.',
        querystring: Closed({
          from: Type.Optional(
            Type.String({ format: 'date', description: 'First day, of UTC; default 29 days before `to`.' }),
          ),
          to: Type.Optional(Type.String({ format: 'date', description: 'Last day; default today.' })),
          tenant: Type.Optional(
            Type.String({ pattern: '^[a-z0-9-]{1,32}$', description: 'Only that of this tenant.' }),
          ),
        }),
        response: {
          200: json('Usage', 'The usage; where nothing ended there is no item.'),
          ...problems('INVALID_REQUEST', 'QUEUE_UNAVAILABLE'),
        },
      },
    },
    async ({ query, caller }): Promise<Usage> => {
      const { tenant } = query
      requireOwn(caller, tenant)
      const to = query.to ?? dateOf(Date.now())
      const from = query.from ?? dateOf(Date.parse(to) - (DEFAULT_DAYS - 1) * DAY_MS)
      checkRange(from, to)
      const range = { from, to, ...(tenant !== undefined && { tenant }) }
      return { from, to, items: await jobsFor(queue.jobs, caller).usage(range) }
    },
  )
}

const dateOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)

function checkRange(from: string, to: string): void {
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1
  if (days >= 1 && days <= MOST_DAYS) return
  const detail =
    days < 1 ? `\`from\`, ${from}, is after \`to\`, ${to}.` : `At most ${MOST_DAYS} days at a time, not ${days}.`
  throw new FfleetError('INVALID_REQUEST', detail, { errors: [{ pointer: '/query/from', detail }] })
}
