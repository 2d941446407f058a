import { useEffect, useRef, useState } from 'preact/hooks'
import { FfleetApiError } from '../../client/index.js'
import type { DryRun, InputRequest, JobRequest } from '../../contract/index.js'
import { presets } from '../live/presets.js'
import { client, SERVER } from '../live/server.js'
import { session } from '../live/session.js'
import { CopyText } from '../shell/copy-text.js'
import { TO_SUBMIT, WhyNot, whyNot } from '../shell/permission.js'
import { address, go } from '../shell/router.js'
import { words } from '../words/texts.js'
import { FieldInput, type Value } from './field-input.js'
import { MediaBrowser } from './media-browser.js'
import { OutputForm } from './output-form.js'
import { Preview } from './preview.js'
import { readFields, requestFields } from './schema.js'

/** `then`: what is played behind the input, as it was asked for. */
type Draft = Omit<JobRequest, 'input' | 'inputs'> & { input: InputRequest; then?: (string | InputRequest)[] }

const MOST_OUTPUTS = 16
const EMPTY: Draft = { input: { uri: '' }, outputs: [{ preset: 'h264-720p' }] }
/** Of a request what the form asks for below its outputs. */
const JOB_FIELDS = ['priority', 'maxAttempts', 'delayMs', 'timeoutMs']
const INPUT_FIELDS = ['startMs', 'endMs', 'expectedDurationMs', 'speed', 'fadeInMs', 'fadeOutMs', 'loop', 'durationMs']

/** Sends a job from the browser, once somebody has seen what would become of it. */
export function NewJobPage() {
  const w = words.value
  const [draft, setDraft] = useState<Draft>(EMPTY)
  const [tags, setTags] = useState('')
  const [preview, setPreview] = useState<DryRun | null>(null)
  const [problem, setProblem] = useState<Error | null>(null)
  const [busy, setBusy] = useState(false)
  const newest = useRef(0)
  const from = address.value.query.get('from')

  useEffect(() => {
    void readFields()
  }, [])
  useEffect(() => {
    if (from === null) return
    const stop = new AbortController()
    client.requestOf(from, { signal: stop.signal }).then(
      ({ input, inputs, tags = {}, ...rest }) => {
        const [first = '', ...then] = inputs ?? (input === undefined ? [] : [input])
        setDraft({ input: asObject(first), ...(then.length > 0 && { then }), ...rest })
        setTags(
          Object.entries(tags)
            .map(([key, value]) => `${key}=${value}`)
            .join('\n'),
        )
      },
      (error: Error) => {
        // That the key may send no jobs stands there already.
        const isTold = error instanceof FfleetApiError && error.code === 'FORBIDDEN'
        if (!stop.signal.aborted && !isTold) setProblem(error)
      },
    )
    return () => stop.abort()
  }, [from])

  const request = requestOf(draft, tags)
  const change = (next: Partial<Draft>) => {
    newest.current++
    setDraft({ ...draft, ...next })
    setPreview(null)
    setProblem(null)
  }
  const check = async (asked: JobRequest) => {
    const mine = ++newest.current
    const told = await client.dryRun(asked)
    // Of another request by now, it is no answer.
    if (mine === newest.current) setPreview(told)
  }
  /** What it holds is seen as soon as it is picked; why it would not run, when somebody asks. */
  const choose = (uri: string) => {
    const next = { ...draft, input: { ...draft.input, uri } }
    change(next)
    if (whyNot(TO_SUBMIT) === null) check(requestOf(next, tags)).catch(() => {})
  }
  const set = (part: 'input' | 'job', name: string, value: Value) => {
    const target: Record<string, unknown> = part === 'input' ? { ...draft.input } : { ...draft }
    if (value === undefined) delete target[name]
    else target[name] = value
    if (part === 'input') change({ input: target as InputRequest })
    else {
      newest.current++
      setDraft(target as Draft)
      setPreview(null)
    }
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
  const errors = problem instanceof FfleetApiError ? problem.errors : []
  const faults = (pointer: string) => errors.find((each) => each.pointer === pointer)?.detail
  const fields = requestFields.value
  const at = draft.then ? '/inputs/0' : '/input'
  const inputFault = faults(at) ?? faults(`${at}/uri`)
  const ready = draft.input.uri !== '' && !busy && whyNot(TO_SUBMIT) === null

  return (
    <main class="new">
      <h1>{w.newJob}</h1>
      <div class="columns">
        <section class="sheet">
          <h2>{w.input}</h2>
          <MediaBrowser chosen={draft.input.uri} onChoose={choose} />
          <label class={inputFault === undefined ? 'field' : 'field faulty'}>
            <span>{w.inputPath}</span>
            <input
              value={draft.input.uri}
              placeholder="trailers/in.mov"
              aria-invalid={inputFault !== undefined}
              onInput={(event) => change({ input: { ...draft.input, uri: event.currentTarget.value } })}
            />
            {inputFault === undefined ? null : <span class="fault">{inputFault}</span>}
          </label>
          {draft.then === undefined ? null : (
            <p class="quiet">{w.thenPlayed(draft.then.map((each) => asObject(each).uri))}</p>
          )}
          <details>
            <summary>{w.partOfInput}</summary>
            <div class="fields">
              {(fields?.input ?? [])
                .filter(({ name }) => INPUT_FIELDS.includes(name))
                .map((field) => (
                  <FieldInput
                    key={field.name}
                    field={{ ...field, default: '' }}
                    value={draft.input[field.name as 'startMs'] ?? undefined}
                    fault={faults(`${at}/${field.name}`)}
                    onChange={(value) => set('input', field.name, value)}
                  />
                ))}
            </div>
          </details>
        </section>
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
              {(fields?.job ?? [])
                .filter(({ name }) => JOB_FIELDS.includes(name))
                .map((field) => (
                  <FieldInput
                    key={field.name}
                    field={{ default: '', ...field }}
                    value={draft[field.name as 'priority']}
                    fault={faults(`/${field.name}`)}
                    onChange={(value) => set('job', field.name, value)}
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
            <button
              type="button"
              class="main"
              disabled={!ready}
              onClick={() => void ask(async () => go(`/jobs/${(await client.submit(request)).id}`))}
            >
              {w.send}
            </button>
          </div>
          <WhyNot needed={TO_SUBMIT} />
          {problem === null ? null : <Refusal problem={problem} />}
          {preview === null ? null : <Preview preview={preview} />}
          <CopyText label={w.asJson} text={JSON.stringify(request, null, 2)} />
          <CopyText label={w.asCurl} text={curlOf(request)} />
        </section>
      </div>
    </main>
  )
}

function Refusal({ problem }: { problem: Error }) {
  const isApi = problem instanceof FfleetApiError
  return (
    <div class="notice bad" role="alert">
      <p>
        {problem.message} {isApi ? <span class="code">{problem.code}</span> : null}
      </p>
      {isApi && problem.hint ? <p>{problem.hint}</p> : null}
      {isApi && problem.errors.length > 1 ? (
        <ul>
          {problem.errors.map(({ pointer, detail }) => (
            <li key={pointer + detail}>
              <code>{pointer}</code> {detail}
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  )
}

const asObject = (input: string | InputRequest): InputRequest => (typeof input === 'string' ? { uri: input } : input)

/** As it is sent: without what was left empty. */
function requestOf(draft: Draft, tags: string): JobRequest {
  const { input, then, ...rest } = draft
  const isPlain = Object.keys(input).length === 1
  const first = isPlain ? input.uri : input
  const named = tags
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.includes('='))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const)
  return {
    ...rest,
    ...(then ? { inputs: [first, ...then] } : { input: first }),
    ...(named.length > 0 && { tags: Object.fromEntries(named) }),
  }
}

function curlOf(request: JobRequest): string {
  const body = JSON.stringify(request).replaceAll("'", "'\\''")
  const key = session.value?.endsAt == null ? '' : `  -H "authorization: Bearer $FFLEET_API_KEY" \\\n`
  return `curl -X POST ${SERVER}/v1/jobs \\\n${key}  -H 'content-type: application/json' \\\n  -d '${body}'`
}
