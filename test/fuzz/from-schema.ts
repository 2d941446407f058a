import fc from 'fast-check'
import { anyJson, anyText, type Json } from './values.js'

/** What the schemas of the OpenAPI document are written with. */
export type Schema = {
  $ref?: string
  anyOf?: Schema[]
  type?: string
  enum?: Json[]
  pattern?: string
  format?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  items?: Schema
  minItems?: number
  maxItems?: number
  properties?: Record<string, Schema>
  patternProperties?: Record<string, Schema>
  additionalProperties?: boolean | Schema
  maxProperties?: number
  required?: string[]
}

export type Known = {
  /** Schemas by their names. */
  schemas: Record<string, Schema>
  /** What a property of that name is likelier to hold, so that requests come further than their schema. */
  likely?: Record<string, fc.Arbitrary<Json>>
}

/** Values that fit a schema. Throws for a keyword that it does not know, so that none goes untried. */
export function fromSchema(schema: Schema, known: Known): fc.Arbitrary<Json> {
  const { $ref, anyOf, type } = schema
  if ($ref !== undefined) return fromSchema(known.schemas[$ref.slice($ref.lastIndexOf('/') + 1)]!, known)
  if (anyOf) return fc.oneof(...anyOf.map((each) => fromSchema(each, known)))
  if (schema.enum) return fc.constantFrom(...schema.enum)
  switch (type) {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -(2 ** 31), max: Math.min(schema.maximum ?? 2 ** 31, 2 ** 48) })
    case 'number':
      return fc.double({ min: schema.minimum ?? -1e9, max: schema.maximum ?? 1e9, noNaN: true })
    case 'string':
      return text(schema)
    case 'array':
      return fc.array(fromSchema(schema.items ?? {}, known), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 3, (schema.minItems ?? 0) + 3),
      })
    case 'object':
      return object(schema, known)
    case undefined:
      return anyJson
    default:
      throw new Error(`There are no values for the type ${type}.`)
  }
}

function text({ pattern, format, minLength = 0, maxLength = 200 }: Schema): fc.Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern))
  const aTime = fc.date({ min: new Date(0), noInvalidDate: true }).map((date) => date.toISOString())
  if (format === 'date-time') return aTime
  if (format === 'date') return aTime.map((time) => time.slice(0, time.indexOf('T')))
  if (format !== undefined) throw new Error(`There are no values for the format ${format}.`)
  const fits = (value: string) => value.length >= minLength && value.length <= maxLength
  return fc.oneof(fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 30) }), anyText.filter(fits))
}

function object({ properties = {}, required = [], additionalProperties, maxProperties }: Schema, known: Known) {
  const fields = Object.entries(properties).map(([name, schema]) => {
    const fitting = fromSchema(schema, known)
    const likely = known.likely?.[name]
    return [name, likely === undefined ? fitting : fc.oneof({ weight: 8, arbitrary: likely }, fitting)] as const
  })
  const named = fc.record(Object.fromEntries(fields), { requiredKeys: required, noNullPrototype: true })
  if (typeof additionalProperties !== 'object') return named as fc.Arbitrary<Json>
  const others = fc.dictionary(fc.string({ minLength: 1, maxLength: 12 }), fromSchema(additionalProperties, known), {
    maxKeys: Math.min(maxProperties ?? 4, 4),
    noNullPrototype: true,
  })
  return fc.tuple(others, named).map((parts) => Object.assign({}, ...parts) as Json)
}

/** One place of a value becomes something else, goes away, or gets a neighbour. */
export type Spoiling = { at: number; how: 'replace' | 'remove' | 'add'; by: Json }

export const anySpoiling: fc.Arbitrary<Spoiling> = fc.record({
  at: fc.nat(1_000),
  how: fc.constantFrom('replace', 'remove', 'add'),
  by: anyJson,
})

export function spoiled(value: Json, { at, how, by }: Spoiling): Json {
  const places = placesIn(value)
  const path = places[at % places.length]!
  return changed(value, path, how, by)
}

function placesIn(value: Json): string[][] {
  if (typeof value !== 'object' || value === null) return [[]]
  return [[], ...Object.entries(value).flatMap(([name, each]) => placesIn(each).map((path) => [name, ...path]))]
}

function changed(value: Json, [step, ...rest]: string[], how: Spoiling['how'], by: Json): Json {
  if (step === undefined) {
    if (how === 'add' && typeof value === 'object' && value !== null) {
      return Array.isArray(value) ? [...value, by] : { ...value, unknownField: by }
    }
    return by
  }
  const entries = Object.entries(value as Record<string, Json>).flatMap(([name, each]): [string, Json][] => {
    if (name !== step) return [[name, each]]
    return rest.length === 0 && how === 'remove' ? [] : [[name, changed(each, rest, how, by)]]
  })
  return Array.isArray(value) ? entries.map(([, each]) => each) : Object.fromEntries(entries)
}
