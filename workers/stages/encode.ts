import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FfleetError } from '../../src/contract/index.js'
import { type FfmpegResult, globalOptions, type LogLine, runFfmpeg } from '../../src/ffmpeg/index.js'
import { isNeedless, type Pass, type PassGroup, readFigures } from '../../src/plan/index.js'
import type { Estimate, ProgressEstimator } from '../../src/progress/index.js'
import { type AttemptContext, throwIfStopped, type WorkerContext } from '../context.js'
import { noteProcess } from '../leftovers.js'
import { Watchdog } from '../watchdog.js'
import type { FetchedInput } from './fetch.js'
import { joinParts, makePart, proveJoined } from './parts.js'

/** Warnings and errors of ffmpeg that become events; the log file has all of them. */
const LOG_EVENTS_PER_ATTEMPT = 100
/** How long a line of ffmpeg may be in an event. */
const LOG_EVENT_CHARACTERS = 1_000

/** ffmpeg did not succeed; what it said is in `result`. */
export class EncodeFailed extends Error {
  override readonly name = 'EncodeFailed'
  constructor(readonly result: FfmpegResult) {
    super(`ffmpeg ended with ${result.signal ?? result.exitCode}`)
  }
}

/** What the passes of a group left behind, those apart that only tried settings: how long they took. */
export type Encoded = { results: FfmpegResult[]; searchMs: number }

/**
 * Runs the passes of one decode, one after another, and tells their progress. When it returns, every process has ended
 * well; when it throws, every process has ended.
 */
export async function encodeGroup(
  context: AttemptContext,
  group: PassGroup,
  {
    inputs,
    estimator,
    firstPass,
  }: { inputs: readonly FetchedInput[]; estimator: ProgressEstimator; firstPass: number },
): Promise<Encoded> {
  for (const { relativePath, text } of group.texts ?? []) await writeFile(join(context.folder, relativePath), text)
  const results: FfmpegResult[] = []
  const parts: string[] = []
  let searchMs = 0
  for (const [i, planned] of group.passes.entries()) {
    throwIfStopped(context.signal)
    if (await isNeedless(planned, context.folder)) continue
    const { phase = 'encoding' } = planned
    context.phase(phase)
    const pass = await readFigures(planned, context.folder)
    const place = { estimator, index: firstPass + i, devices: devicesOf(context, group) }
    if (pass.part) {
      const { path, result } = await makePart(context, inputs[0]!, pass, () => encodePass(context, inputs, pass, place))
      parts.push(path)
      if (result) results.push(result)
      continue
    }
    const joined = pass.joins ? await joinParts(context, parts) : null
    let result = await encodePass(context, inputs, pass, place)
    if (joined) await proveJoined(context, group.outputs[0]!.relativePath, joined)
    if (result.lastBlock?.frame === 0 && pass.argsIfEmpty) {
      result = await encodePass(context, inputs, { ...pass, args: pass.argsIfEmpty }, place)
    }
    if (phase === 'searching') searchMs += result.wallMs
    else results.push(result)
    // Without a single frame the next pass has nothing to go on with; verification says what that means.
    if (result.lastBlock?.frame === 0) break
  }
  return { results, searchMs: Math.round(searchMs) }
}

/** Device nodes that its encoders open. */
function devicesOf({ hardware }: WorkerContext, { outputs }: PassGroup): string[] {
  const nodes = outputs.flatMap(({ hardware: encoding }) => (encoding ? hardware.nodes(encoding.name) : []))
  return [...new Set(nodes)]
}

/** What this worker's ffmpeg is given for a pass. */
export function passArgv(worker: WorkerContext, pass: Pass): string[] {
  return [...globalOptions(statsPeriodMs(worker)), ...pass.args]
}

/** Null: this ffmpeg can not be told. */
function statsPeriodMs({ capabilities, config }: WorkerContext): number | null {
  return capabilities.statsPeriod ? config.statsPeriodMs : null
}

async function encodePass(
  context: AttemptContext,
  inputs: readonly FetchedInput[],
  pass: Pass,
  { devices, ...place }: { estimator: ProgressEstimator; index: number; devices: readonly string[] },
): Promise<FfmpegResult> {
  const { config, capabilities, folder, report } = context
  const { label } = pass.plan
  const watchdog = new Watchdog(
    {
      stallMs: config.stallTimeoutMs,
      startMs: config.startTimeoutMs,
      finalizeMs: config.finalizeTimeoutMs,
      mediaMs: config.maxDurationMs,
    },
    performance.now(),
    pass.plan.expectedFrames,
  )
  report.passStarted(label, pass.args)
  let noting: Promise<void> | null = null
  const run = runFfmpeg(pass.args, {
    ffmpeg: capabilities.ffmpeg,
    cwd: folder,
    ...(capabilities.enclosure ? { enclosure: capabilities.enclosure } : {}),
    view: { held: inputs.map(({ held }) => held), writes: [folder], devices },
    statsPeriodMs: statsPeriodMs(context),
    pass: place,
    ...(pass.wholeInput === null ? {} : { wholeInput: inputs[0]!.held }),
    ...(context.logFile === null ? {} : { logFile: context.logFile }),
    onSpawn: (pid) => {
      noting = noteProcess(folder, pid).catch((error) => context.log.warn({ err: error }, 'process not noted'))
    },
    onBlock: () => watchdog.heard(),
    onLog: (line) => tellLine(context, line),
    onFinishing() {
      watchdog.finalizing(performance.now())
      // The end of a part is none of the output's.
      if (pass.phase === undefined && !pass.part) context.phase('finalizing')
    },
  })
  // What a stopped attempt wrote so far is thrown away: nothing is gained by letting ffmpeg finish its file.
  const kill = () => run.kill()
  context.signal.addEventListener('abort', kill, { once: true })
  if (context.signal.aborted) kill()
  try {
    for await (const estimate of run) {
      context.progress(estimate)
      report.passGoesOn(estimate)
      watch(context, watchdog, estimate)
    }
    const result = await run.result
    context.lastResult = result
    report.passEnded(label, result, { isPart: pass.part !== undefined })
    throwIfStopped(context.signal)
    if (!result.ok) throw new EncodeFailed(result)
    await context.hooks.afterPass({ label, args: pass.args, wallMs: result.wallMs })
    return result
  } finally {
    context.signal.removeEventListener('abort', kill)
    run.kill()
    context.spend((await run.result).usage)
    await noting
  }
}

function watch(context: AttemptContext, watchdog: Watchdog, estimate: Estimate): void {
  const nowMs = performance.now()
  watchdog.report(estimate, nowMs)
  const error: FfleetError | null = watchdog.check(nowMs)
  if (error) context.stop({ kind: 'limit', error })
}

function tellLine(context: AttemptContext, { level, text }: LogLine): void {
  if (level === null || context.logEvents >= LOG_EVENTS_PER_ATTEMPT) return
  const serious = level === 'error' || level === 'fatal' || level === 'panic'
  if (!serious && level !== 'warning') return
  context.logEvents += 1
  const last = context.logEvents === LOG_EVENTS_PER_ATTEMPT
  const shown = last ? 'More warnings and errors are in the log.' : context.redact(text).slice(0, LOG_EVENT_CHARACTERS)
  context.outbox.post((number) => context.attempt.log(number, serious ? 'error' : 'warning', shown), 'log')
}
