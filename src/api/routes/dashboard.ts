import fastifyStatic from '@fastify/static'
import { ASSET_POLICY, assetFolder, DEFAULT_PAGE, sendDocument } from '../page.js'
import type { Routes } from '../types.js'

/** Addresses that the page shows something at; it looks at the address itself. */
const ADDRESSES = ['/', '/jobs/:id', '/workers', '/new']

/** The web page of the fleet. */
export const dashboardRoutes: Routes = (app, { page = DEFAULT_PAGE }) => {
  for (const address of ADDRESSES) {
    app.get(address, { schema: { hide: true, querystring: {} } }, async (request, reply) =>
      sendDocument('index.html', { page, frames: "'none'" }, request, reply),
    )
  }
  const root = assetFolder()
  if (root === null) return
  app.register(async (assets) => {
    assets.addHook('onRequest', (_request, reply, done) => {
      reply.header('content-security-policy', ASSET_POLICY)
      done()
    })
    assets.register(fastifyStatic, {
      root,
      prefix: '/assets/',
      decorateReply: false,
      index: false,
      // Their names change with what they hold.
      immutable: true,
      maxAge: '365d',
      preCompressed: true,
      schemaHide: true,
    })
  })
}
