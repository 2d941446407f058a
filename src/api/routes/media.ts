import { FfleetError } from '../../contract/index.js'
import { Closed, Type } from '../../contract/schema.js'
import { storageFor } from '../callers/tenancy.js'
import { json, problems } from '../schemas.js'
import type { Routes } from '../types.js'

const DEFAULT_LIMIT = 100

/** The media root, for people who pick an input. */
export const mediaRoutes: Routes = (app, { storage }) => {
  app.get(
    '/v1/media',
    {
      schema: {
        tags: ['Media'],
        operationId: 'listMedia',
        summary: 'What stands in a folder of the media root, folders first, then by name',
        querystring: Closed({
          path: Type.Optional(
            Type.String({
              maxLength: 4096,
              description: 'Relative to the media root; default the root itself.',
            }),
          ),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: DEFAULT_LIMIT })),
          cursor: Type.Optional(Type.String({ maxLength: 4096, description: '`nextCursor` of a page.' })),
        }),
        response: {
          200: json('MediaPage', 'A page of the folder.'),
          ...problems('INVALID_REQUEST', 'PATH_OUTSIDE_ROOT', 'NOT_FOUND'),
        },
      },
    },
    async (request) => {
      const { path = '', limit = DEFAULT_LIMIT, cursor } = request.query
      const after = cursor === undefined ? null : decode(cursor)
      const { items, next } = await storageFor(storage, request.caller).inputs.list(path, { limit, after })
      return { items, nextCursor: next === null ? null : Buffer.from(next).toString('base64url') }
    },
  )
}

function decode(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString()
  if (/^[01]./.test(text)) return text
  const detail = '`cursor` is none that a page of this list gave as `nextCursor`.'
  throw new FfleetError('INVALID_REQUEST', detail, { errors: [{ pointer: '/query/cursor', detail }] })
}
