import { useId } from 'preact/hooks'
import { words } from '../words/texts.js'
import type { Field } from './schema.js'

export type Value = string | number | undefined

/** One value of a request; empty is left out, so that the server's default holds. */
export function FieldInput(props: {
  field: Field
  value: Value
  onChange(value: Value): void
  fault?: string | undefined
}) {
  const { field, value, onChange, fault } = props
  const id = useId()
  const isNumber = field.type !== 'string'
  const read = (text: string) => onChange(text === '' ? undefined : isNumber ? Number(text) : text)
  return (
    <label class={fault === undefined ? 'field' : 'field faulty'} title={field.description}>
      <span>{field.name}</span>
      {field.enum === undefined ? (
        <input
          {...(isNumber ? { type: 'number' } : { type: 'text', list: undefined })}
          value={value ?? ''}
          min={field.minimum}
          max={field.maximum}
          step={field.type === 'integer' ? 1 : 'any'}
          maxLength={field.maxLength}
          placeholder={field.default === undefined ? words.value.asPreset : String(field.default)}
          aria-describedby={id}
          aria-invalid={fault !== undefined}
          onInput={(event) => read(event.currentTarget.value)}
        />
      ) : (
        <select
          value={String(value ?? field.default ?? '')}
          aria-describedby={id}
          onChange={(event) => read(event.currentTarget.value)}
        >
          {(field.default ?? '') === '' ? <option value="">{field.default ?? words.value.asPreset}</option> : null}
          {field.enum.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      )}
      <span id={id} class={fault === undefined ? 'unseen' : 'fault'}>
        {fault ?? field.description}
      </span>
    </label>
  )
}
