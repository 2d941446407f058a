/** The fields of a request, as the server's own document describes them: a form can offer nothing that is refused. */
import { signal } from '@preact/signals'
import { SERVER } from '../live/server.js'

export type Field = {
  name: string
  type: 'integer' | 'number' | 'string'
  minimum?: number
  maximum?: number
  maxLength?: number
  pattern?: string
  enum?: string[]
  default?: unknown
  description?: string
}

/** Those of each part of a request. */
export type RequestFields = Record<
  'job' | 'input' | 'subtitleFile' | 'output' | 'video' | 'watermark' | 'text' | 'audio' | 'tracks',
  Field[]
>

export const requestFields = signal<RequestFields | null>(null)

type Schema = Omit<Field, 'name' | 'type'> & {
  type?: string
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
}

export async function readFields(): Promise<void> {
  if (requestFields.value !== null) return
  const response = await fetch(`${SERVER}/openapi.json`)
  const document = (await response.json()) as { components: { schemas: { JobRequest: Schema } } }
  const { properties = {} } = document.components.schemas.JobRequest
  const output = properties.outputs?.items
  const video = output?.properties?.video
  const input = properties.input?.anyOf?.find(({ type }) => type === 'object')
  requestFields.value = {
    job: fieldsOf(properties),
    input: fieldsOf(input?.properties),
    output: fieldsOf(output?.properties),
    subtitleFile: unset(fieldsOf(input?.properties?.subtitles?.items?.properties)),
    video: fieldsOf(video?.properties),
    watermark: unset(fieldsOf(video?.properties?.watermark?.properties)),
    text: unset(fieldsOf(video?.properties?.text?.properties)),
    audio: fieldsOf(output?.properties?.audio?.properties),
    tracks: fieldsOf(output?.properties?.tracks?.properties),
  }
}

/** Of a part that no preset has: empty is not as the preset. */
function unset(fields: Field[]): Field[] {
  return fields.map((field) => ({ default: '', ...field }))
}

/** Those that are a single value. */
function fieldsOf(properties: Record<string, Schema> = {}): Field[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const plain = schema.anyOf?.find(({ type }) => type !== 'null') ?? schema
    if (plain.type !== 'integer' && plain.type !== 'number' && plain.type !== 'string') return []
    return [{ ...plain, name, type: plain.type }]
  })
}
