/** What the form holds, and the requests that it makes of it. */
import type { InputRequest, JobRequest } from '../../contract/index.js'
import { SERVER } from '../live/server.js'
import { session } from '../live/session.js'
import type { FileUpload } from '../uploads/uploads.js'

/** `then`: what is played behind the input, as it was asked for. */
export type Draft = Omit<JobRequest, 'input' | 'inputs'> & { input: InputRequest; then?: (string | InputRequest)[] }

/** Files of this computer in the place of the draft's input: a job for each, or one that plays them one after another. */
export type Sources = { files: readonly FileUpload[]; joined: boolean; crossfadeMs: number | undefined }

/** What the server has against the value at a pointer of the request. */
export type Faults = (pointer: string) => string | undefined

export const EMPTY: Draft = { input: { uri: '' }, outputs: [{ preset: 'h264-720p' }] }

export const asObject = (input: string | InputRequest): InputRequest =>
  typeof input === 'string' ? { uri: input } : input

const asShort = (input: InputRequest) => (Object.keys(input).length === 1 ? input.uri : input)

/** A request as the form shows it, its tags a line each. */
export function draftOf({ input, inputs, tags = {}, ...rest }: JobRequest): { draft: Draft; tags: string } {
  const [first = '', ...then] = inputs ?? (input === undefined ? [] : [input])
  return {
    draft: { input: asObject(first), ...(then.length > 0 && { then }), ...rest },
    tags: Object.entries(tags)
      .map(([key, value]) => `${key}=${value}`)
      .join('\n'),
  }
}

/** As they are sent: without what was left empty. One for each job. */
export function requestsOf(draft: Draft, tags: string, { files, joined, crossfadeMs }: Sources): JobRequest[] {
  const { input, then, ...rest } = draft
  const named = tags
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.includes('='))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const)
  const common = { ...rest, ...(named.length > 0 && { tags: Object.fromEntries(named) }) }
  const sent = files.map(({ id }) => ({ ...input, uri: `upload:${id ?? ''}` }))
  if (sent.length === 0) {
    return [{ ...common, ...(then ? { inputs: [asShort(input), ...then] } : { input: asShort(input) }) }]
  }
  if (!joined) return sent.map((each) => ({ ...common, input: asShort(each) }))
  const played = sent.map((each, i) => asShort(i === 0 || crossfadeMs === undefined ? each : { ...each, crossfadeMs }))
  return [{ ...common, inputs: played }]
}

/** Each of several jobs would write to the same path. */
export function sharesPath({ outputs }: Draft, i: number): boolean {
  const { path, onExists } = outputs[i]!
  return path !== undefined && onExists !== 'rename'
}

export function curlOf(request: JobRequest): string {
  const body = JSON.stringify(request).replaceAll("'", "'\\''")
  const key = session.value?.endsAt == null ? '' : `  -H "authorization: Bearer $FFLEET_API_KEY" \\\n`
  return `curl -X POST ${SERVER}/v1/jobs \\\n${key}  -H 'content-type: application/json' \\\n  -d '${body}'`
}
