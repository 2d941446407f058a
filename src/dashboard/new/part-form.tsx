import type { Faults } from './draft.js'
import { FieldInput, type Value } from './field-input.js'
import type { Field } from './schema.js'

/** A part of a request, whose fields are few people's: folded away until it says something. */
export function PartForm<Part extends object>(props: {
  summary: string
  fields: Field[]
  part: Part | undefined
  /** Where it stands in the request. */
  at: string
  faults: Faults
  /** Undefined where all of it was left empty. */
  onChange(part: Part | undefined): void
}) {
  const { summary, fields, part, at, faults, onChange } = props
  const fault = faults(at)
  const said = (name: string) => (part as Record<string, unknown> | undefined)?.[name]
  const set = (name: string, value: Value) => {
    const next: Record<string, unknown> = { ...part, [name]: value }
    if (value === undefined) delete next[name]
    onChange(Object.keys(next).length === 0 ? undefined : (next as Part))
  }
  return (
    <details open={fields.some(({ name }) => said(name) !== undefined)}>
      <summary>{summary}</summary>
      {fault === undefined ? null : <p class="fault">{fault}</p>}
      <div class="fields">
        {fields.map((field) => (
          <FieldInput
            key={field.name}
            field={field}
            value={readable(said(field.name))}
            fault={faults(`${at}/${field.name}`)}
            onChange={(value) => set(field.name, value)}
          />
        ))}
      </div>
    </details>
  )
}

/** What is no single value, such as languages by name, was said elsewhere, and stays as it is. */
function readable(value: unknown): Value {
  return typeof value === 'string' || typeof value === 'number' ? value : undefined
}
