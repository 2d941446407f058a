/**
 * Workers without ffmpeg, which do to Redis what `ffleet worker` does: the real queue with all its connections, heartbeat,
 * sweeper, inspector and outbox; an attempt tells all that one of a single pass tells, and encodes nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { JobOutput, NormalizedOutput } from '../../src/contract/index.js'
import {
  type Attempt,
  createOutbox,
  createQueue,
  createWorkerQueue,
  HEARTBEAT_MS,
  type Run,
  type RunOutcome,
} from '../../src/queue/index.js'
import { aHeartbeat, aJob, aSnapshot, aWorker } from '../helpers/jobs.js'
import { answerWith, settingsOf } from './part.js'

/** `lane`: a name of this process among those that simulate one fleet. */
export type SimWorkers = { redisUrl: string; lane: number }
const { redisUrl, lane } = settingsOf<SimWorkers>()

/** The defaults of the settings. */
const [LOCK_MS, STALLED_CHECK_MS, STATS_PERIOD_MS] = [30_000, 5_000, 500]
const SHOWN_EVERY_UPDATES = 10
const KEPT = { keepJobsMs: 7 * 86_400_000, keepJobsCount: 10_000, onForgotten: async () => {} }
const JOINING_AT_ONCE = 8

/** Whatever goes wrong here would be a figure of something else. */
function onError(error: unknown): void {
  console.error(error)
  process.exit(1)
}

const queue = await createQueue({ redis: redisUrl, onError })
let joined = 0
let ended = 0
let running = 0
/** Jobs go on telling progress while it stands; then they end, and so does each that follows, at once. */
let pace: AbortController | null = null
/** Whoever ends a job sends another one. */
let isFed = false

const submit = () => queue.jobs.submit(aJob({ tags: { customer: String(lane) } }), {})

async function join(): Promise<void> {
  const id = `w-${lane}-${joined++}`
  const workers = await createWorkerQueue({ redis: redisUrl, onError })
  const member = workers.member(id)
  const beat = () => aHeartbeat({ id, host: `studio-${id}`, lastSeenAt: new Date().toISOString(), load: 0.5 })
  const open = { name: `${id}/1`, onError }
  workers.openSlot({
    ...open,
    lockDurationMs: LOCK_MS,
    stalledCheckMs: STALLED_CHECK_MS,
    async run(task) {
      const worker = aWorker(id)
      const { attempt } = await workers.begin({ jobId: task.jobId, token: task.token, worker, poisonStarts: 3 })
      if (attempt === null) return { kind: 'lost' }
      const sinceMs = performance.now()
      const outcome = await work(task, attempt)
      await workers.remember({ request: attempt.request, host: id, tookMs: performance.now() - sinceMs })
      ended++
      if (isFed) await submit()
      return outcome
    },
  })
  workers.openInspector({ ...open, inspect: () => Promise.reject(new Error('there are no dry runs')) })
  workers.startSweeper(KEPT)
  await workers.listen({ onCancel: () => {}, onDrain: () => {}, onNeeds: () => {} })
  await member.join(beat())
  // What a worker asks with every heartbeat besides: whether its folders are still those of the fleet.
  setInterval(() => void Promise.all([member.beat(beat()), workers.roots.read()]), HEARTBEAT_MS)
}

async function work(task: Run, attempt: Attempt): Promise<RunOutcome> {
  const outbox = createOutbox({ attempt, onLost: () => {}, onCancelled: () => {}, onRefused: onError })
  const phase = (next: 'fetching' | 'probing' | 'encoding' | 'verifying' | 'publishing') => {
    outbox.post((number) => attempt.phase(number, next))
    task.showProgress({ progress: null, phase: next, speed: null })
  }
  phase('fetching')
  phase('probing')
  phase('encoding')
  running++
  // Reports of different ffmpegs fall anywhere in their period.
  const until = pace
  await sleep(until === null ? 0 : Math.random() * STATS_PERIOD_MS)
  for (let n = 1; ; n++) {
    const percent = Math.min(99, n / 10)
    outbox.progress(aSnapshot({ percent, outTimeUs: n * 867_000, frame: n * 21, bytesWritten: n * 215_000 }))
    if (n % SHOWN_EVERY_UPDATES === 0) task.showProgress({ progress: percent, phase: 'encoding', speed: 1.7 })
    if (until === null || until.signal.aborted) break
    await sleep(STATS_PERIOD_MS, undefined, { signal: until.signal }).catch(() => {})
  }
  running--
  outbox.post((number) => attempt.used(number, 60_000))
  phase('verifying')
  phase('publishing')
  await outbox.flush()
  const made = outputOf(attempt)
  await attempt.commit([made.name], JSON.stringify({ attempt: attempt.number, outputs: [{ output: made }] }), true)
  const written = { worker: 'w', host: 'studio', root: null, bytes: made.bytes!, modifiedMs: Date.now(), inode: 1 }
  outbox.post((number) => attempt.outputReady(number, made, written))
  await outbox.flush()
  outbox.close()
  return { kind: 'completed' }
}

function outputOf({ jobId, request }: Attempt): JobOutput {
  const [{ name, preset, recipe }] = request.outputs as [NormalizedOutput]
  return {
    ...{
      name,
      preset,
      path: `${jobId}/${name}.mp4`,
      mediaType: recipe.mediaType,
      href: `/v1/jobs/${jobId}/outputs/${name}`,
    },
    ...{ bytes: 4_000_000, durationMs: 60_000, sha256: 'f'.repeat(64), warnings: [] },
  }
}

answerWith({
  async join(count: number) {
    const target = joined + count
    const side = async () => {
      while (joined < target) await join()
    }
    await Promise.all(Array.from({ length: JOINING_AT_ONCE }, side))
  },
  /** Every worker gets a job, which goes on until `settle`. */
  async run() {
    pace = new AbortController()
    isFed = false
    for (let n = 0; n < joined; n++) await submit()
  },
  /** Lets what runs end; from now on jobs end at once, and each is followed by another. */
  feed() {
    isFed = true
    pace?.abort()
    pace = null
  },
  /** No further ones. */
  starve() {
    isFed = false
  },
  figures: () => ({ joined, running, ended }),
  /** How long the question of an autoscaler takes, in ms. */
  async asked() {
    const sinceMs = performance.now()
    await queue.jobs.info()
    return performance.now() - sinceMs
  },
})
