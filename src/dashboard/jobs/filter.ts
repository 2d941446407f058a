/** Which jobs are listed: it stands in the address, so that a list can be sent to somebody. */
import type { ListFilter } from '../../client/index.js'
import type { ErrorCode } from '../../contract/errors.js'
import { JOB_STATES, type JobState } from '../../contract/states.js'

/** Of the address; what is no filter is left out. */
export function filterOf(query: URLSearchParams): ListFilter {
  const state = query.get('state')
  const tags = [...query].flatMap(([name, value]) => (name.startsWith('tag.') ? [[name.slice(4), value] as const] : []))
  const text = (name: string) => query.get(name) || undefined
  return {
    state: JOB_STATES.find((each) => each === state) satisfies JobState | undefined,
    preset: text('preset'),
    code: text('code') as ErrorCode | undefined,
    text: text('text'),
    since: timeOf(query.get('since')),
    until: timeOf(query.get('until')),
    ...(tags.length > 0 && { tags: Object.fromEntries(tags) }),
  }
}

/** Of the address as a browser's field for a local time has it; '' for none. */
export function localField(text: string | null): string {
  const iso = timeOf(text)
  if (iso === undefined) return ''
  const date = new Date(iso)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

/** Of such a field as it stands in the address: with its zone, so that it is the same time for whoever it is sent to. */
export function fromLocalField(text: string): string {
  return timeOf(text)?.replace('.000Z', 'Z') ?? ''
}

/** As a browser's field for a local time has it, or with its zone. */
function timeOf(text: string | null): string | undefined {
  if (!text) return undefined
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

/** More is asked than a state. */
export function isNarrowed(filter: ListFilter): boolean {
  return Object.entries(filter).some(([name, value]) => name !== 'state' && value !== undefined)
}
