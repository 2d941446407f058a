import { defineCommand } from 'citty'
import type { FfleetClient } from '../../client/index.js'
import type { Schedule } from '../../contract/index.js'
import type { OnExists } from '../../contract/job.js'
import { CATCH_UPS, OVERLAPS } from '../../contract/schedule.js'
import { nearest } from '../../nearest.js'
import { UsageError } from '../exit.js'
import { JSON_OPTION, print, printJson, printJsonLine, stdoutColumns, stdoutStyle } from '../print.js'
import { runTable, scheduleFacts, scheduleTable } from '../render/schedule-view.js'
import { printable } from '../render/text.js'
import { type Arguments, integerOf, rangeOf, secondsOf, tagsOf, valuesOf } from '../request/arguments.js'
import { JOB_OPTIONS, jobRequest } from '../request/job-request.js'
import { OUTPUT_OPTIONS, outputChoices } from '../request/outputs.js'
import { playOf } from '../request/play.js'
import { clientOf, SERVER_OPTION } from '../server.js'

type Asked = { client: FfleetClient; name: string; query: { tenant: string | undefined }; json: boolean }
type Verb = (asked: Asked) => Promise<void>

/** What is done with a schedule that is there. */
const VERBS: Record<string, Verb> = {
  show: async ({ client, name, query, json }) => {
    const schedule = await client.schedule(name, query)
    if (json) printJson(schedule)
    else print(scheduleFacts(schedule, stdoutStyle(), stdoutColumns()))
  },
  rm: async ({ client, name, query, json }) => {
    await client.removeSchedule(name, query)
    if (json) printJson({ name, removed: true })
    else print(`${printable(name)} removed`)
  },
  pause: async ({ client, name, query, json }) => tell(await client.pauseSchedule(name, query), json),
  resume: async ({ client, name, query, json }) => tell(await client.resumeSchedule(name, query), json),
  run: async ({ client, name, query, json }) => {
    const run = await client.runSchedule(name, query)
    if (json) printJson(run)
    else print(run.jobId ?? run.id)
  },
  runs: async ({ client, name, query, json }) => {
    const runs = await client.scheduleRuns(name, query)
    if (json) return runs.forEach(printJsonLine)
    print(runs.length === 0 ? 'It has not run yet.' : runTable(runs, stdoutStyle(), stdoutColumns()))
  },
}

export const SCHEDULE_VERBS = ['add', 'ls', ...Object.keys(VERBS)]

export default defineCommand({
  meta: { name: 'schedule', description: 'Send a job again and again: make, list, pause and run schedules' },
  args: {
    verb: {
      type: 'positional',
      required: true,
      description:
        '`add` (which replaces the one of that name), `ls`, `show`, `rm`, `pause`, `resume`, `run` or `runs`',
    },
    schedule: { type: 'positional', required: false, description: 'Name of the schedule; not for `ls`' },
    input: {
      type: 'positional',
      required: false,
      description: 'For `add`: path in the media root; may hold {date}, {time} and the like, as --output and --tag may',
    },
    cron: { type: 'string', valueHint: 'PATTERN', description: 'When it runs: "30 3 * * *"' },
    every: { type: 'string', valueHint: 'SECONDS', description: 'In place of --cron: the time between two runs' },
    'time-zone': { type: 'string', valueHint: 'ZONE', description: 'Such as Europe/Berlin; default UTC' },
    overlap: {
      type: 'enum',
      options: [...OVERLAPS],
      description: 'While the job of the run before has not ended: default skip',
    },
    'catch-up': {
      type: 'enum',
      options: [...CATCH_UPS],
      description: 'Of slots that were missed: run none, or one for them all; default none',
    },
    preset: { ...OUTPUT_OPTIONS.preset, description: 'Preset of the output; may be given again for another output' },
    output: { ...OUTPUT_OPTIONS.output, description: "Path in the server's output root; default <job>/<preset>.<ext>" },
    ...JOB_OPTIONS,
    tag: { type: 'string', valueHint: 'KEY=VALUE', description: 'May be given again' },
    tenant: { type: 'string', valueHint: 'NAME', description: 'Whose, for a key of the role admin; not for `add`' },
    ...JSON_OPTION,
    ...SERVER_OPTION,
  },
  async run({ args, data }) {
    const { verb, schedule: name, input, tenant, json = false } = args
    const read = data as Arguments
    const client = clientOf(args)
    const query = { tenant }
    if (!SCHEDULE_VERBS.includes(verb)) throw new UsageError(unknownVerb(verb))
    if (verb !== 'add' && input !== undefined) throw new UsageError(`Unexpected argument: ${input}`)
    if (verb === 'ls') {
      if (name !== undefined) throw new UsageError(`Unexpected argument: ${name}`)
      return list(await client.schedules(query), json)
    }
    if (name === undefined) throw new UsageError('Missing argument: SCHEDULE')
    if (verb !== 'add') return VERBS[verb]!({ client, name, query, json })
    if (input === undefined) throw new UsageError('Missing argument: INPUT')
    if (tenant !== undefined)
      throw new UsageError('A schedule belongs to the tenant of the key; `add` takes no --tenant.')
    const everyMs = secondsOf(args.every, '--every')
    if ((args.cron === undefined) === (everyMs === undefined)) throw new UsageError('Say when: --cron or --every.')
    const job = jobRequest(input, outputChoices(read), {
      ...rangeOf(args),
      play: playOf(args, read),
      onExists: args['on-exists'] as OnExists | undefined,
      priority: integerOf(args.priority, '--priority', 0, 100),
      maxAttempts: integerOf(args['max-attempts'], '--max-attempts', 1, 10),
      timeoutMs: secondsOf(args.timeout, '--timeout'),
      tags: tagsOf(valuesOf(read, 'tag')),
    })
    const settings = {
      ...{ cron: args.cron, everyMs, timeZone: args['time-zone'] },
      ...{ overlap: args.overlap as Schedule['overlap'], catchUp: args['catch-up'] as Schedule['catchUp'] },
    }
    const said = Object.entries(settings).filter(([, value]) => value !== undefined)
    tell(await client.putSchedule({ name, job, ...Object.fromEntries(said) }), json)
  },
})

function list(schedules: Schedule[], json: boolean): void {
  if (json) schedules.forEach(printJsonLine)
  else print(schedules.length === 0 ? 'No schedules.' : scheduleTable(schedules, stdoutStyle(), stdoutColumns()))
}

function tell(schedule: Schedule, json: boolean): void {
  const [next] = schedule.nextRuns
  if (json) printJson(schedule)
  else print(`${printable(schedule.name)} ${next === undefined ? 'is paused' : `runs next at ${next}`}`)
}

function unknownVerb(verb: string): string {
  const [meant] = nearest(verb, SCHEDULE_VERBS)
  return `There is no "${verb}"; ${meant ? `did you mean ${meant}?` : `it is one of ${SCHEDULE_VERBS.join(', ')}.`}`
}
