/** `/openapi.json`, made from the schemas of the routes, and `/docs`, which shows it without a request to anywhere else. */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyRequest } from 'fastify'
import { VERSION } from '../version.js'
import type { Access } from './callers/access.js'
import { type Page, prefixOf } from './page.js'
import type { Api } from './types.js'

const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
  "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

type Document = { paths?: Record<string, object | undefined> }

/** What Fastify's way of writing routes cannot say: the name of a path's rest, and query fields of any name. */
function finish<D extends Document>(document: D): D {
  const paths = Object.entries(document.paths ?? {}).map(([path, methods]) => {
    const text = JSON.stringify(methods).replaceAll('"in":"path","name":"*"', '"in":"path","name":"path"')
    return [path.replace('{*}', '{path}'), JSON.parse(text)] as const
  })
  const listing = paths.find(([path]) => path === '/v1/jobs')?.[1].get
  listing?.parameters.push({
    in: 'query',
    name: 'tags',
    required: false,
    style: 'form',
    explode: true,
    description: 'Only jobs with these tags, each as `tag.<name>=<value>`.',
    schema: {
      type: 'object',
      patternProperties: { '^tag\\..': { type: 'string', maxLength: 256 } },
      additionalProperties: false,
    },
  })
  return { ...document, paths: Object.fromEntries(paths) }
}

/** Who may call it belongs to what a route is. */
function withAccess<S>(schema: S, access: Access | undefined): S {
  if (access === undefined || access === 'open') return { ...schema, security: [] }
  const { description } = (schema ?? {}) as { description?: string }
  const needed = `With keys: role \`${access === 'watch' ? 'read' : access}\`${access === 'watch' ? ', or a token' : ''}.`
  return { ...schema, description: description === undefined ? needed : `${description} ${needed}` }
}

/** Must be called before the routes are added. */
export async function describeApi(app: Api, page?: Page): Promise<void> {
  // Behind a proxy an address is one of the proxy's.
  const seen = <D>(document: D, request: Pick<FastifyRequest, 'headers'>): D => ({
    ...document,
    servers: [{ url: prefixOf(request, page) || '/' }],
  })
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
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'An API key. Without keys the server asks for none.' },
        },
      },
      security: [{ key: [] }, {}],
      tags: [
        { name: 'Jobs', description: 'Submitting jobs, looking at them, ending them.' },
        { name: 'Events', description: 'Following jobs live.' },
        { name: 'Outputs', description: 'What jobs delivered.' },
        { name: 'Presets', description: 'The recipes a job may name.' },
        { name: 'Media', description: 'What a job may name as its input.' },
        { name: 'Webhooks', description: 'What was told of jobs to those who asked for it.' },
        { name: 'Fleet', description: 'The workers, and the queue they work on.' },
        { name: 'Session', description: 'Who asks, and the way in for browsers.' },
        { name: 'Operation', description: 'For those who look after the process.' },
      ],
    },
    // A schema with a name is referred to, not written out.
    transform: ({ schema: written, url, route }) => {
      const schema = withAccess(written, route.config?.access)
      const name = (schema?.body as { $id?: string } | undefined)?.$id
      return { schema: name === undefined ? schema : { ...schema, body: { $ref: `${name}#` } }, url }
    },
    transformObject: (document) => ('openapiObject' in document ? finish(document.openapiObject) : {}),
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => String(json.$id ?? `Schema${i}`) },
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: DOCS_POLICY,
    // Without the bar that would load any other document.
    transformSpecification: seen,
    transformSpecificationClone: false,
    uiHooks: {
      // Without the slash it would look for its parts at the root.
      onRequest: (request, reply, done) => {
        if (request.url === '/docs') reply.redirect(`${prefixOf(request, page)}/docs/`)
        else done()
      },
    },
    uiConfig: { layout: 'BaseLayout', validatorUrl: null, deepLinking: true },
    theme: { title: 'ffleet API' },
  })
  app.get('/openapi.json', { schema: { hide: true } }, async (request) => seen(app.swagger(), request))
}
