import { defineCommand } from 'citty'
import type { Delivery, DeliveryLog } from '../../contract/index.js'
import { UsageError } from '../exit.js'
import { JSON_OPTION, print, printJson, stdoutColumns, stdoutStyle } from '../print.js'
import { table } from '../render/table.js'
import { JOB_WORDS, jobId } from '../request/job-ids.js'
import { clientOf, SERVER_OPTION } from '../server.js'

export default defineCommand({
  meta: { name: 'deliveries', description: 'Show what the webhook of a job was told, and tell it again' },
  args: {
    job: { type: 'positional', required: true, description: JOB_WORDS },
    redeliver: { type: 'string', valueHint: 'ID', description: 'Send the event of this delivery once more' },
    replay: {
      type: 'string',
      valueHint: 'EVENT',
      description: 'Send everything behind this event once more; 0: all that is kept',
    },
    ...JSON_OPTION,
    ...SERVER_OPTION,
  },
  async run({ args: { job, redeliver, replay, json, ...args } }) {
    if (redeliver !== undefined && replay !== undefined) throw new UsageError('--redeliver or --replay, not both.')
    const client = clientOf(args)
    const id = await jobId(client, job)
    const log = await (redeliver !== undefined
      ? client.redeliver(id, redeliver)
      : replay !== undefined
        ? client.replayDeliveries(id, replay)
        : client.deliveries(id))
    if (json) return printJson(log)
    if (log.url === null) return print('The job has no webhook.')
    if (log.items.length > 0) print(table(HEAD, log.items.map(rowOf), stdoutStyle(), { columns: stdoutColumns() }))
    print(stateOf(log))
  },
})

const HEAD = ['AT', 'EVENT', 'TRY', 'OUTCOME', 'STATUS', 'MS', 'ID', 'WHY']

function rowOf({ at, type, attempt, outcome, status, durationMs, id, error }: Delivery): string[] {
  return [
    at,
    type,
    String(attempt),
    outcome,
    status === null ? '-' : String(status),
    String(durationMs),
    id,
    error ?? '',
  ]
}

function stateOf({ url, disabled, nextAttemptAt }: DeliveryLog): string {
  if (disabled) return `${url} wants no more (410); --replay or --redeliver turns it on again.`
  return nextAttemptAt === null ? `Nothing waits to be sent to ${url}.` : `${url} is tried next at ${nextAttemptAt}.`
}
