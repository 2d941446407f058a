/** Placeholders in the job of a schedule, filled in for the time of a slot, in the zone of the schedule. */
import { type JobRequest, renameFiles } from '../../contract/index.js'
import { nearest } from '../../nearest.js'
import { pointerStep } from '../submission/explain.js'
import type { Fault } from '../submission/faults.js'

const PLACEHOLDERS = ['date', 'time', 'year', 'month', 'day', 'hour', 'minute', 'schedule'] as const
export type Values = Record<(typeof PLACEHOLDERS)[number], string>

const PIECES = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g

/** What they stand for at the time of a slot. */
export function valuesAt(slotMs: number, { timeZone, name }: { timeZone: string; name: string }): Values {
  const format = new Intl.DateTimeFormat('en-u-ca-iso8601-nu-latn', {
    timeZone,
    hourCycle: 'h23',
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' },
  })
  const parts = Object.fromEntries(
    format.formatToParts(slotMs).map(({ type, value }) => [type, value.padStart(2, '0')]),
  )
  const { year, month, day, hour, minute, second } = parts as Record<string, string>
  return {
    date: `${year}-${month}-${day}`,
    // No colon, which some filesystems do not have.
    time: `${hour}-${minute}-${second}`,
    year: year!,
    month: month!,
    day: day!,
    hour: hour!,
    minute: minute!,
    schedule: name,
  }
}

/** The request with all of them filled in. */
export function fillIn(request: JobRequest, values: Values): JobRequest {
  return mapTexts(request, (text) =>
    text.replaceAll(PIECES, (piece, name?: string) => {
      if (piece === '{{' || piece === '}}') return piece[0]!
      return values[name as keyof Values]
    }),
  )
}

/** Those that do not exist, and braces that belong to none. */
export function placeholderFaults(request: JobRequest): Fault[] {
  const faults: Fault[] = []
  mapTexts(request, (text, pointer) => {
    for (const [piece, name] of text.matchAll(PIECES)) {
      const isKnown = piece === '{{' || piece === '}}' || (PLACEHOLDERS as readonly string[]).includes(name!)
      if (!isKnown) faults.push({ code: 'INVALID_REQUEST', pointer, detail: unknown(piece, name) })
    }
    return text
  })
  return faults
}

function unknown(piece: string, name: string | undefined): string {
  const known = PLACEHOLDERS.map((each) => `{${each}}`).join(', ')
  if (name === undefined)
    return `A single \`${piece}\` begins or ends no placeholder; write \`${piece}${piece}\` for it.`
  const [meant] = nearest(name, PLACEHOLDERS)
  const instead = meant === undefined ? `there are ${known}` : `perhaps {${meant}} is meant`
  return `There is no placeholder \`{${name.slice(0, 40)}}\`; ${instead}. Write \`{{\` and \`}}\` for braces.`
}

/** Changes the texts that may hold placeholders: paths, and the values of tags. */
function mapTexts(request: JobRequest, map: (text: string, pointer: string) => string): JobRequest {
  const { tags } = request
  const renamed = renameFiles(request, map)
  return {
    ...renamed,
    outputs: renamed.outputs.map((output, i) =>
      output.path === undefined ? output : { ...output, path: map(output.path, `/outputs/${i}/path`) },
    ),
    ...(tags && {
      tags: Object.fromEntries(
        Object.entries(tags).map(([key, value]) => [key, map(value, `/tags${pointerStep(key)}`)]),
      ),
    }),
  }
}
