import { createHash } from 'node:crypto'
import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  isTerminal,
  isTerminalEvent,
  type JobEvent,
  type TerminalState,
  type UsageDay,
} from '../../src/contract/index.js'
import { ROOT_FILE } from '../../src/storage/names.js'
import type { Stack } from './stack.js'

/**
 * What must hold after any fault, for every job of a stack that has come to rest. Gives what does not hold, in words.
 * `retried` are jobs that somebody opened again after their end: their events tell of two ends.
 */
export async function brokenPromises(
  stack: Stack,
  jobIds: readonly string[],
  retried: readonly string[] = [],
): Promise<string[]> {
  const broken: string[] = []
  const paths = new Set<string>()
  for (const id of [...jobIds, ...retried]) {
    const job = await stack.client.get(id)
    const say = (what: string) => broken.push(`${id} (${job.state}): ${what}`)
    if (!isTerminal(job.state)) {
      say('has not ended')
      continue
    }
    const events = await eventsOf(stack, id)
    if (!retried.includes(id)) for (const fault of eventFaults(events)) say(fault)
    for (const output of job.outputs) {
      const path = join(stack.outputRoot, output.path)
      paths.add(output.path)
      const file = await stat(path).catch(() => null)
      if (job.state === 'completed' && !file) say(`${output.path} is missing`)
      if (output.sha256 === null && file) say(`${output.path} is there, but was never published`)
      if (output.sha256 !== null && file?.isFile()) {
        const sha256 = createHash('sha256')
          .update(await readFile(path))
          .digest('hex')
        if (sha256 !== output.sha256) say(`${output.path} is not what was published`)
      }
    }
    if (job.state === 'completed' && job.progress?.percent !== 100) say(`shows ${job.progress?.percent} %`)
    if (job.state === 'failed' && !job.error) say('failed without an error')
  }
  for (const path of await filesBelow(stack.outputRoot)) {
    // Parts stay, for other jobs.
    if (path === ROOT_FILE || path.startsWith('.ffleet/parts')) continue
    if (path.startsWith('.ffleet/')) broken.push(`scratch left behind: ${path}`)
    else if (![...paths].some((known) => path === known || path.startsWith(`${known}/`)))
      broken.push(`unknown file ${path}`)
  }
  for (const line of await processesIn(stack.outputRoot)) broken.push(`still running: ${line}`)
  if (broken.length === 0 && retried.length === 0) broken.push(...(await usageFaults(stack, jobIds)))
  return broken
}

/** Whether usage has every end of a job and of an attempt once; asked where no other jobs are than those that are known. */
async function usageFaults(stack: Stack, jobIds: readonly string[]): Promise<string[]> {
  const { items: jobs } = await stack.client.listPage({ limit: 200 })
  if (jobs.length !== new Set(jobIds).size || jobs.some(({ id }) => !jobIds.includes(id))) return []
  const { items } = await stack.client.usage()
  const used = (figure: (item: UsageDay) => number | null) => items.reduce((sum, item) => sum + (figure(item) ?? 0), 0)
  const done = (state: TerminalState) => jobs.filter((job) => job.state === state)
  const made = done('completed').flatMap(({ outputs }) => outputs)
  const pairs: [string, number, number][] = [
    ['completed', used((item) => item.jobs.completed), done('completed').length],
    ['failed', used((item) => item.jobs.failed), done('failed').length],
    ['cancelled', used((item) => item.jobs.cancelled), done('cancelled').length],
    ['attempts', used(({ attempts }) => attempts), jobs.reduce((sum, { attempt }) => sum + attempt, 0)],
    ['outputBytes', used(({ outputBytes }) => outputBytes), made.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)],
  ]
  return pairs.flatMap(([name, counted, are]) => (counted === are ? [] : [`usage: ${counted} ${name}, not ${are}`]))
}

export async function eventsOf(stack: Stack, id: string): Promise<JobEvent[]> {
  const response = await fetch(`${stack.baseUrl}/v1/jobs/${id}/events`, { headers: { accept: 'application/x-ndjson' } })
  const text = await response.text()
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as JobEvent)
}

/** What is wrong with the events of one job that has ended and was never retried. */
export function eventFaults(events: readonly JobEvent[]): string[] {
  const faults: string[] = []
  const terminal = events.filter(isTerminalEvent)
  if (terminal.length !== 1) faults.push(`${terminal.length} terminal events`)
  else if (events.at(-1) !== terminal[0]) faults.push('events after the terminal one')
  if (events[0]?.type !== 'job.queued') faults.push(`begins with ${events[0]?.type}`)
  if (new Set(events.map((event) => event.id)).size !== events.length) faults.push('an id twice')
  const ready = events.flatMap((event) => (event.type === 'output.ready' ? [event.output.name] : []))
  if (new Set(ready).size !== ready.length) faults.push('an output announced twice')
  let attempt = 0
  let percent = -1
  let seq = 0
  for (const [index, event] of events.entries()) {
    if (event.type === 'job.completed' && percent !== 100) faults.push(`completed at ${percent} %`)
    if (event.type === 'attempt.started') {
      if (event.attempt <= attempt) faults.push(`attempt ${event.attempt} after ${attempt}`)
      attempt = event.attempt
      percent = -1
    }
    if (event.type !== 'progress') continue
    const { progress } = event
    if (progress.attempt !== attempt) faults.push(`progress of attempt ${progress.attempt} during ${attempt}`)
    if (progress.seq <= seq) faults.push(`seq ${progress.seq} after ${seq}`)
    seq = progress.seq
    if (progress.percent === null) continue
    if (progress.percent < percent) faults.push(`percent fell from ${percent} to ${progress.percent}`)
    if (progress.percent > 99 && events[index + 1]?.type !== 'job.completed')
      faults.push(`${progress.percent} % before the end`)
    percent = progress.percent
  }
  return faults
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory() || entry.parentPath.includes('/.ffleet'))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
}

/** Processes whose working folder lies below: every ffmpeg runs in the folder of its attempt. */
export async function processesIn(folder: string): Promise<string[]> {
  const found: string[] = []
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '')
    if (!cwd.startsWith(folder)) continue
    const state = (await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')).split(') ')[1]?.[0]
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ')
    if (state !== undefined && state !== 'Z') found.push(`${pid} ${command}`)
  }
  return found
}

/** The ffmpeg processes that work in a folder, by pid: not what holds a sandbox around one. */
export async function encodersIn(folder: string): Promise<number[]> {
  const processes = await processesIn(folder)
  return processes.filter((line) => !/^\d+ \S*bwrap /.test(line)).map((line) => Number.parseInt(line, 10))
}
