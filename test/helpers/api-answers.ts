import { Compile } from 'typebox/compile'
import { SCHEMAS } from '../../src/api/schemas.js'
import type { Job, JobRequest } from '../../src/contract/index.js'

const named = Object.fromEntries(SCHEMAS.map((schema) => [(schema as { $id?: string }).$id!, schema]))
const checks = new Map(Object.keys(named).map((name) => [name, Compile(named, named[name]!)]))

/** An answer whose body has been held against its schema: that of its name, or Problem where it is refused. */
export type Answer<T> = { status: number; headers: Headers; body: T }

export async function ask<T = unknown>(url: string, schema: string | null, init?: RequestInit): Promise<Answer<T>> {
  const response = await fetch(url, init)
  const text = await response.text()
  const isProblem = response.status >= 400
  const type = response.headers.get('content-type')
  if (text !== '' && type?.startsWith(isProblem ? 'application/problem+json' : 'application/json') !== true) {
    throw new Error(`${url}: ${response.status} as ${type}`)
  }
  const body: unknown = text === '' ? null : JSON.parse(text)
  const name = isProblem ? 'Problem' : schema
  const errors = name === null ? [] : checks.get(name)!.Errors(body)
  if (errors.length > 0) throw new Error(`${url} is no ${name}: ${JSON.stringify(errors, null, 1)}\n${text}`)
  return { status: response.status, headers: response.headers, body: body as T }
}

export function post<T = Job>(
  url: string,
  schema: string | null,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const json = body === undefined ? {} : { body: JSON.stringify(body) }
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
  return ask<T>(url, schema, { method: 'POST', headers: { ...type, ...headers }, ...json })
}

export const aRequest = (more: Partial<JobRequest> = {}): JobRequest => ({
  input: 'in.mp4',
  outputs: [{ preset: 'h264-360p' }],
  ...more,
})

/** Submits a job that must be accepted. */
export async function submit(baseUrl: string, more: Partial<JobRequest> = {}): Promise<Job> {
  const { status, body } = await post(`${baseUrl}/v1/jobs`, 'Job', aRequest(more))
  if (status !== 202) throw new Error(`refused: ${JSON.stringify(body)}`)
  return body
}
