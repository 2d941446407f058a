import { defineCommand } from 'citty'
import type { FfleetClient } from '../client/index.js'
import type { QueueInfo } from '../contract/index.js'
import { JSON_OPTION, print, printJson, stdoutColumns, stdoutStyle } from './print.js'
import { count, formatBytes, formatSpan } from './render/figures.js'
import { forecastWords } from './render/forecast-words.js'
import { facts } from './render/table.js'
import { clientOf, SERVER_OPTION } from './server.js'

/** A command that asks something of the queue and shows how the queue stands then. */
export function queueCommand(
  meta: { name: string; description: string },
  ask: (client: FfleetClient) => Promise<QueueInfo>,
) {
  return defineCommand({
    meta,
    args: { ...JSON_OPTION, ...SERVER_OPTION },
    async run({ args }) {
      printQueue(await ask(clientOf(args)), args.json ?? false)
    },
  })
}

/** The queue as a person reads it, or as JSON. */
function printQueue(queue: QueueInfo, json: boolean): void {
  if (json) {
    printJson(queue)
    return
  }
  const { counts, forecast, oldestWaitMs, slots, workers } = queue
  const waits = [
    counts.delayed > 0 ? `${counts.delayed} of them later` : '',
    oldestWaitMs === null ? '' : `the oldest for ${formatSpan(oldestWaitMs)}`,
  ].filter((part) => part !== '')
  const rows: [string, string][] = [
    ['state', queue.paused ? 'paused; `ffleet resume` lets it go on' : 'open'],
    ['queued', [String(counts.queued), ...waits].join(', ')],
    ['active', String(counts.active)],
    ['completed', String(counts.completed)],
    ['failed', String(counts.failed)],
    ['cancelled', String(counts.cancelled)],
    ['workers', workers === 0 ? 'none; start one with `ffleet worker`' : `${workers}, ${count(slots, 'slot')}`],
  ]
  if (queue.quotas) rows.push(...quotaRows(queue.quotas))
  if (forecast) rows.splice(3, 0, ['forecast', forecastWords(forecast, Date.now())])
  print(facts(rows, stdoutStyle(), stdoutColumns()))
}

/** What a tenant has of what it may have. */
function quotaRows({ queued, running, bytes }: NonNullable<QueueInfo['quotas']>): [string, string][] {
  const rows: [string, typeof queued, (figure: number) => string][] = [
    ['open jobs', queued, String],
    ['at once', running, String],
    ['bytes', bytes, formatBytes],
  ]
  return rows.map(([name, { used, limit }, shown]) => [
    name,
    limit === null ? `${shown(used)}, without a limit` : `${shown(used)} of ${shown(limit)}`,
  ])
}
