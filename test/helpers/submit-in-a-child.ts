/**
 * A process of its own that submits one job and dies or waits on the way, at a side of the `queue.add` that hands the job to
 * BullMQ: before it the job is only recorded, after it nobody has been answered yet. Takes a `ChildSubmission` as JSON;
 * prints `reached` when it waits, goes on with a line on its stdin, and prints `answered <json>` with what it got.
 */
import { once } from 'node:events'
import { Queue } from 'bullmq'
import type { NormalizedJob } from '../../src/contract/index.js'
import { createQueue, type Idempotency } from '../../src/queue/index.js'

export type ChildSubmission = {
  redisUrl: string
  job: NormalizedJob
  idempotency?: Idempotency
  at: 'before add' | 'after add'
  act: 'kill' | 'wait'
}

const { redisUrl, job, idempotency, at, act } = JSON.parse(process.argv[2]!) as ChildSubmission

const add = Queue.prototype.add
Queue.prototype.add = async function (this: Queue, ...args: Parameters<typeof add>) {
  if (at === 'before add') await halt()
  const added = await add.apply(this, args)
  if (at === 'after add') await halt()
  return added
}

async function halt(): Promise<void> {
  if (act === 'kill') process.kill(process.pid, 'SIGKILL')
  console.log('reached')
  await once(process.stdin, 'data')
}

const queue = await createQueue({ redis: redisUrl, backoffMs: 50 })
const submission = await queue.jobs.submit(job, idempotency ? { idempotency } : {})
console.log(`answered ${JSON.stringify(submission)}`)
await queue.close()
process.exit()
