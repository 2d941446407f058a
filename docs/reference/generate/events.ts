import { SETTINGS } from '../../../src/config/settings.js'
import { FLEET_EVENTS, KEPT_PROGRESS } from '../../../src/queue/keys.js'
import { words } from './configuration.js'
import type { Declarations, Field } from './declarations.js'
import { block, code, prettyJson, table } from './markdown.js'
import { readRecorded } from './recorded.js'

export const EVENTS_MODULE = 'src/contract/events.ts'

/** What the fields of events hold; the types say only of what kind they are. */
const MEANING: Record<string, string> = {
  id: 'of the event in its stream; resume after it',
  type: 'what happened',
  jobId: 'the job it is about',
  at: 'when, ISO 8601 in UTC',
  attempt: 'number of the attempt, from 1; 0 before the first',
  worker: 'id of the worker',
  phase: 'what the job does from now on',
  progress: 'the newest figures',
  level: 'how serious ffmpeg meant it',
  text: 'the line, host folders taken out',
  output: 'what stands at its path now; of `output.playable` the name of the output',
  playable: 'since when it can be played, and where; null: not any more',
  error: 'why',
  willRetry: 'whether another attempt follows',
  job: 'the whole job, as it ended',
  reason: 'why, where it was not its own wish; else null',
}
/** Types that another page describes. */
const DESCRIBED: Record<string, string> = {
  ProgressSnapshot: 'http.md#progresssnapshot',
  JobOutput: 'http.md#joboutput',
  Playable: 'http.md#playable',
  JobError: 'http.md#joberror',
  Job: 'http.md#job',
  Phase: '../glossary.md#phases-of-an-active-job',
}

export function eventParts(declarations: Declarations): Record<string, string> {
  const jobEvents = declarations.alternatives(EVENTS_MODULE, 'JobEvent')
  const workerEvents = declarations.alternatives(EVENTS_MODULE, 'WorkerEvent')
  return {
    kept: keptTable(),
    common: fieldTable(workerEvents[0]!.fields.filter(({ name }) => COMMON.includes(name))),
    'job-events': jobEvents.map(eventSection).join('\n\n'),
    'worker-events': workerEvents.map(eventSection).join('\n\n'),
  }
}

function keptTable(): string {
  const { key, default: keepMs } = SETTINGS.keepEventsMs
  const forHowLong = `[\`${key}\`](configuration.md#${key.toLowerCase()}), by default ${words(keepMs, 'ms')}`
  return table(
    ['what', 'how much', 'how long'],
    [
      ['`progress` of a job', `the newest ${KEPT_PROGRESS}`, `until the job has ended for ${forHowLong}`],
      ['all other events of a job', 'all', 'the same'],
      ['events of the fleet', `the newest ${FLEET_EVENTS}, about`, ''],
    ],
  )
}

const COMMON = ['id', 'type', 'at']

/** One section for each declared event, which may be of several types. */
function eventSection({ literals, fields, doc }: ReturnType<Declarations['alternatives']>[number]): string {
  const types = literals('type')
  const own = fields.filter(({ name }) => !COMMON.includes(name))
  const examples = types.map((type) => {
    const example = readRecorded().events.find((event) => event.type === type)
    if (example === undefined) throw new Error(`No ${type} is recorded.`)
    return block('json', prettyJson(example))
  })
  return [`### ${types.map(code).join(', ')}`, doc, fieldTable(own), ...examples].join('\n\n')
}

function fieldTable(fields: readonly Field[]): string {
  const rows = fields.map(({ name, type }) => {
    const meaning = MEANING[name]
    if (meaning === undefined) throw new Error(`What ${name} holds is not told.`)
    const described = DESCRIBED[type]
    return [code(name), described === undefined ? typeOf(type) : `[${code(type)}](${described})`, meaning]
  })
  return table(['field', 'type', 'meaning'], rows)
}

/** `T` is what the sections go by: the type of the event. */
function typeOf(type: string): string {
  return type === 'T' ? code('string') : type.split(' | ').map(code).join(' or ')
}
