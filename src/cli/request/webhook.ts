import { JOB_EVENT_TYPES, type JobEventType, type WebhookRequest } from '../../contract/index.js'
import { nearest } from '../../nearest.js'
import { UsageError } from '../exit.js'

/** What a command line says of who is told; undefined where it says nothing. @throws UsageError */
export function webhookOf(url: string | undefined, types: string | undefined): WebhookRequest | undefined {
  if (url === undefined) {
    if (types !== undefined) throw new UsageError('--webhook-events needs a --webhook that they are sent to.')
    return undefined
  }
  return types === undefined ? { url } : { url, events: types.split(',').map((each) => typeOf(each.trim())) }
}

function typeOf(text: string): JobEventType {
  const known = JOB_EVENT_TYPES.find((type) => type === text)
  if (known !== undefined) return known
  const [meant] = nearest(text, JOB_EVENT_TYPES)
  const guess = meant === undefined ? JOB_EVENT_TYPES.join(', ') : `did you mean ${meant}?`
  throw new UsageError(`--webhook-events: there are no events "${text}"; ${guess}`)
}
