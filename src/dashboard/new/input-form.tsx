import type { InputRequest } from '../../contract/index.js'
import { TO_SUBMIT, whyNot } from '../shell/permission.js'
import { DropZone } from '../uploads/drop-zone.js'
import { UploadRow } from '../uploads/upload-row.js'
import { words } from '../words/texts.js'
import { asObject, type Draft, type Faults, type Sources } from './draft.js'
import { FieldInput } from './field-input.js'
import { MediaBrowser } from './media-browser.js'
import { PartForm } from './part-form.js'
import { requestFields } from './schema.js'

const INPUT_FIELDS = [
  'startMs',
  'endMs',
  'expectedDurationMs',
  'speed',
  'fadeInMs',
  'fadeOutMs',
  'loop',
  'durationMs',
  'soundtrack',
]

/** What a job is made from: files of this computer, or one that the server has. */
export function InputForm(props: {
  draft: Draft
  sources: Sources
  faults: Faults
  onChange(input: InputRequest): void
  onChoose(uri: string): void
  onSources(sources: Partial<Sources>): void
}) {
  const { draft, sources, faults, onChange, onChoose, onSources } = props
  const { input } = draft
  const w = words.value
  const isSeveral = draft.then !== undefined || (sources.joined && sources.files.length > 1)
  const at = isSeveral ? '/inputs/0' : '/input'
  const fault = faults(at) ?? faults(`${at}/uri`)
  const { subtitles = [] } = input
  const further = subtitles.slice(1)
  const set = (name: string, value: unknown) => {
    const next: Record<string, unknown> = { ...input, [name]: value }
    if (value === undefined || (Array.isArray(value) && value.length === 0)) delete next[name]
    onChange(next as InputRequest)
  }
  return (
    <section class="sheet">
      <h2>{w.input}</h2>
      <DropZone disabled={whyNot(TO_SUBMIT) !== null} />
      {sources.files.length > 0 ? (
        <Files sources={sources} onSources={onSources} fault={fault} />
      ) : (
        <>
          <MediaBrowser chosen={input.uri} onChoose={onChoose} />
          <label class={fault === undefined ? 'field' : 'field faulty'}>
            <span>{w.inputPath}</span>
            <input
              value={input.uri}
              placeholder="trailers/in.mov"
              aria-invalid={fault !== undefined}
              onInput={(event) => onChange({ ...input, uri: event.currentTarget.value })}
            />
            {fault === undefined ? null : <span class="fault">{fault}</span>}
          </label>
          {draft.then === undefined ? null : (
            <p class="quiet">{w.thenPlayed(draft.then.map((each) => asObject(each).uri))}</p>
          )}
        </>
      )}
      <details>
        <summary>{w.partOfInput}</summary>
        <div class="fields">
          {(requestFields.value?.input ?? [])
            .filter(({ name }) => INPUT_FIELDS.includes(name))
            .map((field) => (
              <FieldInput
                key={field.name}
                field={{ ...field, default: '' }}
                value={input[field.name as 'startMs'] ?? undefined}
                fault={faults(`${at}/${field.name}`)}
                onChange={(value) => set(field.name, value)}
              />
            ))}
        </div>
      </details>
      <PartForm
        summary={w.subtitleFile}
        fields={requestFields.value?.subtitleFile ?? []}
        part={subtitles[0]}
        at={`${at}/subtitles/0`}
        faults={faults}
        onChange={(first) => set('subtitles', first === undefined ? further : [first, ...further])}
      />
    </section>
  )
}

/** The files that are sent, and what becomes of several. */
function Files(props: { sources: Sources; onSources(sources: Partial<Sources>): void; fault: string | undefined }) {
  const { sources, onSources, fault } = props
  const { files, joined, crossfadeMs } = sources
  const w = words.value
  return (
    <>
      <ul class="uploads" aria-label={w.filesToSend}>
        {files.map((upload) => (
          <UploadRow key={upload.key} upload={upload} />
        ))}
      </ul>
      {fault === undefined ? null : <p class="fault">{fault}</p>}
      {files.length < 2 ? null : (
        <div class="choices" role="radiogroup" aria-label={w.filesToSend}>
          {[false, true].map((value) => (
            <label key={String(value)} class="choice">
              <input
                type="radio"
                name="joined"
                checked={joined === value}
                onChange={() => onSources({ joined: value })}
              />
              <span>{value ? w.aJobOfAll : w.aJobEach}</span>
            </label>
          ))}
          {joined ? (
            <label class="field">
              <span>{w.crossfadeMs}</span>
              <input
                type="number"
                min={1}
                max={60_000}
                step={1}
                value={crossfadeMs ?? ''}
                onInput={({ currentTarget: { value } }) =>
                  onSources({ crossfadeMs: value === '' ? undefined : Number(value) })
                }
              />
            </label>
          ) : null}
        </div>
      )}
    </>
  )
}
