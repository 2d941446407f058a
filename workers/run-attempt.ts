import {
  type Diagnosis,
  FfleetError,
  type JobError,
  type NormalizedOutput,
  type Probe,
  playsWhileEncoding,
} from '../src/contract/index.js'
import { isMostlyUndecodable } from '../src/diagnosis/index.js'
import type { PassGroup } from '../src/plan/index.js'
import { ProgressEstimator } from '../src/progress/index.js'
import {
  type Attempt,
  AttemptLostError,
  type AttemptStart,
  createOutbox,
  isUnavailable,
  needsOf,
  type Run,
  type RunOutcome,
} from '../src/queue/index.js'
import { SegmentInvalid } from '../src/segments/index.js'
import { requireUnchanged } from '../src/storage/index.js'
import { createAttemptReporter } from './attempt-report.js'
import {
  type AttemptContext,
  AttemptStopped,
  openContext,
  type StopReason,
  throwIfStopped,
  type WorkerContext,
} from './context.js'
import { explainFailure } from './failure.js'
import { fallBack, settleBlame } from './hardware/blame.js'
import { clearFormerAttempts } from './leftovers.js'
import { redactor } from './redactor.js'
import { lostSideStream } from './side-streams.js'
import { watchSpace } from './space-watch.js'
import { type Ahead, encodeAhead, NOT_AHEAD } from './stages/ahead.js'
import { checkLetters, prepareDrawings } from './stages/draw.js'
import { startEarly } from './stages/early.js'
import { EncodeFailed, encodeGroup } from './stages/encode.js'
import { closeInputs, fetchInputs, linkInputs } from './stages/fetch.js'
import { fetchKeys, type Keys } from './stages/keys.js'
import { type Concessions, checkPlaces, inSoftware, makeFolders, NO_CONCESSIONS, planJob } from './stages/plan.js'
import { type ProbedInput, probeInputs } from './stages/probe.js'
import { finishCommitted, publishGroup, publishMade } from './stages/publish.js'
import { TooLarge } from './stages/quality.js'
import { type VerifiedOutput, verifyGroup } from './stages/verify.js'

/** A job that ran out of memory is tried again at most so often. */
const OUT_OF_MEMORY_RETRIES = 2

/** Of an output in parts: itself, and what is joined on the way. Of one that is played early: its tracks, its segments, and these once more by other names. */
const COPIES_BESIDE = 3

/** 24.8 days: a timer that is set for longer goes off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** What the worker may do to a running attempt. */
export type RunningAttempt = {
  stop(reason: StopReason): void
  /** The worker takes no more: what only waits for its inputs is handed back, for another one fetches them as soon. */
  drain(): void
}

/** `isAllItsOwn`: it found nothing that earlier attempts had made. */
export type AttemptOutcome = Exclude<RunOutcome, { kind: 'completed' }> | { kind: 'completed'; isAllItsOwn: boolean }

/**
 * One attempt from its beginning to its end: fetch → probe → for each decode: encode → verify → publish. Whatever
 * happens, its outcome is told once, no process is left, and its scratch folder is gone unless it holds outputs that are
 * verified and not published.
 */
export async function runAttempt(
  worker: WorkerContext,
  run: Run,
  begun: { start: AttemptStart; attempt: Attempt },
  onRunning: (running: RunningAttempt) => void,
): Promise<AttemptOutcome> {
  const { start, attempt } = begun
  const stopper = new AbortController()
  const stop = (reason: StopReason) => stopper.abort(new AttemptStopped(reason))
  run.lockLost.addEventListener('abort', () => stop({ kind: 'lost' }), { once: true })
  let isFetching = () => true
  onRunning({ stop, drain: () => isFetching() && stop({ kind: 'released' }) })
  const outbox = createOutbox({
    attempt,
    onLost: () => stop({ kind: 'lost' }),
    onCancelled: () => stop({ kind: 'cancelled' }),
    onRefused: (error) => worker.log.warn({ err: error, job: run.jobId }, 'an event was refused'),
  })
  const context = await open(worker, run, begun, outbox, stopper.signal, stop)
  isFetching = () => context.isFetching()
  const disarm = armTimeout(context)
  let removed: Promise<void> | null = null
  const tidyUp = () => (removed ??= context.keepFolder ? Promise.resolve() : removeFolder(context))
  try {
    const isAllItsOwn = await work(context, start)
    const told = context.told(outbox.flush())
    // None of these has to wait for another, but that players read out of the folder until all know what is published.
    const tidied = context.playable.size === 0 ? tidyUp() : told.then(tidyUp)
    await Promise.all([told, context.report.end('completed', null, null), tidied])
    return { kind: 'completed', isAllItsOwn }
  } catch (error) {
    return await giveUp(context, run, start, error)
  } finally {
    disarm()
    context.hardwareHold.close()
    outbox.close()
    await tidyUp()
  }
}

async function open(
  worker: WorkerContext,
  run: Run,
  { start, attempt }: { start: AttemptStart; attempt: Attempt },
  outbox: ReturnType<typeof createOutbox>,
  signal: AbortSignal,
  stop: (reason: StopReason) => void,
): Promise<AttemptContext> {
  const { storage, config, capabilities, log } = worker
  const { jobId } = run
  const folder = storage.scratch.path(jobId, attempt.number)
  const redact = redactor(config, folder)
  const report = createAttemptReporter({
    store: storage.reports,
    jobId,
    attempt: attempt.number,
    worker: worker.workerId,
    host: worker.host,
    ffmpegVersion: capabilities.version,
    redact,
    onError: (error) => log.warn({ err: error, job: jobId }, 'the report could not be written'),
  })
  const logFile = await storage.reports.logPath(jobId, attempt.number).catch(() => null)
  return openContext({ worker, run, start, attempt, outbox, report, redact, logFile, folder, signal, stop })
}

/** True when it began with nothing: no attempt before it had made anything. */
async function work(context: AttemptContext, start: AttemptStart): Promise<boolean> {
  await context.hooks.beforeAttempt()
  await finishCommitted(context, start)
  const foundMade = await publishMade(context)
  await clearFormerAttempts(context.storage, context.jobId, context.attempt.number)
  const missing = start.request.outputs.filter(({ name }) => !context.published.has(name))
  // Whatever it failed by, a device gets no second chance at the same job.
  const wanted = start.failedBefore ? missing.map(inSoftware) : missing
  if (wanted.length > 0) await make(context, wanted)
  await context.hooks.afterPublication()
  return start.published.size === 0 && start.commits.size === 0 && !foundMade
}

async function make(context: AttemptContext, missing: NormalizedOutput[]): Promise<void> {
  context.phase('fetching')
  let created: Promise<unknown> | null = null
  const makeFolder = () => (created ??= context.storage.scratch.create(context.jobId, context.attempt.number))
  let ahead = NOT_AHEAD
  const fetched = await fetchInputs(context, {
    onProgress: (bytes, total) => context.fetching(bytes, total),
    onSource: (source) => context.report.source(source),
    onGrowing: (file) => {
      ahead = encodeAhead(context, file, missing, makeFolder)
    },
  }).catch(async (error) => {
    await ahead.stop()
    throw error
  })
  try {
    throwIfStopped(context.signal)
    await makeFolder()
    await linkInputs(context, fetched)

    if (!ahead.isEncoding()) context.phase('probing')
    const inputs = await probeInputs(context, fetched)
    context.report.input(inputs[0]!.probe)
    throwIfStopped(context.signal)
    const keys = await fetchKeys(context, missing)
    const unwatch = watchSpace(
      context,
      missing.reduce((sum, output) => sum + (output.split || playsWhileEncoding(output) ? COPIES_BESIDE : 1), 0),
    )
    await produce(context, { inputs, keys, ahead }, missing).finally(unwatch)
  } finally {
    await ahead.stop()
    await closeInputs(fetched)
  }
}

/** Makes the outputs that are not there yet, one decode after another. */
async function produce(
  context: AttemptContext,
  fetched: { inputs: readonly ProbedInput[]; keys: Keys; ahead: Ahead },
  outputs: NormalizedOutput[],
  concessions: Concessions = NO_CONCESSIONS,
): Promise<void> {
  const { inputs, keys, ahead } = fetched
  const groups = await planWithSessions(context, inputs, outputs, concessions)
  checkLetters(context, groups)
  await checkPlaces(context, groups)
  await makeFolders(context, groups)
  await prepareDrawings(context, inputs, groups)
  const [input] = inputs as [ProbedInput, ...ProbedInput[]]
  const { probe } = input
  const estimator = new ProgressEstimator(groups.flatMap((group) => group.passes.map((pass) => pass.plan)))
  const made = await ahead.result(groups)
  let passes = 0
  for (const [i, group] of groups.entries()) {
    let verified: VerifiedOutput[]
    const early = await startEarly(context, group)
    try {
      const { keptFrom } = early
      const encoding =
        made === null
          ? encodeGroup(context, group, { inputs, estimator, firstPass: passes, keptFrom })
          : Promise.resolve(made)
      const encoded = await encoding.finally(early.stop)
      throwIfStopped(context.signal)
      passes += group.passes.length
      context.phase('verifying')
      verified = await verifyGroup(context, { input, group, keys, early, ...encoded })
      await requireOneSource(input, group)
    } catch (error) {
      throwIfStopped(context.signal)
      await requireOneSource(input, group)
      if (made !== null) {
        await ahead.discard(groups)
        return produce(context, { ...fetched, ahead: NOT_AHEAD }, outputs, concessions)
      }
      const conceded = concede(context, probe, { error, group, concessions })
      await early.withdraw()
      const left = new Set(groups.slice(i).flatMap((each) => each.outputs.map(({ name }) => name)))
      const again = outputs.filter(({ name }) => left.has(name))
      return produce(context, { ...fetched, ahead: NOT_AHEAD }, again, conceded)
    } finally {
      await early.close()
    }
    throwIfStopped(context.signal)
    settleBlame(group, concessions.fellBack, context.hardware)
    await publishGroup(context, verified, { last: i === groups.length - 1 })
  }
}

/** What is put together of several readings of a file is of one file, or nothing; and what failed of two fails by that. */
async function requireOneSource({ held }: ProbedInput, { passes }: PassGroup): Promise<void> {
  if (passes.some(({ part }) => part !== undefined)) await requireUnchanged(held)
}

/** A plan that has the sessions of devices which it uses. */
async function planWithSessions(
  context: AttemptContext,
  inputs: readonly ProbedInput[],
  outputs: NormalizedOutput[],
  concessions: Concessions,
): Promise<PassGroup[]> {
  const { hardwareHold, signal } = context
  const named = outputs.flatMap((output) => needsOf({ outputs: [output] }))
  if (named.length > 0) await hardwareHold.reserve(named, signal)
  const groups = planJob(context, inputs, outputs, hardwareHold.usable(), concessions)
  hardwareHold.settle(groups.flatMap((group) => group.outputs.flatMap(({ hardware }) => hardware?.name ?? [])))
  return groups
}

type Failed = { error: unknown; group: PassGroup; concessions: Concessions }

/** What the plan does without at the next go; throws the error where that would not help. */
function concede(context: AttemptContext, probe: Probe, { error, group, concessions }: Failed): Concessions {
  const { undecodable, fellBack, settled, whole } = concessions
  if (error instanceof SegmentInvalid || isDamagedPart(error)) {
    context.log.warn({ err: error }, 'parts do not become a whole: once more, in one piece')
    return { ...concessions, whole: new Set([...whole, ...group.outputs.map(({ name }) => name)]) }
  }
  if (error instanceof TooLarge && error.again !== null && !settled.has(error.output)) {
    context.log.warn({ err: error, crf: error.again.crf }, 'an output is too large: once more, by a higher crf')
    return { ...concessions, settled: new Map([...settled, [error.output, error.again]]) }
  }
  const lost = lostSideStream(error, probe, group, undecodable)
  if (lost !== null) {
    context.log.warn({ err: error, stream: lost }, 'a side stream can not be decoded: once more, without it')
    return { ...concessions, undecodable: new Set([...undecodable, lost]) }
  }
  const failed = fallBack(error, group, context.hardware)
  if (failed === null) throw error
  context.log.warn({ err: error, encoders: [...failed.values()] }, 'a hardware encoder failed: once more, in software')
  return { ...concessions, fellBack: new Map([...fellBack, ...failed]) }
}

/** Most of a part can't be decoded, over which ffmpeg gives up; of the whole it may be little. */
function isDamagedPart(error: unknown): boolean {
  return error instanceof EncodeFailed && error.pass.part !== undefined && isMostlyUndecodable(error.result)
}

/** The attempt did not complete: says so to everybody who has to know. */
async function giveUp(
  context: AttemptContext,
  run: Run,
  start: AttemptStart,
  thrown: unknown,
): Promise<AttemptOutcome> {
  try {
    const reason = stopReason(context, thrown)
    switch (reason?.kind) {
      case 'lost':
        throw new AttemptLostError('stopped')
      case 'cancelled':
      case 'released':
        if (reason.kind === 'cancelled') context.keepFolder = false
        await context.report.end(reason.kind, null, null)
        await context.told(context.outbox.flush())
        await context.told(context.attempt.end())
        return { kind: reason.kind }
      default:
        return await fail(context, run, start, reason?.error ?? thrown)
    }
  } catch (error) {
    if (!(error instanceof AttemptLostError) && !isUnavailable(error)) context.log.error({ err: error }, 'attempt lost')
    await context.report.end('lost', null, null)
    return { kind: 'lost' }
  }
}

async function fail(context: AttemptContext, run: Run, start: AttemptStart, thrown: unknown): Promise<AttemptOutcome> {
  const { error, diagnosis }: { error: JobError; diagnosis: Diagnosis | null } = explainFailure(context, thrown)
  // A device that hangs says nothing.
  if (error.code === 'STALLED') for (const name of new Set(context.hardwareHold.used())) context.hardware.failed(name)
  const spent = error.code === 'OUT_OF_MEMORY' && start.outOfMemory >= OUT_OF_MEMORY_RETRIES
  const retry = error.retryable && run.retryPossible && !spent
  await context.report.end('failed', error, diagnosis)
  await context.told(context.outbox.flush())
  await context.told(context.attempt.fail(error, retry))
  context.log.warn({ code: error.code, detail: error.detail, retry, err: thrown }, 'attempt failed')
  return { kind: 'failed', code: error.code, retry }
}

/** Why the attempt was stopped, if it was; a stage that was stopped may have failed with an error of its own. */
function stopReason(context: AttemptContext, thrown: unknown): StopReason | null {
  if (thrown instanceof AttemptLostError) return { kind: 'lost' }
  if (thrown instanceof AttemptStopped) return thrown.reason
  const { reason } = context.signal
  return reason instanceof AttemptStopped ? reason.reason : null
}

function armTimeout(context: AttemptContext): () => void {
  const { timeoutMs } = context.request
  if (timeoutMs === null) return () => {}
  const error = new FfleetError('TIMED_OUT', `The attempt took longer than timeoutMs, ${timeoutMs} ms.`)
  const timer = setTimeout(() => context.stop({ kind: 'limit', error }), Math.min(timeoutMs, LONGEST_TIMER_MS))
  return () => clearTimeout(timer)
}

async function removeFolder(context: AttemptContext): Promise<void> {
  await context.storage.scratch
    .remove(context.jobId, context.attempt.number)
    .catch((error) => context.log.warn({ err: error }, 'the scratch folder could not be removed'))
}
