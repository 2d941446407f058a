import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import ejs from 'ejs'
import { makeBoard } from '../board.js'
import { prefixOf } from '../page.js'
import type { Api, ApiParts } from '../types.js'

const PATH = '/admin/queues'

/** Its document has styles of its own in it, and asks for a font elsewhere, which it does not get. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
  "connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'"

/** bull-board, for operators: the queue as BullMQ holds it. */
export async function boardRoutes(app: Api, { queue, page }: ApiParts): Promise<void> {
  const { entry, api, queues, uiConfig, views, assets } = makeBoard(await queue.board())
  app.register(
    async (board) => {
      board.addHook('onRoute', (route) => {
        // What its page asks is its own affair, and stands in no document.
        route.schema = { hide: true }
      })
      board.addHook('onRequest', (_request, reply, done) => {
        reply.headers({ 'content-security-policy': POLICY, 'cache-control': 'no-cache' })
        done()
      })
      board.register(fastifyStatic, { root: assets, prefix: '/static/', decorateReply: false, index: false })
      for (const url of [entry.route].flat()) {
        board.get(url, async (request, reply) => {
          const { name, params } = entry.handler({ basePath: `${prefixOf(request, page)}${PATH}/`, uiConfig })
          return reply.type('text/html; charset=utf-8').send(await ejs.renderFile(join(views, name), params))
        })
      }
      for (const { method, route, handler } of api) {
        for (const url of [route].flat()) {
          board.route({
            method: [method].flat().map((each) => each.toUpperCase()),
            url,
            async handler({ params, query, body, headers }, reply) {
              const asked = { queues, uiConfig, params, query, body, headers } as Parameters<typeof handler>[0]
              const { status = 200, body: answer } = await handler(asked)
              return reply.code(status).send(answer)
            },
          })
        }
      }
    },
    { prefix: PATH },
  )
}
