import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import type { Job } from '../../src/contract/index.js'
import { type Stack, startStack } from '../helpers/stack.js'
import { type Benchmark, interleaved, median, medianText } from './benchmark.js'
import { cpuMsOf } from './cpu-time.js'
import { makeBenchClip } from './media.js'
import { startPart } from './part.js'
import type { PlainJob } from './plain-worker.js'

const PRESET = 'h264-360p'
const PLAIN_QUEUE = 'plain'
const POLL_MS = 50
/** Of one overhead benchmark on a machine that is busy with something else. */
const LIMIT_MS = 150_000
const PLAIN_ROUNDS = 5
/** What a worker's code needs to be compiled; a service is in that state all day. */
const WARM_UP_JOBS = 300
const WARM_UP_SECONDS = 0.2

/** Wall time, and the CPU time of whoever spawns ffmpeg and of all it spawned. */
type Round = { wallMs: number; cpuMs: number }

/** The same encodes by bare ffmpeg, by ffleet, and by a plain worker. */
function overhead(options: {
  name: string
  seconds: number
  parallel: number
  jobs: number
  rounds: number
  reach: number
}): Benchmark {
  const { name, seconds, parallel, jobs, rounds, reach } = options
  const where = parallel === 1 ? 'one slot' : `${parallel} slots`
  return {
    name,
    title: `Overhead over bare ffmpeg: ${seconds} s clips in ${where}`,
    about:
      `Up to ${rounds} rounds of ${jobs} jobs each, ${PLAIN_ROUNDS} of the plain worker (320x180, 25 frames a second, \`${PRESET}\`); wall time from the first start to the ` +
      `last completion, over that of the same ffmpeg command spawned directly, ${parallel} at a time. Each worker is warm from ` +
      `${WARM_UP_JOBS} short jobs, and the jobs of a round wait in the queue before it starts. ` +
      'The plain worker is BullMQ with fluent-ffmpeg (`test/bench/plain-worker.ts`): ffprobe, ffmpeg with the same encoding options, ' +
      '`updateProgress`. CPU time is that of the worker and everything it spawned; of ffmpeg in the sandbox, what the reports say. The median of the rounds, and its standard error.',
    async run(say) {
      const folder = await mkdtemp(join(tmpdir(), 'ffleet-bench-'))
      const stack = await startStack({ env: { FFLEET_SLOTS: String(parallel) } })
      const redis = new Redis({ path: stack.redis.socket, maxRetriesPerRequest: null })
      const plainPart = await startPart('./plain-worker.ts', {
        socket: stack.redis.socket,
        queue: PLAIN_QUEUE,
        concurrency: parallel,
      })
      const queue = new Queue<PlainJob>(PLAIN_QUEUE, { connection: redis })
      try {
        const clip = await makeBenchClip(stack.mediaRoot, seconds)
        const tiny = await makeBenchClip(stack.mediaRoot, WARM_UP_SECONDS)
        await ffleetRound(stack, redis, tiny, WARM_UP_JOBS)
        await ffleetRound(stack, redis, clip, 1)
        const argv = await argvOf(stack)
        const job = { input: join(stack.mediaRoot, clip), options: encodingOptions(argv) }
        const bare = timed(process.pid, () => bareRound(folder, stack, { clip, argv, parallel, jobs }))
        const [worker] = await stack.client.workers()
        const ffleet = async () => {
          const round = await timed(stack.workers[0]!.pid, () => ffleetRound(stack, redis, clip, jobs))()
          // bubblewrap does not wait for what it started, so that no process inherits the CPU time of ffmpeg from it.
          return worker!.sandbox === 'bwrap'
            ? { ...round, cpuMs: round.cpuMs + (await encodersMs(stack, jobs)) }
            : round
        }
        const plain = timed(plainPart.pid, () => plainRound(queue, folder, job, jobs))
        await plainRound(queue, folder, { ...job, input: join(stack.mediaRoot, tiny) }, WARM_UP_JOBS)
        // ffleet is measured more closely than what it is held against.
        const results = await interleaved({ rounds, limitMs: LIMIT_MS }, { bare, ffleet })
        const others = await interleaved({ rounds: PLAIN_ROUNDS, limitMs: LIMIT_MS }, { bare, plain })
        for (const result of [...results, ...others]) say(inMs(result))
        const over = {
          ffleet: (of: keyof Round) => results.map((result) => result.ffleet[of] / result.bare[of]),
          plain: (of: keyof Round) => others.map((result) => result.plain[of] / result.bare[of]),
        }
        const bareMs = (of: keyof Round) => (median(results.map(({ bare }) => bare[of])) / jobs).toFixed(0)
        return [
          {
            what: `wall time of ${seconds} s clips, ${where}`,
            ffleet: medianText(over.ffleet('wallMs'), 3),
            beside: `plain worker ${medianText(over.plain('wallMs'), 3)}`,
            compared: `bare ffmpeg = 1 (${bareMs('wallMs')} ms a job)`,
            target: `≤ ${reach.toFixed(2)}`,
            reached: median(over.ffleet('wallMs')) <= reach,
          },
          {
            what: 'CPU time of the same',
            ffleet: medianText(over.ffleet('cpuMs'), 3),
            beside: `plain worker ${medianText(over.plain('cpuMs'), 3)}`,
            compared: `bare ffmpeg = 1 (${bareMs('cpuMs')} ms a job)`,
            target: null,
            reached: null,
          },
        ]
      } finally {
        await plainPart.stop()
        await queue.close()
        redis.disconnect()
        await stack.stop()
        await rm(folder, { recursive: true, force: true })
      }
    },
  }
}

const inMs = (result: Record<string, Round>) =>
  Object.entries(result)
    .map(([side, { wallMs, cpuMs }]) => `${side} ${wallMs.toFixed(0)} ms (CPU ${cpuMs} ms)`)
    .join(', ')

/** A round, and what the process `pid` and its children that have ended used up meanwhile. */
function timed(pid: number, round: () => Promise<number>): () => Promise<Round> {
  return async () => {
    const before = await cpuMsOf(pid)
    const wallMs = await round()
    return { wallMs, cpuMs: (await cpuMsOf(pid)) - before }
  }
}

/** From the moment BullMQ handed the first job out to the moment the last one was told to be completed. */
export async function ffleetRound(stack: Stack, redis: Redis, input: string, count: number): Promise<number> {
  await stack.client.pause()
  const submitted = await Promise.all(
    Array.from({ length: count }, () => stack.client.submit({ input, outputs: [{ preset: PRESET }] })),
  )
  const ids = submitted.map(({ id }) => id)
  await stack.client.resume()
  await polled(async () => (await redis.zmscore('ffleet:jobs:ended', ids)).every((score) => score !== null))
  const finals = await Promise.all(ids.map((id) => redis.hget(`ffleet:job:${id}`, 'final')))
  const ended = finals.map((final) => JSON.parse(final!) as Job)
  for (const { state, error } of ended) if (state !== 'completed') throw new Error(error?.detail ?? state)
  const starts = await Promise.all(ids.map((id) => redis.hget(`bull:transcode:${id}`, 'processedOn')))
  return Math.max(...ended.map(({ finishedAt }) => Date.parse(finishedAt!))) - Math.min(...starts.map(Number))
}

async function plainRound(
  queue: Queue<PlainJob>,
  folder: string,
  job: Omit<PlainJob, 'output'>,
  count: number,
): Promise<number> {
  await queue.pause()
  const added = await queue.addBulk(
    Array.from({ length: count }, (_, i) => ({
      name: 'transcode',
      data: { ...job, output: join(folder, `plain-${i}.mp4`) },
    })),
  )
  await queue.resume()
  await polled(async () => (await queue.getJobCountByTypes('waiting', 'active')) === 0)
  const ended = await Promise.all(added.map(async ({ id }) => (await queue.getJob(id!))!))
  for (const { failedReason } of ended) if (failedReason) throw new Error(failedReason)
  return (
    Math.max(...ended.map(({ finishedOn }) => finishedOn!)) - Math.min(...ended.map(({ processedOn }) => processedOn!))
  )
}

/** The command that ffleet ran, as its report tells it: input and output relative to the folder it ran in. */
export async function argvOf(stack: Stack): Promise<string[]> {
  for await (const { id } of stack.client.list({ limit: 1 })) {
    return (await stack.client.report(id)).attempts[0]!.passes[0]!.argv
  }
  throw new Error('No job has run')
}

/** The CPU time that the ffmpegs of the newest jobs used up, as their reports tell. */
async function encodersMs(stack: Stack, count: number): Promise<number> {
  let sum = 0
  let left = count
  for await (const { id } of stack.client.list({ limit: count })) {
    if (left-- === 0) break
    const { attempts } = await stack.client.report(id)
    for (const { summary } of attempts.flatMap(({ passes }) => passes))
      sum += (summary.cpuUserMs ?? 0) + (summary.cpuSystemMs ?? 0)
  }
  return sum
}

/** What lies between the last input and the output. */
const encodingOptions = (argv: string[]) => argv.slice(argv.lastIndexOf('-i') + 2, -1)

export async function bareRound(
  folder: string,
  stack: Stack,
  { clip, argv, parallel, jobs }: { clip: string; argv: string[]; parallel: number; jobs: number },
): Promise<number> {
  // As the command names it, below the folder of the attempt.
  const input = argv[argv.lastIndexOf('-i') + 1]!.replace(/^file:/, '')
  const folders = await Promise.all(
    Array.from({ length: jobs }, async (_, i) => {
      const cwd = join(folder, `bare-${i}`)
      await mkdir(dirname(join(cwd, input)), { recursive: true })
      await symlink(join(stack.mediaRoot, clip), join(cwd, input)).catch(() => {})
      return cwd
    }),
  )
  const startMs = performance.now()
  const lane = async () => {
    for (let cwd = folders.pop(); cwd !== undefined; cwd = folders.pop()) {
      const [code] = await once(spawn('ffmpeg', argv, { cwd, stdio: 'ignore' }), 'exit')
      if (code !== 0) throw new Error(`bare ffmpeg ended with ${code}`)
    }
  }
  await Promise.all(Array.from({ length: parallel }, lane))
  return performance.now() - startMs
}

/** With one command a look: who looks takes of the same two cores. */
async function polled(isOver: () => Promise<boolean>): Promise<void> {
  while (!(await isOver())) await new Promise((done) => setTimeout(done, POLL_MS))
}

export const longClips = overhead({
  name: 'overhead-30s',
  seconds: 30,
  parallel: 1,
  jobs: 2,
  rounds: 16,
  reach: 1.03,
})
export const shortClips = overhead({
  name: 'overhead-2s',
  seconds: 2,
  parallel: 2,
  jobs: 8,
  rounds: 40,
  reach: 1.15,
})
