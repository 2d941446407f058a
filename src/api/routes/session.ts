import type { FastifyRequest } from 'fastify'
import { FfleetError, type Session } from '../../contract/index.js'
import { Closed, Type } from '../../contract/schema.js'
import { foreignChange } from '../callers/same-origin.js'
import { sessionCookie, sessionIn } from '../callers/sessions.js'
import { prefixOf } from '../page.js'
import { json, problems } from '../schemas.js'
import type { Routes } from '../types.js'

type Asked = Pick<FastifyRequest, 'headers' | 'protocol'>

/** Who asks; and the way in for browsers. */
export const sessionRoutes: Routes = (app, { sessions, page }) => {
  const tags = ['Session']
  const cookieOf = (value: string, request: Asked) => {
    // A proxy in front may be the one that speaks TLS.
    const secure = request.protocol === 'https' || request.headers.origin?.startsWith('https:') === true
    return sessionCookie(value, { path: `${prefixOf(request, page)}/`, secure })
  }

  app.get(
    '/v1/session',
    {
      schema: {
        tags,
        operationId: 'getSession',
        summary: 'Who asks, as the server sees it',
        response: { 200: json('Session', 'The name, role and tenant of the key.'), ...problems() },
      },
    },
    async ({ caller }): Promise<Session> => {
      const { name, role, tenant, endsAt } = caller!
      return { name, role, tenant, endsAt }
    },
  )

  app.post(
    '/v1/session',
    {
      schema: {
        tags,
        operationId: 'signIn',
        summary: 'Sign a browser in with a key',
        description:
          'Sets a cookie that scripts cannot read and other sites cannot use. It counts for seven days, and ends with the key.',
        body: Closed({ key: Type.String({ minLength: 1, maxLength: 256, description: 'An API key.' }) }),
        response: {
          200: json('Session', 'Whose key it is.'),
          ...problems('INVALID_REQUEST', 'UNAUTHENTICATED', 'NOT_FOUND', 'PAYLOAD_TOO_LARGE', 'QUEUE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply): Promise<Session> => {
      if (sessions === null) throw new FfleetError('NOT_FOUND', 'This server asks for no keys.')
      const refused = foreignChange(request.raw)
      if (refused) throw refused
      const begun = await sessions.begin(request.body.key)
      if (begun === null) throw new FfleetError('UNAUTHENTICATED', 'This is no valid API key.')
      request.caller = begun.caller
      reply.headers({ 'set-cookie': cookieOf(begun.value, request), 'cache-control': 'no-store' })
      const { name, role, tenant, endsAt } = begun.caller
      return { name, role, tenant, endsAt }
    },
  )

  app.delete(
    '/v1/session',
    {
      schema: {
        tags,
        operationId: 'signOut',
        summary: 'Sign a browser out: its cookie is taken away',
        response: { 204: { description: 'It is signed out, or never was signed in.', type: 'null' }, ...problems() },
      },
    },
    async (request, reply) => {
      const session = sessionIn(request.headers.cookie)
      // For the audit alone: whoever can't be known now is signed out all the same.
      if (sessions && session !== undefined) request.caller = await sessions.callerOf(session).catch(() => null)
      return reply.code(204).header('set-cookie', cookieOf('', request)).send(null)
    },
  )
}
