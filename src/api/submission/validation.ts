import type { FastifySchemaCompiler } from 'fastify'
import { FfleetError } from '../../contract/index.js'
import { Compile, type TSchema } from '../../contract/typebox.js'
import { explain, type Schema } from './explain.js'

/** Where the pointers of a request's parts begin; those of the body are plain JSON pointers into it. */
const BASES: Record<string, string> = { querystring: '/query', params: '/path', headers: '/headers' }

/**
 * Fastify's validator compiler over TypeBox: one compiled check on the way in, and only for what it refuses a second,
 * slow look that says why. Nothing is coerced, filled in or stripped, except that digits in a query count as numbers.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = Compile(schema)
  const isQuery = httpPart === 'querystring'
  return (input: unknown) => {
    const value = isQuery ? withNumbers(schema as Schema, input as Record<string, unknown>) : input
    return check.Check(value) ? { value } : { error: refusal(schema, value, BASES[httpPart ?? ''] ?? '') }
  }
}

/** The error of a value that its validator refused. */
function refusal(schema: TSchema, value: unknown, base: string): FfleetError {
  const errors = explain(schema, value, base)
  return invalidRequest(
    errors.length > 0 ? errors : [{ pointer: base, detail: 'The request does not fit its schema.' }],
  )
}

/** INVALID_REQUEST of one or more fields. */
export function invalidRequest(errors: { pointer: string; detail: string }[]): FfleetError {
  const detail = errors.length === 1 ? errors[0]!.detail : `${errors.length} fields are not valid.`
  return new FfleetError('INVALID_REQUEST', detail, { errors })
}

function withNumbers(schema: Schema, query: Record<string, unknown>): Record<string, unknown> {
  const value = { ...query }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const text = value[name]
    if (property.type === 'integer' && typeof text === 'string' && /^-?\d{1,15}$/.test(text)) value[name] = Number(text)
  }
  return value
}
