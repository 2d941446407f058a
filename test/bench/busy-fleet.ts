/**
 * A fleet that is always busy, without ffmpeg: slots of the real queue whose jobs tell progress as they are bid to, so
 * that a second or an hour of it can be had at any pace.
 */
import type { Phase } from '../../src/contract/index.js'
import {
  type Attempt,
  createQueue,
  createWorkerQueue,
  HEARTBEAT_MS,
  type Run,
  type RunOutcome,
} from '../../src/queue/index.js'
import { aJob, aSnapshot, aWorker } from '../helpers/jobs.js'
import { answerWith, settingsOf } from './part.js'

export type BusyFleet = {
  redisUrl: string
  slots: number
  /** Updates before a job ends; of the first jobs some have been told already. */
  updatesOfJob: number
}
const { redisUrl, slots, updatesOfJob } = settingsOf<BusyFleet>()

const SLOTS_OF_WORKER = 8
const SUBMITTING_AT_ONCE = 128
const GIVE_EVERY_MS = 20
const LOCK_MS = 60_000

const queue = await createQueue({ redis: redisUrl })
const workers = await createWorkerQueue({ redis: redisUrl })
let running = 0
let ended = 0
let told = 0
let submitted = 0

/** Who wants to tell an update next, and what they may: the one who waited longest goes first. */
const turns: (() => void)[] = []
let credits = 0

function give(count: number): void {
  for (credits += count; credits > 0 && turns.length > 0; credits--) turns.shift()!()
}

async function turn(): Promise<void> {
  if (credits > 0) credits--
  else await new Promise<void>((go) => turns.push(go))
}

function shuffle(items: unknown[]): void {
  for (let i = items.length - 1; i > 0; i--) {
    const other = Math.floor(Math.random() * (i + 1))
    ;[items[i], items[other]] = [items[other], items[i]]
  }
}

async function encode(attempt: Attempt, first: number): Promise<RunOutcome> {
  let number = 1
  const phase = async (next: Phase) => void (await attempt.phase(number++, next))
  await phase('fetching')
  await phase('encoding')
  for (let n = first; n <= updatesOfJob; n++) {
    await turn()
    await attempt.progress(number++, snapshot(n), true)
    told++
  }
  await phase('verifying')
  await phase('publishing')
  return { kind: 'completed' }
}

const snapshot = (n: number) =>
  aSnapshot({
    percent: Math.round((n / updatesOfJob) * 1_000) / 10,
    etaMs: (updatesOfJob - n) * 1_000,
    outTimeUs: n * 1_734_000,
    frame: n * 43,
    fps: 42 + (n % 7),
    speed: 1.6 + (n % 9) / 10,
    bitrate: 2_000_000 + (n % 11) * 1_000,
    bytesWritten: n * 430_000,
  })

async function run(slot: number, { jobId, token }: Run): Promise<RunOutcome> {
  const worker = aWorker(`w-${Math.floor(slot / SLOTS_OF_WORKER)}`)
  const { attempt } = await workers.begin({ jobId, token, worker, poisonStarts: 3 })
  if (attempt === null) return { kind: 'lost' }
  running++
  try {
    // The first jobs are anywhere in their middle, so that they do not end all at once.
    const first = ended + running <= slots ? 1 + Math.floor((slot / slots) * updatesOfJob) : 1
    return await encode(attempt, first)
  } finally {
    running--
    ended++
  }
}

async function join(worker: number): Promise<void> {
  const member = workers.member(`w-${worker}`)
  const beat = () => ({
    id: `w-${worker}`,
    host: `studio-${worker}`,
    pid: 1,
    version: '0',
    state: 'running' as const,
    slots: Math.min(SLOTS_OF_WORKER, slots - worker * SLOTS_OF_WORKER),
    ffmpeg: '7',
    encoders: [],
    sandbox: 'none' as const,
    startedAt: new Date().toISOString(),
    lastSeenAt: new Date().toISOString(),
    load: 0.5,
  })
  await member.join(beat())
  setInterval(() => void member.beat(beat()), HEARTBEAT_MS)
}

let giving: NodeJS.Timeout | undefined

answerWith({
  /** So many more jobs wait. */
  async submit(count: number) {
    const end = submitted + count
    const lane = async () => {
      while (submitted < end) {
        const uri = `trailers/season-${1 + (submitted % 9)}/episode-${submitted++}.mp4`
        const input = { uri, startMs: null, endMs: null, expectedDurationMs: null }
        await queue.jobs.submit(aJob({ input, tags: { customer: String(submitted % 40) } }), {})
      }
    }
    await Promise.all(Array.from({ length: SUBMITTING_AT_ONCE }, lane))
  },
  /** Takes jobs from now on; resolves when every slot has one. */
  async work() {
    await Promise.all(Array.from({ length: Math.ceil(slots / SLOTS_OF_WORKER) }, (_, worker) => join(worker)))
    for (let slot = 0; slot < slots; slot++) {
      workers.openSlot({
        name: `slot-${slot}`,
        lockDurationMs: LOCK_MS,
        stalledCheckMs: LOCK_MS,
        onError: () => {},
        run: (each) => run(slot, each),
      })
    }
    while (running < slots) await new Promise((done) => setTimeout(done, 20))
  },
  /** Every job tells an update a second from now on: evenly over the second, neighbours apart. */
  live() {
    shuffle(turns)
    const startMs = performance.now()
    let given = 0
    giving = setInterval(() => {
      const due = Math.floor(((performance.now() - startMs) * slots) / 1_000) - given
      given += due
      give(due)
    }, GIVE_EVERY_MS)
  },
  rest() {
    clearInterval(giving)
  },
  /** So many updates at once, over all jobs; resolves when they are told. */
  async tell(count: number) {
    const until = told + count
    give(count)
    while (told < until) await new Promise((done) => setTimeout(done, 5))
  },
  /** What came of it so far. */
  figures: () => ({ told, ended, running }),
})
