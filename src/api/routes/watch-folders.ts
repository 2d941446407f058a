import { FfleetError, WATCH_STATES, type WatchedFile, type WatchFolder } from '../../contract/index.js'
import { Closed, Enum, Type } from '../../contract/schema.js'
import { type Place, WATCHER_GONE_MS } from '../../queue/index.js'
import { json, problems } from '../schemas.js'
import type { Routes } from '../types.js'

const DEFAULT_LIMIT = 100

/** What watch folders hold, and what became of each file in them. */
export const watchFolderRoutes: Routes = (app, { queue }) => {
  const tags = ['Watch folders']
  app.get(
    '/v1/watch-folders',
    {
      schema: {
        tags,
        operationId: 'listWatchFolders',
        summary: 'The rules of watch folders, and how many files of each are in which state',
        description: 'Rules that nobody watches by any more are listed for a week. Not for keys with a tenant.',
        response: {
          200: json('WatchFolderList', 'The rules, by name.'),
          ...problems('QUEUE_UNAVAILABLE'),
        },
      },
    },
    async (): Promise<{ items: WatchFolder[] }> => {
      const rules = await queue.watchedFiles.rules()
      const items = rules.map(({ rule, counts, host, lookedMs, aliveMs, fault }) => {
        const lookedAt = lookedMs === null ? null : new Date(lookedMs).toISOString()
        return { rule, counts, host, lookedAt, isWatched: aliveMs > Date.now() - WATCHER_GONE_MS, fault }
      })
      return { items: items.sort((a, b) => (a.rule.name < b.rule.name ? -1 : 1)) }
    },
  )

  app.get(
    '/v1/watch-folders/files',
    {
      schema: {
        tags,
        operationId: 'listWatchedFiles',
        summary: 'The files that were seen in watch folders, and why each stands as it does',
        description: 'Those that changed their state last come first. Not for keys with a tenant.',
        querystring: Closed({
          rule: Type.Optional(
            Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$', description: 'Only files of this rule.' }),
          ),
          state: Type.Optional(Enum(WATCH_STATES, { description: 'Only files in this state.' })),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: DEFAULT_LIMIT })),
          cursor: Type.Optional(Type.String({ maxLength: 8_192, description: '`nextCursor` of a page.' })),
        }),
        response: {
          200: json('WatchedFilePage', 'A page of the files.'),
          ...problems('INVALID_REQUEST', 'QUEUE_UNAVAILABLE'),
        },
      },
    },
    async ({ query }): Promise<{ items: WatchedFile[]; nextCursor: string | null }> => {
      const { rule, state, limit = DEFAULT_LIMIT, cursor } = query
      const after = cursor === undefined ? null : decode(cursor)
      const { items, next } = await queue.watchedFiles.list({ rule, state, limit, after })
      return { items, nextCursor: next === null ? null : encode(next) }
    },
  )
}

function encode({ sinceMs, path }: Place): string {
  return Buffer.from(`${sinceMs}:${path}`).toString('base64url')
}

function decode(cursor: string): Place {
  const [, ms, path] = /^(\d{1,15}):(.+)$/s.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (ms !== undefined && path !== undefined) return { sinceMs: Number(ms), path }
  const detail = '`cursor` is none that a page of this list gave as `nextCursor`.'
  throw new FfleetError('INVALID_REQUEST', detail, { errors: [{ pointer: '/query/cursor', detail }] })
}
