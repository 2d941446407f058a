/** What each route asks of whoever calls it. A route that does not stand here is not served: the API does not start. */
import type { Role } from '../../contract/index.js'

/** `open`: of nobody; `watch`: the role `read`, or the token of a watch link, which the route itself looks at. */
export type Access = Role | 'open' | 'watch'

/** By method and route. */
export const ACCESS: Readonly<Record<string, Access>> = {
  'POST /v1/jobs': 'submit',
  'GET /v1/jobs': 'read',
  'GET /v1/jobs/:id': 'read',
  'DELETE /v1/jobs/:id': 'submit',
  'POST /v1/jobs/:id/cancel': 'submit',
  'POST /v1/jobs/:id/retry': 'submit',
  'POST /v1/jobs/:id/watch/revoke': 'submit',
  'GET /v1/jobs/:id/deliveries': 'read',
  'POST /v1/jobs/:id/deliveries/replay': 'submit',
  'POST /v1/jobs/:id/deliveries/:delivery/redeliver': 'submit',
  // It has the webhook's address whole.
  'GET /v1/jobs/:id/request': 'submit',
  'GET /v1/jobs/:id/events': 'watch',
  'GET /v1/jobs/:id/report': 'read',
  'GET /v1/jobs/:id/log': 'read',
  'GET /v1/jobs/:id/log/lines': 'read',
  'GET /v1/jobs/:id/outputs/:name': 'read',
  'GET /v1/jobs/:id/outputs/:name/*': 'read',
  'GET /v1/jobs/:id/early/:attempt/:name/*': 'read',
  'POST /v1/schedules': 'submit',
  'GET /v1/schedules': 'read',
  'GET /v1/schedules/:name': 'read',
  'DELETE /v1/schedules/:name': 'submit',
  'POST /v1/schedules/:name/pause': 'submit',
  'POST /v1/schedules/:name/resume': 'submit',
  'POST /v1/schedules/:name/run': 'submit',
  'GET /v1/schedules/:name/runs': 'read',
  'GET /v1/events': 'read',
  'GET /v1/workers': 'read',
  'POST /v1/workers/:id/drain': 'operate',
  'GET /v1/queue': 'read',
  'GET /v1/queue/next': 'read',
  'GET /v1/queue/history': 'read',
  'POST /v1/queue/pause': 'operate',
  'POST /v1/queue/resume': 'operate',
  'GET /v1/usage': 'read',
  'GET /v1/webhooks/secret': 'admin',
  'POST /v1/webhooks/secret/rotate': 'admin',
  'GET /v1/presets': 'read',
  'GET /v1/presets/:name': 'read',
  'GET /v1/media': 'read',
  'OPTIONS /v1/uploads': 'open',
  'POST /v1/uploads': 'submit',
  'POST /v1/uploads/direct': 'submit',
  'GET /v1/uploads/:id/parts': 'submit',
  'POST /v1/uploads/:id/complete': 'submit',
  'GET /v1/uploads/:id': 'read',
  'PATCH /v1/uploads/:id': 'submit',
  'DELETE /v1/uploads/:id': 'submit',
  'GET /v1/watch-folders': 'read',
  'GET /v1/watch-folders/files': 'read',
  'GET /metrics': 'read',
  'GET /v1/session': 'read',
  'POST /v1/session': 'open',
  'DELETE /v1/session': 'open',
  'GET /healthz': 'open',
  'GET /readyz': 'open',
  // What the page and the documents are made of is the same everywhere and tells of nobody.
  'GET /': 'open',
  'GET /jobs/:id': 'open',
  'GET /workers': 'open',
  'GET /new': 'open',
  'GET /openapi.json': 'open',
}
/** What is of the whole fleet, and so of nobody who has a tenant. */
const OF_THE_FLEET = new Set([
  'GET /v1/workers',
  'POST /v1/workers/:id/drain',
  'POST /v1/queue/pause',
  'POST /v1/queue/resume',
  'GET /v1/watch-folders',
  'GET /v1/watch-folders/files',
  'GET /metrics',
])
const OPEN_FOLDERS = /^\/(docs|assets)(\/|$)/
/** bull-board, whose routes are its own. */
const BOARD = /^\/admin\/queues(\/|$)/
/** The files of the fleet, for workers that see none of them. */
const STORE = /^\/v1\/store\//

export function isOfTheFleet(method: string, route: string): boolean {
  return BOARD.test(route) || STORE.test(route) || OF_THE_FLEET.has(`${method === 'HEAD' ? 'GET' : method} ${route}`)
}

/** @throws Error for a route that nobody decided about. */
export function accessOf(method: string, route: string): Access {
  const access = ACCESS[`${method === 'HEAD' ? 'GET' : method} ${route}`]
  if (access !== undefined) return access
  if (OPEN_FOLDERS.test(route)) return 'open'
  if (BOARD.test(route)) return 'admin'
  if (STORE.test(route)) return 'worker'
  throw new Error(`${method} ${route} stands in no row of src/api/callers/access.ts`)
}
