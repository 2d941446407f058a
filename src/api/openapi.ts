/** `/openapi.json`, made from the schemas of the routes, and `/docs`, which shows it without a request to anywhere else. */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { VERSION } from '../version.js'
import { SCHEMAS } from './schemas.js'
import type { Api } from './types.js'

const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
  "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

/** Must be called before the routes are added. */
export async function describeApi(app: Api): Promise<void> {
  for (const schema of SCHEMAS) app.addSchema(schema)
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'ffleet',
        version: VERSION,
        description: 'Runs FFmpeg on a fleet and shows every step of it. Every error is an RFC 9457 problem.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => String(json.$id ?? `Schema${i}`) },
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: DOCS_POLICY,
    uiConfig: { validatorUrl: null, url: '/openapi.json', deepLinking: true, supportedSubmitMethods: ['get'] },
  })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'))
}
