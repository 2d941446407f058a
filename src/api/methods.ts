import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { FfleetError } from '../contract/index.js'
import { sendProblem } from './problem.js'

/**
 * Fastify's router answers a known path with a wrong method as if the path were unknown. This remembers the paths that
 * are added from now on, and answers 405 with `Allow` for them, 404 for the rest.
 */
export function answerUnknownRoutes(app: FastifyInstance): void {
  const known = new Map<string, { pattern: RegExp; methods: Set<string> }>()
  app.addHook('onRoute', ({ url, method }) => {
    const entry = known.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() }
    for (const each of [method].flat()) entry.methods.add(each)
    known.set(url, entry)
  })
  app.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    const path = request.raw.url?.split('?', 1)[0] ?? ''
    const methods = [...known.values()]
      .filter(({ pattern }) => pattern.test(path))
      .flatMap((entry) => [...entry.methods])
    if (methods.length === 0 || methods.includes(request.method)) {
      const hint = 'GET /openapi.json lists every address.'
      return sendProblem(reply, new FfleetError('NOT_FOUND', 'There is no such address.', { hint }))
    }
    const allowed = [...new Set(methods)].sort().join(', ')
    reply.header('allow', allowed)
    return sendProblem(reply, new FfleetError('METHOD_NOT_ALLOWED', `This address takes ${allowed}.`))
  })
}

function patternOf(url: string): RegExp {
  const source = url
    .split('/')
    .map((step) => (step === '*' ? '.*' : step.startsWith(':') ? '[^/]+' : step.replaceAll(/[^\w-]/g, '\\$&')))
    .join('/')
  return new RegExp(`^${source}$`)
}
