import { type Static, type TObject, type TSchema, Type } from './typebox.js'

/** `null` means unknown; it is never written as 0. */
export const Nullable = <T extends TSchema>(schema: T, options: { description?: string } = {}) =>
  Type.Union([schema, Type.Null()], options)

/** A union of string literals that OpenAPI shows as an enum. */
export const Enum = <const T extends readonly string[]>(
  values: T,
  options: { description?: string; default?: T[number] } = {},
) => Type.Unsafe<T[number]>({ type: 'string', enum: [...values], ...options })

/** Objects of the contract refuse fields they do not know. */
export const Closed = <T extends Record<string, TSchema>>(properties: T, options: Record<string, unknown> = {}) =>
  Type.Object(properties, { additionalProperties: false, ...options })

/** ISO 8601, UTC. */
export const Timestamp = Type.String({ format: 'date-time' })

export type { Static, TObject }
export { Type }
