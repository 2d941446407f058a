import type { JobError, JobOutput, NormalizedJob, Phase, Playable, ProgressSnapshot } from '../contract/index.js'
import { encodeProgress } from './codec.js'
import type { Connection } from './connection.js'
import { pairsOf } from './pairs.js'
import { exclusivePaths, givenPaths, type JobRecord, jobError, outputTaken, readRecord } from './record.js'
import type { Changes } from './turns/turns.js'
import type { KnownOutput, RanOn, Written } from './types.js'

/** Somebody else runs the job now, or it has ended: nothing of this attempt counts any more. */
export class AttemptLostError extends Error {
  override readonly name = 'AttemptLostError'
  constructor(why: string) {
    super(`The attempt no longer holds the job: ${why}`)
  }
}

/** What a worker begins an attempt with. */
export type AttemptStart = {
  attempt: number
  request: NormalizedJob
  /** Outputs that earlier attempts published. */
  published: Map<string, JobOutput>
  /** Publications that earlier attempts decided, by group; those not in `published` must be finished first. */
  commits: Map<string, string>
  /** What is known of outputs of other jobs that are inputs of this one, by `job:<id>/<output>`. */
  sources: JobRecord['sources']
  /** Attempts so far that ran out of memory. */
  outOfMemory: number
  /** Whether an attempt failed, or its worker was lost. */
  failedBefore: boolean
}

export type BeginAnswer =
  /** `changes`: what other jobs have their turns now. */
  | { kind: 'begun'; start: AttemptStart; changes: Changes }
  /** The job has ended; only BullMQ has to be told. */
  | { kind: 'ended'; record: JobRecord }
  | { kind: 'cancelled' }
  /** Its tenant runs as many as it may. */
  | { kind: 'held' }
  /** It names an encoder that this worker can't use now. */
  | { kind: 'needs' }
  | { kind: 'poisoned'; error: JobError }
  /** BullMQ has the job, but its record is gone: there is nothing to run. */
  | { kind: 'unknown' }
  | { kind: 'lost' }

/** Whether the job was asked to be cancelled meanwhile. */
type Recorded = { cancelled: boolean }

/**
 * One attempt's hold on its job. Every call is refused atomically in Redis once the attempt is no longer the newest,
 * lost BullMQ's lock or the job has ended; then it throws AttemptLostError. Events carry a rising number, so that one which
 * is sent again because its answer was lost is not told twice.
 */
export type Attempt = {
  readonly jobId: string
  readonly number: number
  readonly request: NormalizedJob
  progress(number: number, snapshot: Omit<ProgressSnapshot, 'seq'>, alsoFleet: boolean): Promise<Recorded>
  phase(number: number, phase: Phase): Promise<Recorded>
  log(number: number, level: 'warning' | 'error', text: string): Promise<Recorded>
  /** An output can be played though it is still encoded; null: not any more. */
  outputPlayable(number: number, output: string, playable: Playable | null): Promise<Recorded>
  /** Announces a published output, once however often it is called. */
  outputReady(number: number, output: JobOutput, written: Written | null): Promise<Recorded>
  /** The CPU time that it has used so far, in ms. */
  used(number: number, cpuMs: number): Promise<Recorded>
  /**
   * Decides that a group of outputs, by their names, will be published; from then on it must be. `last` makes the job
   * uncancellable.
   *
   * @throws FfleetError OUTPUT_EXISTS when another job has one of their paths.
   */
  commit(names: readonly string[], plan: string, last: boolean): Promise<'committed' | 'cancelled'>
  /** The attempt ends without success and says so. */
  fail(error: JobError, willRetry: boolean): Promise<void>
  /** The attempt ends without a word: cancelled, or handed back while draining. */
  end(): Promise<void>
}

export type BeginOptions = {
  redis: Connection
  jobId: string
  /** BullMQ's token of the lock. */
  token: string
  worker: RanOn
  /** Hardware encoders that the worker can use now, by ffmpeg's names; left out: none. */
  encoders?: readonly string[]
  poisonStarts: number
}

/** Begins an attempt, unless the job has ended, was cancelled, or has cost too many workers. */
export async function beginAttempt(options: BeginOptions): Promise<{ answer: BeginAnswer; attempt: Attempt | null }> {
  const { redis, jobId, token, worker, encoders = [], poisonStarts } = options
  const { keys } = redis.names
  const atMs = Date.now()
  const lostError = jobError('WORKER_LOST', 'The worker that ran this attempt was lost.', { attempt: 0, atMs })
  const poison = jobError(
    'POISONED',
    `${poisonStarts} attempts in a row ended with the loss of their worker; the job is not tried again.`,
    { attempt: 0, atMs },
  )
  const [kind, flat = [], changes = []] = await redis.ffBegin(
    jobId,
    keys.bullLock(jobId),
    token,
    worker.worker,
    atMs,
    `{"attempt":@A,"worker":${JSON.stringify(worker.worker)}}`,
    numbered(`{"attempt":0,"error":${JSON.stringify(lostError)},"willRetry":true}`),
    poisonStarts,
    numbered(JSON.stringify(poison)),
    worker.host,
    worker.data ?? '',
    encoders.join(','),
  )
  const record = readRecord(jobId, Object.fromEntries(pairsOf(flat)))
  switch (kind) {
    case 'BEGUN': {
      const { attempt, request, published, commits, sources, outOfMemory, error } = record!
      const failedBefore = error !== null
      const start = { attempt, request, published, commits, sources, outOfMemory, failedBefore }
      return { answer: { kind: 'begun', start, changes }, attempt: hold(redis, jobId, { attempt, token, request }) }
    }
    case 'ENDED':
      return { answer: { kind: 'ended', record: record! }, attempt: null }
    case 'CANCELLED':
      return { answer: { kind: 'cancelled' }, attempt: null }
    case 'HELD':
      return { answer: { kind: 'held' }, attempt: null }
    case 'NEEDS':
      return { answer: { kind: 'needs' }, attempt: null }
    case 'POISONED':
      return { answer: { kind: 'poisoned', error: record!.error! }, attempt: null }
    case 'UNKNOWN':
      return { answer: { kind: 'unknown' }, attempt: null }
    default:
      return { answer: { kind: 'lost' }, attempt: null }
  }
}

/** The script puts the number of the attempt where `@A` stands. */
const numbered = (json: string) => json.replaceAll('"attempt":0', '"attempt":@A')

type Hold = { attempt: number; token: string; request: NormalizedJob }

function hold(redis: Connection, jobId: string, { attempt, token, request }: Hold): Attempt {
  const { keys } = redis.names
  const recorded = ([answer, cancel]: [string, string | null]): Recorded => {
    if (answer !== 'OK') throw new AttemptLostError('it is not the newest any more')
    return { cancelled: cancel === '1' }
  }
  const record = async (number: number, type: string, body: object, field = '', value = '', once = '') => {
    const json = JSON.stringify({ attempt, ...body })
    return recorded(await redis.ffRecord(jobId, attempt, number, type, Date.now(), json, field, value, once))
  }
  const endAttempt = async (body: string, error: string, outOfMemory: boolean) => {
    const answer = await redis.ffEndAttempt(jobId, attempt, Date.now(), body, error, outOfMemory ? '1' : '')
    if (answer !== 'OK') throw new AttemptLostError('it ended already')
  }
  return {
    jobId,
    number: attempt,
    request,
    progress: async (number, snapshot, alsoFleet) =>
      recorded(await redis.ffProgress(jobId, attempt, number, alsoFleet ? '1' : '', ...encodeProgress(snapshot))),
    phase: (number, phase) => record(number, 'phase.changed', { phase }, 'phase', phase),
    log: (number, level, text) => record(number, 'log', { level, text }),
    outputPlayable: (number, output, playable) =>
      record(number, 'output.playable', { output, playable }, `play:${output}`, JSON.stringify({ attempt, playable })),
    outputReady(number, output, written) {
      const entry: KnownOutput = { output, written }
      return record(number, 'output.ready', { output }, `out:${output.name}`, JSON.stringify(entry), '1')
    },
    used: async (number, cpuMs) => recorded(await redis.ffUsed(jobId, attempt, number, Math.round(cpuMs))),
    async commit(names, plan, last) {
      const outputs = request.outputs.filter(({ name }) => names.includes(name))
      const exclusive = exclusivePaths(outputs)
      const others = givenPaths(outputs).filter((path) => !exclusive.includes(path))
      const [answer, path, owner] = await redis.ffCommit(
        jobId,
        attempt,
        keys.bullLock(jobId),
        token,
        `commit:${names.join('+')}`,
        plan,
        last ? '1' : '',
        exclusive.length,
        ...exclusive,
        ...others,
      )
      if (answer === 'STALE') throw new AttemptLostError('its lock is gone')
      if (answer === 'TAKEN') throw outputTaken(path!, owner!)
      return answer === 'OK' ? 'committed' : 'cancelled'
    },
    fail: (error, willRetry) =>
      endAttempt(JSON.stringify({ attempt, error, willRetry }), JSON.stringify(error), error.code === 'OUT_OF_MEMORY'),
    end: () => endAttempt('', '', false),
  }
}
