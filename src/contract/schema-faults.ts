import { type TSchema, Value } from './typebox.js'

/** Where a file of the operator is wrong: RFC 6901 pointer, and what goes on behind it. */
export type SchemaFault = { pointer: string; detail: string }

/** What stands against a value of a schema, a fault for each field. `of`: what has the fields, such as "a preset". */
export function schemaFaults(schema: TSchema, value: unknown, of: string): SchemaFault[] {
  const faults = new Map<string, string>()
  for (const error of Value.Errors(schema, value)) {
    const at = error.instancePath
    if (error.keyword === 'required') {
      for (const field of error.params.requiredProperties) faults.set(`${at}/${field}`, 'is missing')
    } else if (error.keyword === 'additionalProperties') {
      for (const field of error.params.additionalProperties) faults.set(`${at}/${field}`, `is not a field of ${of}`)
    } else if (error.keyword === 'enum') {
      faults.set(at, `must be one of ${error.params.allowedValues.join(', ')}`)
    } else if (!faults.has(at)) {
      // The first message is of the value's own schema; those of `or null` come after it.
      faults.set(at, error.message)
    }
  }
  // A fault inside an object also shows as one of the object, which may be null instead.
  const inner = [...faults.keys()]
  return [...faults]
    .filter(([pointer]) => !inner.some((other) => other.startsWith(`${pointer}/`)))
    .map(([pointer, detail]) => ({ pointer, detail }))
}
