/** What people look at in browsers; loaded only where they do. */
import { boardRoutes } from './routes/board.js'
import { dashboardRoutes } from './routes/dashboard.js'
import type { Api, ApiParts } from './types.js'

export { describeApi } from './openapi.js'

export async function pageRoutes(app: Api, parts: ApiParts): Promise<void> {
  dashboardRoutes(app, parts)
  await boardRoutes(app, parts)
}
