import type { OutputRequest } from '../../contract/index.js'
import { presets } from '../live/presets.js'
import { words } from '../words/texts.js'
import type { Faults } from './draft.js'
import { FieldInput } from './field-input.js'
import { PartForm } from './part-form.js'
import { type Field, requestFields } from './schema.js'

/** One output: what is made, where it goes, and what is made differently from the preset. */
export function OutputForm(props: {
  output: OutputRequest
  index: number
  faults: Faults
  onChange(output: OutputRequest): void
  onRemove: (() => void) | null
}) {
  const { output, index, faults, onChange, onRemove } = props
  const w = words.value
  const fields = requestFields.value
  const preset = presets.value.find(({ name }) => name === output.preset)
  const at = `/outputs/${index}`
  const set = (name: string, value: unknown) => {
    const next: Record<string, unknown> = { ...output, [name]: value }
    if (value === undefined) delete next[name]
    onChange(next as OutputRequest)
  }
  const setVideo = (name: string, value: unknown) => {
    const next: Record<string, unknown> = { ...output.video, [name]: value }
    if (value === undefined) delete next[name]
    set('video', Object.keys(next).length === 0 ? undefined : next)
  }
  const isEncoded = (part: 'video' | 'audio') =>
    preset !== undefined && preset[part] !== null && preset.kind !== 'remux'
  const presetFault = faults(`${at}/preset`)
  return (
    <fieldset>
      <legend>
        {w.outputNo(index + 1)}
        {onRemove === null ? null : (
          <button type="button" class="plain" onClick={onRemove}>
            {w.removeOutput}
          </button>
        )}
      </legend>
      <label class={presetFault === undefined ? 'field' : 'field faulty'}>
        <span>preset</span>
        <select
          value={output.preset}
          onChange={(event) => onChange({ ...withoutParts(output), preset: event.currentTarget.value })}
        >
          {presets.value.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        {presetFault === undefined ? null : <span class="fault">{presetFault}</span>}
      </label>
      {preset === undefined ? null : <p class="quiet described">{preset.description}</p>}
      <div class="fields">
        {(fields?.output ?? [])
          .filter(({ name }) => name !== 'preset')
          .map((field) => (
            <FieldInput
              key={field.name}
              field={withDefault(field, output, preset?.extension ?? '')}
              value={output[field.name as 'name']}
              fault={faults(`${at}/${field.name}`)}
              onChange={(value) => set(field.name, value)}
            />
          ))}
      </div>
      {isEncoded('video') ? (
        <>
          <PartForm
            summary={w.videoOverrides}
            fields={fields?.video ?? []}
            part={output.video}
            at={`${at}/video`}
            faults={faults}
            onChange={(video) => set('video', video)}
          />
          <PartForm
            summary={w.watermark}
            fields={fields?.watermark ?? []}
            part={output.video?.watermark}
            at={`${at}/video/watermark`}
            faults={faults}
            onChange={(watermark) => setVideo('watermark', watermark)}
          />
          <PartForm
            summary={w.drawnText}
            fields={fields?.text ?? []}
            part={output.video?.text}
            at={`${at}/video/text`}
            faults={faults}
            onChange={(text) => setVideo('text', text)}
          />
        </>
      ) : null}
      {isEncoded('audio') ? (
        <PartForm
          summary={w.audioOverrides}
          fields={fields?.audio ?? []}
          part={output.audio}
          at={`${at}/audio`}
          faults={faults}
          onChange={(audio) => set('audio', audio)}
        />
      ) : null}
      <PartForm
        summary={w.tracksKept}
        fields={fields?.tracks ?? []}
        part={output.tracks}
        at={`${at}/tracks`}
        faults={faults}
        onChange={(tracks) => set('tracks', tracks)}
      />
    </fieldset>
  )
}

/** Overrides of one preset may not be those of another. */
function withoutParts({ video: _video, audio: _audio, ...rest }: OutputRequest): OutputRequest {
  return rest
}

function withDefault(field: Field, { preset, name }: OutputRequest, extension: string): Field {
  if (field.name === 'name') return { ...field, default: preset }
  if (field.name === 'path') return { ...field, default: `<jobId>/${name ?? preset}${extension && `.${extension}`}` }
  return field
}
