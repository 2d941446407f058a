/** JSON Schema as a table of fields: what TypeBox holds and what the OpenAPI document says alike. */
import { ERROR_CODES } from '../../../src/contract/index.js'
import { code, plainText, table } from './markdown.js'

export type Schema = {
  $ref?: string
  $id?: string
  type?: string
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  patternProperties?: Record<string, Schema>
  maxProperties?: number
  anyOf?: Schema[]
  enum?: (string | number)[]
  const?: unknown
  default?: unknown
  items?: Schema
  minItems?: number
  maxItems?: number
  minLength?: number
  maxLength?: number
  pattern?: string
  format?: string
  minimum?: number
  maximum?: number
}

/** The registry has a page of its own. */
const A_CODE = 'an [error code](errors.md)'

/** The fields of an object, those of objects inside it too, as `outer.inner` and `list[].inner`. */
export function fieldTable(schema: object): string {
  return table(['field', 'type', 'meaning'], rowsOf(schema as Schema, ''))
}

function rowsOf(schema: Schema, prefix: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const optional = !(schema.required ?? []).includes(name)
    const path = `${prefix}${name}`
    const facts = [typeOf(field), ...(optional ? ['optional'] : []), ...defaultOf(field)].join(', ')
    const inner = innerObject(field)
    return [
      [code(path), facts, describe(field)],
      ...(inner === null ? [] : rowsOf(inner.schema, `${path}${inner.list ? '[]' : ''}.`)),
    ]
  })
}

/** A schema in words: `integer, 1 to 200`, `string or null`, a link to a schema that has a name. */
export function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return linkTo(schema.$ref)
  if (schema.anyOf) {
    const kinds = schema.anyOf.map(typeOf)
    return kinds.at(-1) === 'null' ? `${kinds.slice(0, -1).join(' or ')}, or null` : kinds.join(', or ')
  }
  if (schema.enum)
    return schema.enum.join() === ERROR_CODES.join()
      ? A_CODE
      : schema.enum.map((value) => code(String(value))).join(', ')
  if (schema.const !== undefined) return code(String(schema.const))
  if (schema.type === 'array') {
    return `array of ${typeOf(schema.items ?? {})}${span(schema.minItems, schema.maxItems, ' items')}`
  }
  if (schema.type === 'object') return recordOf(schema)
  if (schema.format === 'date-time') return 'time'
  if (schema.format === 'binary') return 'bytes'
  const kind = schema.type ?? 'anything'
  if (schema.type === 'string' && schema.pattern === undefined) {
    return `${kind}${span(schema.minLength, schema.maxLength, ' characters')}`
  }
  if (schema.pattern !== undefined) return `${kind} matching ${code(schema.pattern)}`
  return `${kind}${span(schema.minimum, schema.maximum, '')}`
}

/** What stands behind a name in a link of the page. */
export function nameOf(ref: string): string {
  return ref.replace(/#$/, '').split('/').at(-1)!
}

function linkTo(ref: string): string {
  return `[${nameOf(ref)}](#${nameOf(ref).toLowerCase()})`
}

function recordOf(schema: Schema): string {
  const values =
    typeof schema.additionalProperties === 'object'
      ? schema.additionalProperties
      : Object.values(schema.patternProperties ?? {})[0]
  if (values === undefined) return 'object'
  return `object of ${typeOf(values)}${span(undefined, schema.maxProperties, ' fields')}`
}

function span(from: number | undefined, to: number | undefined, unit: string): string {
  if (to === undefined) return from === undefined || from === 0 ? '' : `, ${from} or more${unit}`
  return from === undefined ? `, up to ${to}${unit}` : `, ${from} to ${to}${unit}`
}

function defaultOf({ default: value }: Schema): string[] {
  return value === undefined ? [] : [`default ${code(String(value))}`]
}

/** The description of a field, or of its form that is not null. */
function describe(schema: Schema): string {
  const told = schema.anyOf?.find(({ description }) => description !== undefined)
  return plainText(schema.description ?? told?.description ?? '')
}

/** The object whose fields are listed below this one; one with a name of its own is listed under that. */
function innerObject(schema: Schema): { schema: Schema; list: boolean } | null {
  const found = schema.anyOf?.find(({ properties }) => properties) ?? schema
  if (found.properties) return { schema: found, list: false }
  return found.items?.properties ? { schema: found.items, list: true } : null
}
