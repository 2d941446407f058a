import { type DrawnText, fieldsIn, type Preset, TEXT_FIELDS, type Watermark } from '../../contract/index.js'
import type { Fault } from './fault.js'

/** Fields of a text that stand for the time of what it is drawn on. */
const OF_A_FILM: ReadonlySet<string> = new Set(['time', 'frame'])

/** What is wrong with what is drawn on the picture, although each field is right by itself. */
export function drawnFaults(kind: Preset['kind'], video: NonNullable<Preset['video']>, fault: Fault): void {
  for (const what of ['watermark', 'text'] as const) timeFaults(what, video[what], kind, fault)
  const { text } = video
  if (text) templateFaults(text, kind, fault)
}

function timeFaults(
  what: 'watermark' | 'text',
  drawn: Watermark | DrawnText | undefined,
  kind: Preset['kind'],
  fault: Fault,
): void {
  const { startMs, endMs } = drawn ?? {}
  if (kind === 'picture') {
    if (startMs !== undefined) fault(`/video/${what}/startMs`, 'does not apply to a picture, which has no times')
    if (endMs !== undefined) fault(`/video/${what}/endMs`, 'does not apply to a picture, which has no times')
  } else if (endMs !== undefined && endMs <= (startMs ?? 0)) {
    fault(`/video/${what}/endMs`, `must be greater than startMs, ${startMs ?? 0}`)
  }
}

function templateFaults({ template }: DrawnText, kind: Preset['kind'], fault: Fault): void {
  const at = '/video/text/template'
  const { fields, unknown } = fieldsIn(template)
  if (unknown.length > 0) {
    const known = TEXT_FIELDS.map((field) => `{${field}}`).join(', ')
    const [first] = unknown
    fault(at, `has ${first!.slice(0, 40)}, which is no field; there are ${known}, and {{ and }} for braces`)
  }
  const timed = kind === 'picture' ? fields.find((field) => OF_A_FILM.has(field)) : undefined
  if (timed) fault(at, `has {${timed}}, and a picture has no times`)
  if (/[^\P{C}\n\p{Cf}]/u.test(template)) fault(at, 'may hold no control characters but line breaks')
  else if (template.trim() === '') fault(at, 'has nothing to draw')
}
