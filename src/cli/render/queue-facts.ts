import type { QueueInfo } from '../../contract/index.js'
import { print, printJson, stdoutStyle } from '../print.js'
import { count, formatSpan } from './figures.js'
import { facts } from './table.js'

/** The queue as a person reads it, or as JSON. */
export function printQueue(queue: QueueInfo, json: boolean): void {
  if (json) {
    printJson(queue)
    return
  }
  const { counts, oldestWaitMs, slots, workers } = queue
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
  print(facts(rows, stdoutStyle()))
}
