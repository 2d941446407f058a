/** One ffmpeg of a plan, from its start to its end, whoever has it run. */
import { FfleetError } from '../../src/contract/index.js'
import { type FfmpegResult, globalOptions, type LogLine, runFfmpeg } from '../../src/ffmpeg/index.js'
import type { Pass } from '../../src/plan/index.js'
import type { Estimate, ProgressEstimator } from '../../src/progress/index.js'
import type { JobContext, StopReason, WorkerContext } from '../context.js'
import { noteProcess } from '../leftovers.js'
import { Watchdog } from '../watchdog.js'
import type { FetchedInput } from './fetch.js'
import { inItsPart } from './which-part.js'

/** Where a pass runs. */
export type PassContext = JobContext & {
  /** Where ffmpeg's whole log goes; null: nowhere. */
  readonly logFile: string | null
  /** Asked to when ffmpeg hangs; then `signal` aborts. */
  stop(reason: StopReason): void
}

/** An input that comes as ffmpeg reads it, from its stdin. */
export type Stdin = {
  chunks: AsyncIterable<Uint8Array>
  /** Ends the run when it aborts. */
  signal: AbortSignal
  /** ffmpeg has got all that is here so far. */
  isStarved(): boolean
}

/** Which of the passes that share an estimator it is, and who hears of it. */
export type PassRun = {
  estimator: ProgressEstimator
  index: number
  /** Device nodes that it opens. */
  devices: readonly string[]
  /** Folders in the attempt's that it can not write to. */
  keptFrom?: readonly string[]
  /** Left out: it reads files. */
  stdin?: Stdin | undefined
  onEstimate(estimate: Estimate): void
  onLog?(line: LogLine): void
  onFinishing?(): void
}

/** What this worker's ffmpeg is given for a pass. */
export function passArgv(worker: WorkerContext, pass: Pass): string[] {
  return [...globalOptions(statsPeriodMs(worker)), ...pass.args]
}

/** Null: this ffmpeg can not be told. */
function statsPeriodMs({ capabilities, config }: WorkerContext): number | null {
  return capabilities.statsPeriod ? config.statsPeriodMs : null
}

/** Runs a pass and tells its progress. However it ended: when this resolves, no process of it is left. */
export async function runPass(
  context: PassContext,
  inputs: readonly FetchedInput[],
  pass: Pass,
  { estimator, index, devices, keptFrom = [], stdin, onEstimate, onLog, onFinishing }: PassRun,
): Promise<FfmpegResult> {
  const { config, capabilities, folder } = context
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
  let noting: Promise<void> | null = null
  const run = runFfmpeg(pass.args, {
    ffmpeg: capabilities.ffmpeg,
    cwd: folder,
    ...(capabilities.enclosure ? { enclosure: capabilities.enclosure } : {}),
    view: { held: inputs.map(({ held }) => held), writes: [folder], reads: keptFrom, devices },
    statsPeriodMs: statsPeriodMs(context),
    pass: { estimator, index },
    ...(pass.wholeInput === null ? {} : { wholeInput: inputs[0]!.held }),
    ...(stdin && { stdin: stdin.chunks }),
    ...(context.logFile === null ? {} : { logFile: context.logFile }),
    onSpawn: (pid) => {
      noting = noteProcess(folder, pid).catch((error) => context.log.warn({ err: error }, 'process not noted'))
    },
    onBlock: () => watchdog.heard(),
    ...(onLog && { onLog }),
    onFinishing() {
      watchdog.finalizing(performance.now())
      onFinishing?.()
    },
  })
  // What a stopped attempt wrote so far is thrown away: nothing is gained by letting ffmpeg finish its file.
  const kill = () => run.kill()
  const signal = stdin ? AbortSignal.any([context.signal, stdin.signal]) : context.signal
  signal.addEventListener('abort', kill, { once: true })
  if (signal.aborted) kill()
  try {
    for await (const estimate of run) {
      onEstimate(estimate)
      if (stdin?.isStarved()) watchdog.starved(performance.now())
      watch(context, watchdog, pass, estimate)
    }
  } finally {
    signal.removeEventListener('abort', kill)
    run.kill()
    await run.result
    await noting
  }
  return run.result
}

function watch(context: PassContext, watchdog: Watchdog, pass: Pass, estimate: Estimate): void {
  const nowMs = performance.now()
  watchdog.report(estimate, nowMs)
  const found = watchdog.check(nowMs)
  if (found === null) return
  const { code, message, hint } = found
  context.stop({ kind: 'limit', error: new FfleetError(code, inItsPart(pass, message), { hint }) })
}
