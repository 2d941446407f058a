/** What routes take and answer that send files. */
import { Type } from '../../contract/schema.js'

export const RANGE_HEADERS = Type.Object({
  range: Type.Optional(Type.String({ description: 'As `bytes=0-99`, `bytes=100-` or `bytes=-100`.' })),
  'if-range': Type.Optional(Type.String()),
  'if-none-match': Type.Optional(Type.String()),
})

export const FILE = { schema: { type: 'string', format: 'binary' } }

export const FILE_ANSWERS = {
  206: { description: 'The part that was asked for.', content: { '*/*': FILE } },
  304: { description: 'It is what the client has.', type: 'null' },
  416: {
    description: 'The range lies behind the end.',
    content: { 'application/problem+json': { schema: { $ref: 'Problem#' } } },
  },
}
