/** Many jobs with webhooks while what tells of them is killed: what came is held against the event log. */
import type { JobEvent } from '../../src/contract/index.js'
import { createQueue, isUnavailable, type Queue } from '../../src/queue/index.js'
import { aJob } from './jobs.js'
import type { Receiver } from './receiver.js'
import { type AttemptScript, startScriptedWorker } from './scripted-worker.js'

export type Storm = {
  /** Subscribed events in the logs of the jobs. */
  events: number
  lost: number
  /** Came more than once, under the same `webhook-id`. */
  repeated: number
  /** Jobs whose events first came in another order than they happened, or whose end was not the last. */
  outOfOrder: number
  /** Ms from the end of a job to the first word of it. */
  endLatenciesMs: number[]
}

const TYPES: JobEvent['type'][] = [
  'job.queued',
  'attempt.started',
  'log',
  'attempt.failed',
  'job.completed',
  'job.failed',
]
const AT_ONCE = 4
/** Beside the log lines: queued, started, completed. */
export const OTHER_EVENTS = 3

/**
 * Runs it to its end: until nothing waits to be delivered. `oneByOne`: each job is told before the next is sent. `faults` go off one after another, spread over the events; each may
 * use what ends the attempts that run as the loss of their worker does.
 */
export async function storm(
  { redisUrl, receiver }: { redisUrl: string; receiver: Receiver },
  { jobs, lines, oneByOne = false }: { jobs: number; lines: number; oneByOne?: boolean },
  faults: ((loseWorkers: () => Promise<void>) => Promise<void>)[] = [],
): Promise<Storm> {
  const queue = await createQueue({ redis: redisUrl })
  const worker = await startScriptedWorker(redisUrl)
  const talk: AttemptScript = async (attempt) => {
    for (let n = 1; n <= lines; n++) await attempt.log(n, 'warning', `line ${n}`)
    return { kind: 'completed' }
  }
  const work = () => Array.from({ length: AT_ONCE }, () => worker.work(talk))
  const loseWorkers = async () => {
    await worker.rest()
    work()
  }
  try {
    work()
    const total = jobs * (lines + OTHER_EVENTS)
    const going = faults.reduce(async (former, fault, i) => {
      await former
      await until(async () => receiver.received.length >= (total * (i + 1)) / (faults.length + 1))
      await fault(loseWorkers)
    }, Promise.resolve())
    const ids: string[] = []
    for (let i = 1; i <= jobs; i++) {
      ids.push(await submit(queue, receiver.url))
      if (oneByOne) await until(async () => receiver.received.length >= i * (lines + OTHER_EVENTS))
    }
    await going
    await until(async () => {
      const [{ jobs: waiting }, { counts }] = await Promise.all([queue.webhooks.waiting(), queue.jobs.info()])
      return waiting === 0 && counts.queued === 0 && counts.active === 0
    })
    return await compare(queue, receiver, ids)
  } finally {
    await worker.close()
    await queue.close()
  }
}

/** What is not answered may have been taken: then there is one job more, which nobody asks for. */
async function submit(queue: Queue, url: string): Promise<string> {
  for (;;) {
    try {
      const webhook = { url, events: TYPES, progressIntervalMs: 1_000 }
      return (await queue.jobs.submit(aJob({ webhook, maxAttempts: 10 }), {})).id
    } catch (error) {
      if (!isUnavailable((error as Error).cause ?? error)) throw error
      await new Promise((done) => setTimeout(done, 50))
    }
  }
}

async function compare(queue: Queue, receiver: Receiver, ids: string[]): Promise<Storm> {
  const came = groupedByJob(receiver)
  const result: Storm = { events: 0, lost: 0, repeated: 0, outOfOrder: 0, endLatenciesMs: [] }
  for (const id of ids) {
    const { entries } = (await queue.events.read(id))!
    const happened = entries.filter(({ type }) => TYPES.includes(type)).map((entry) => entry.id)
    const received = came.get(id) ?? []
    const first = [...new Set(received.map(({ event }) => event.id))]
    result.events += happened.length
    result.lost += happened.filter((each) => !first.includes(each)).length
    result.repeated += received.length - first.length
    if (first.join() !== happened.filter((each) => first.includes(each)).join()) result.outOfOrder++
    const end = received.find(({ event }) => event.id === happened.at(-1))
    if (end) result.endLatenciesMs.push(end.atMs - Date.parse(end.event.at))
  }
  return result
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition().catch(() => false))) await new Promise((done) => setTimeout(done, 20))
}

function groupedByJob({ received }: Receiver): Map<string, Receiver['received']> {
  const groups = new Map<string, Receiver['received']>()
  for (const one of received) groups.set(one.event.jobId, [...(groups.get(one.event.jobId) ?? []), one])
  return groups
}
