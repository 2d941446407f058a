import { useEffect, useRef, useState } from 'preact/hooks'
import { FfleetApiError } from '../../client/index.js'
import type { DryRun, InputRequest, JobRequest } from '../../contract/index.js'
import { presets } from '../live/presets.js'
import { client } from '../live/server.js'
import { announce } from '../shell/announcer.js'
import { CopyText } from '../shell/copy-text.js'
import { TO_SUBMIT, WhyNot, whyNot } from '../shell/permission.js'
import { address, go } from '../shell/router.js'
import { prepareSending } from '../uploads/send.js'
import { sentWith, uploads } from '../uploads/uploads.js'
import { words } from '../words/texts.js'
import { curlOf, type Draft, draftOf, EMPTY, requestsOf, type Sources, sharesPath } from './draft.js'
import { FieldInput, type Value } from './field-input.js'
import { InputForm } from './input-form.js'
import { OutputForm } from './output-form.js'
import { Preview } from './preview.js'
import { Refusal } from './refusal.js'
import { readFields, requestFields } from './schema.js'

const MOST_OUTPUTS = 16
/** Of a request what the form asks for below its outputs. */
const JOB_FIELDS = ['priority', 'maxAttempts', 'delayMs', 'timeoutMs']

/** Sends jobs from the browser, once somebody has seen what would become of them. */
export function NewJobPage() {
  const w = words.value
  const [draft, setDraft] = useState<Draft>(EMPTY)
  const [tags, setTags] = useState('')
  const [several, setSeveral] = useState<Omit<Sources, 'files'>>({ joined: false, crossfadeMs: undefined })
  const [preview, setPreview] = useState<DryRun | null>(null)
  const [problem, setProblem] = useState<Error | null>(null)
  const [busy, setBusy] = useState(false)
  const newest = useRef(0)
  const from = address.value.query.get('from')

  useEffect(() => {
    prepareSending()
    void readFields()
  }, [])
  useEffect(() => {
    if (from === null) return
    const stop = new AbortController()
    client.requestOf(from, { signal: stop.signal }).then(
      (request) => {
        const made = draftOf(request)
        setDraft(made.draft)
        setTags(made.tags)
      },
      (error: Error) => {
        // That the key may send no jobs stands there already.
        const isTold = error instanceof FfleetApiError && error.code === 'FORBIDDEN'
        if (!stop.signal.aborted && !isTold) setProblem(error)
      },
    )
    return () => stop.abort()
  }, [from])

  const files = uploads.value.filter(({ job }) => job === null)
  const sources: Sources = { files, ...several }
  const requests = requestsOf(draft, tags, sources)
  const request = requests[0]!
  /** What was told of another request is no answer any more. */
  const forget = () => {
    newest.current++
    setPreview(null)
    setProblem(null)
  }
  const change = (next: Partial<Draft>) => {
    forget()
    setDraft({ ...draft, ...next })
  }
  const check = async (asked: JobRequest) => {
    const mine = ++newest.current
    const told = await client.dryRun(asked)
    if (mine === newest.current) setPreview(told)
  }
  /** What it holds is seen as soon as it is picked; why it would not run, when somebody asks. */
  const choose = (uri: string) => {
    const next = { ...draft, input: { ...draft.input, uri } }
    change(next)
    if (whyNot(TO_SUBMIT) === null) check(requestsOf(next, tags, sources)[0]!).catch(() => {})
  }
  const set = (name: string, value: Value) => {
    const next: Record<string, unknown> = { ...draft, [name]: value }
    if (value === undefined) delete next[name]
    forget()
    setDraft(next as Draft)
  }
  const ask = async (work: () => Promise<void>) => {
    setBusy(true)
    setProblem(null)
    try {
      await work()
    } catch (error) {
      setProblem(error as Error)
    }
    setBusy(false)
  }
  /** One after another: what was sent leaves the list, so that after a refusal the rest is still there. */
  const send = async () => {
    const ids: string[] = []
    for (const [i, each] of requests.entries()) {
      const { id } = await client.submit(each)
      ids.push(id)
      for (const { key } of requests.length > 1 ? [files[i]!] : files) sentWith(key, id)
    }
    if (ids.length > 1) announce(w.jobsSent(ids.length))
    go(ids.length > 1 ? '/' : `/jobs/${ids[0]}`)
  }
  const errors = problem instanceof FfleetApiError ? problem.errors : []
  const faults = (pointer: string) =>
    errors.find((each) => each.pointer === pointer)?.detail ??
    (requests.length > 1 && draft.outputs.some((_, i) => pointer === `/outputs/${i}/path` && sharesPath(draft, i))
      ? w.onePathForAll
      : undefined)
  const isKnown = files.every(({ id, state }) => id !== null && !['left', 'refused', 'gone'].includes(state))
  const isNamed = files.length > 0 || draft.input.uri !== ''
  const isDistinct = requests.length === 1 || !draft.outputs.some((_, i) => sharesPath(draft, i))
  const ready = isNamed && isKnown && isDistinct && !busy && whyNot(TO_SUBMIT) === null

  return (
    <main class="new">
      <h1>{w.newJob}</h1>
      <div class="columns">
        <InputForm
          draft={draft}
          sources={sources}
          faults={faults}
          onChange={(input: InputRequest) => change({ input })}
          onChoose={choose}
          onSources={(next) => {
            forget()
            setSeveral({ ...several, ...next })
          }}
        />
        <section class="sheet">
          <h2>{w.outputs}</h2>
          {draft.outputs.map((output, i) => (
            <OutputForm
              key={i}
              output={output}
              index={i}
              faults={faults}
              onChange={(next) => change({ outputs: draft.outputs.with(i, next) })}
              onRemove={draft.outputs.length === 1 ? null : () => change({ outputs: draft.outputs.toSpliced(i, 1) })}
            />
          ))}
          <button
            type="button"
            disabled={draft.outputs.length >= MOST_OUTPUTS}
            onClick={() => change({ outputs: [...draft.outputs, { preset: presets.value[0]?.name ?? 'h264-360p' }] })}
          >
            {w.addOutput}
          </button>
          <details>
            <summary>{w.jobSettings}</summary>
            <div class="fields">
              {(requestFields.value?.job ?? [])
                .filter(({ name }) => JOB_FIELDS.includes(name))
                .map((field) => (
                  <FieldInput
                    key={field.name}
                    field={{ default: '', ...field }}
                    value={draft[field.name as 'priority']}
                    fault={faults(`/${field.name}`)}
                    onChange={(value) => set(field.name, value)}
                  />
                ))}
            </div>
            <label class="field">
              <span>{w.tagsALine}</span>
              <textarea
                rows={3}
                value={tags}
                placeholder="customer=42"
                onInput={(event) => setTags(event.currentTarget.value)}
              />
            </label>
          </details>
        </section>
        <section class="sheet">
          <h2>{w.whatWouldHappen}</h2>
          <div class="actions">
            <button type="button" disabled={!ready} onClick={() => void ask(() => check(request))}>
              {w.check}
            </button>
            <button type="button" class="main" disabled={!ready} onClick={() => void ask(send)}>
              {requests.length > 1 ? w.sendJobs(requests.length) : w.send}
            </button>
          </div>
          <WhyNot needed={TO_SUBMIT} />
          {isKnown ? null : <p class="quiet">{w.filesNotReady}</p>}
          {problem === null ? null : <Refusal problem={problem} />}
          {preview === null ? null : <Preview preview={preview} />}
          <CopyText label={w.asJson} text={JSON.stringify(request, null, 2)} />
          <CopyText label={w.asCurl} text={curlOf(request)} />
        </section>
      </div>
    </main>
  )
}
