/** Says in plain sentences where a value departs from a schema: the field, its limit, the way out. */

import type { FieldError } from '../../contract/index.js'
import { IsDateTime } from '../../contract/typebox.js'
import { nearest } from '../../nearest.js'

/** The part of JSON Schema that requests are written in. */
export type Schema = {
  type?: string
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean
  patternProperties?: Record<string, Schema>
  maxProperties?: number
  anyOf?: Schema[]
  enum?: (string | number)[]
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

/** More than this helps nobody, and a hostile body could have any number. */
const MAX_ERRORS = 20

/** What the patterns of the contract mean. */
const PATTERN_WORDS: Record<string, string> = {
  '^tag\\..': 'tag.<name>',
  '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$': '1 to 64 letters, digits, `_` or `-`, the first one a letter or digit',
}

/** The faults of a value that a validator refused, in the order of the schema; `base` stands before every pointer. */
export function explain(schema: object, value: unknown, base = ''): FieldError[] {
  const errors: FieldError[] = []
  visit(schema as Schema, value, '', errors)
  return errors.slice(0, MAX_ERRORS).map(({ pointer, detail }) => ({ pointer: base + pointer, detail }))
}

/** A pointer as people write it: `/outputs/0/path` is `outputs[0].path`. */
export function fieldName(pointer: string): string {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  const name = steps.map((step, i) => (/^\d+$/.test(step) ? `[${step}]` : i === 0 ? step : `.${step}`)).join('')
  return name === '' ? 'The body' : `\`${shortened(name)}\``
}

/** One step of a pointer, RFC 6901 §3. */
export function pointerStep(key: string | number): string {
  return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

function visit(schema: Schema, value: unknown, pointer: string, errors: FieldError[]): void {
  if (errors.length >= MAX_ERRORS) return
  if (schema.anyOf) {
    const branches = schema.anyOf
    const branch = branches.find((each) => isOfType(each, value) && (!each.enum || fits(each, value)))
    if (branch) visit(branch, value, pointer, errors)
    else errors.push(fault(pointer, `must be ${branches.map(wanted).join(' or ')}; it is ${found(value)}`))
  } else if (!isOfType(schema, value)) {
    errors.push(fault(pointer, `must be ${wanted(schema)}; it is ${found(value)}`))
  } else if (schema.type === 'object') {
    visitObject(schema, value as Record<string, unknown>, pointer, errors)
  } else if (schema.type === 'array') {
    const items = value as unknown[]
    if (items.length < (schema.minItems ?? 0) || items.length > (schema.maxItems ?? Infinity)) {
      errors.push(fault(pointer, `must be ${wanted(schema)}; it has ${items.length}`))
    }
    items.slice(0, schema.maxItems).forEach((item, i) => {
      visit(schema.items ?? {}, item, pointer + pointerStep(i), errors)
    })
  } else if (!fits(schema, value)) {
    errors.push(fault(pointer, `must be ${wanted(schema)}; it is ${found(value)}${guess(schema.enum, value)}`))
  }
}

function visitObject(schema: Schema, value: Record<string, unknown>, pointer: string, errors: FieldError[]): void {
  const known = Object.keys(schema.properties ?? {})
  const pattern = schema.patternProperties && Object.entries(schema.patternProperties)[0]
  for (const name of schema.required ?? []) {
    if (Object.hasOwn(value, name)) continue
    const at = pointer + pointerStep(name)
    errors.push(fault(at, `is missing; give ${wanted(schema.properties?.[name] ?? {})}`))
  }
  const names = Object.keys(value)
  if (names.length > (schema.maxProperties ?? Infinity)) {
    errors.push(fault(pointer, `must be ${wanted(schema)}; it has ${names.length}`))
  }
  for (const name of names) {
    const at = pointer + pointerStep(name)
    if (errors.length >= MAX_ERRORS) return
    if (known.includes(name)) visit(schema.properties![name]!, value[name], at, errors)
    else if (pattern && new RegExp(pattern[0]).test(name)) visit(pattern[1], value[name], at, errors)
    else if (schema.additionalProperties === false) {
      errors.push(fault(at, unknown(name, pattern ? [...known, PATTERN_WORDS[pattern[0]] ?? pattern[0]] : known)))
    }
  }
}

function fault(pointer: string, says: string): FieldError {
  return { pointer, detail: `${fieldName(pointer)} ${says}.` }
}

function unknown(name: string, known: readonly string[]): string {
  const [meant] = nearest(name, known)
  if (meant) return `is not a field here; \`${meant}\` is`
  return `is not a field here; leave it out. Known are ${known.join(', ')}`
}

function guess(words: readonly (string | number)[] | undefined, value: unknown): string {
  const [meant] = words && typeof value === 'string' ? nearest(value, words.map(String)) : []
  return meant ? `; perhaps ${meant} is meant` : ''
}

function isOfType(schema: Schema, value: unknown): boolean {
  switch (schema.type) {
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'array':
      return Array.isArray(value)
    case 'null':
      return value === null
    case 'integer':
    case 'number':
      return typeof value === 'number'
    case 'string':
    case 'boolean':
      return typeof value === schema.type
    default:
      return true
  }
}

function fits(schema: Schema, value: unknown): boolean {
  if (schema.enum && !schema.enum.includes(value as string | number)) return false
  if (typeof value === 'number') {
    const whole = schema.type !== 'integer' || Number.isInteger(value)
    return (
      whole && Number.isFinite(value) && value >= (schema.minimum ?? -Infinity) && value <= (schema.maximum ?? Infinity)
    )
  }
  if (typeof value !== 'string') return true
  const length = [...value].length
  if (length < (schema.minLength ?? 0) || length > (schema.maxLength ?? Infinity)) return false
  if (schema.format === 'date-time' && !IsDateTime(value)) return false
  return schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(value)
}

/** What a schema takes, as "must be …" goes on. */
function wanted(schema: Schema): string {
  if (schema.anyOf) return schema.anyOf.map(wanted).join(' or ')
  if (schema.enum) return schema.enum.length === 1 ? String(schema.enum[0]) : `one of ${schema.enum.join(', ')}`
  switch (schema.type) {
    case 'integer':
      return `a whole number${between(schema.minimum, schema.maximum)}`
    case 'number':
      return `a number${between(schema.minimum, schema.maximum)}`
    case 'string':
      if (schema.format === 'date-time') return 'a time such as 2026-11-27T18:00:00Z'
      if (schema.pattern) return PATTERN_WORDS[schema.pattern] ?? `text that matches ${schema.pattern}`
      return `text${counted(schema.minLength, schema.maxLength, 'character')}`
    case 'array':
      return `an array${counted(schema.minItems, schema.maxItems, 'item')}`
    case 'object':
      return schema.maxProperties ? `an object of at most ${schema.maxProperties} fields` : 'an object'
    case 'null':
      return 'null'
    case 'boolean':
      return 'true or false'
    default:
      return 'a value'
  }
}

function between(from: number | undefined, to: number | undefined): string {
  if (from !== undefined && to !== undefined) return ` from ${from} to ${to}`
  if (from !== undefined) return ` of at least ${from}`
  return to === undefined ? '' : ` of at most ${to}`
}

function counted(from: number | undefined, to: number | undefined, unit: string): string {
  if (to !== undefined) return from ? ` of ${from} to ${to} ${unit}s` : ` of at most ${to} ${unit}s`
  return from ? ` of at least ${from} ${unit}${from === 1 ? '' : 's'}` : ''
}

/** What came instead, as "it is …" goes on. */
function found(value: unknown): string {
  if (value === null) return 'null'
  if (value === undefined) return 'missing'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'string') {
    if (value === '') return 'empty'
    return value.length > 60 ? `text of ${[...value].length} characters` : `the text ${JSON.stringify(value)}`
  }
  return typeof value === 'object' ? 'an object' : String(value)
}

function shortened(text: string): string {
  return text.length > 120 ? `${text.slice(0, 119)}…` : text
}
