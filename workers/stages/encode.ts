import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FfmpegResult, LogLine } from '../../src/ffmpeg/index.js'
import { isNeedless, type Pass, type PassGroup, readFigures } from '../../src/plan/index.js'
import type { ProgressEstimator } from '../../src/progress/index.js'
import { type AttemptContext, throwIfStopped, type WorkerContext } from '../context.js'
import type { FetchedInput } from './fetch.js'
import { makeParts } from './make-parts.js'
import { joinParts, type PassSaid, type PlacedPass, proveJoined } from './parts.js'
import { type PassRun, runPass, type Stdin } from './run-pass.js'

/** Warnings and errors of ffmpeg that become events; the log file has all of them. */
const LOG_EVENTS_PER_ATTEMPT = 100
/** How long a line of ffmpeg may be in an event. */
const LOG_EVENT_CHARACTERS = 1_000

/** ffmpeg did not succeed; what it said is in `result`. */
export class EncodeFailed extends Error {
  override readonly name = 'EncodeFailed'
  constructor(
    readonly result: FfmpegResult,
    readonly pass: Pass,
  ) {
    super(`ffmpeg ended with ${result.signal ?? result.exitCode}`)
  }
}

/** What the passes of a group left behind, those apart that only tried settings: how long they took. */
export type Encoded = { results: PassSaid[]; searchMs: number }

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
    keptFrom,
    stdin,
  }: {
    inputs: readonly FetchedInput[]
    estimator: ProgressEstimator
    firstPass: number
    keptFrom: readonly string[]
    /** Of the only pass; left out: it reads files. */
    stdin?: Stdin
  },
): Promise<Encoded> {
  for (const { relativePath, text } of group.texts ?? []) await writeFile(join(context.folder, relativePath), text)
  const results: PassSaid[] = []
  const parts: PlacedPass[] = []
  let joined: number[] | null = null
  let searchMs = 0
  /** The parts so far, of which there are no more. */
  async function joinMade(): Promise<void> {
    if (parts.length === 0 || joined !== null) return
    const made = await makeParts(context, { passes: parts, input: inputs[0]!, estimator }, (part, index) =>
      encodePass(context, inputs, part, { estimator, index, devices: [], keptFrom }),
    )
    results.push(...made.said)
    joined = await joinParts(context, made.paths, group.joins!)
  }
  for (const [i, planned] of group.passes.entries()) {
    throwIfStopped(context.signal)
    if (await isNeedless(planned, context.folder)) continue
    const { phase = 'encoding' } = planned
    context.phase(phase)
    const pass = await readFigures(planned, context.folder)
    const index = firstPass + i
    // Made when all are known, in any order.
    if (pass.part) {
      parts.push({ pass, index })
      continue
    }
    await joinMade()
    const place = { estimator, index, devices: devicesOf(context, group), keptFrom, stdin }
    let result = await encodePass(context, inputs, pass, place)
    if (result.lastBlock?.frame === 0 && pass.argsIfEmpty) {
      result = await encodePass(context, inputs, { ...pass, args: pass.argsIfEmpty }, place)
    }
    if (phase === 'searching') searchMs += result.wallMs
    else results.push(result)
    // Without a single frame the next pass has nothing to go on with; verification says what that means.
    if (result.lastBlock?.frame === 0) break
  }
  await joinMade()
  if (joined !== null) for (const file of group.joins!.proved) await proveJoined(context, file, joined)
  return { results, searchMs: Math.round(searchMs) }
}

/** Device nodes that its encoders open. */
function devicesOf({ hardware }: WorkerContext, { outputs }: PassGroup): string[] {
  const nodes = outputs.flatMap(({ hardware: encoding }) => (encoding ? hardware.nodes(encoding.name) : []))
  return [...new Set(nodes)]
}

async function encodePass(
  context: AttemptContext,
  inputs: readonly FetchedInput[],
  pass: Pass,
  place: Pick<PassRun, 'estimator' | 'index' | 'devices' | 'keptFrom' | 'stdin'>,
): Promise<FfmpegResult> {
  const { report } = context
  const { label } = pass.plan
  report.passStarted(label, pass.args)
  const result = await runPass(context, inputs, pass, {
    ...place,
    onEstimate(estimate) {
      context.progress(estimate)
      report.passGoesOn(estimate)
    },
    onLog: (line) => tellLine(context, line),
    onFinishing() {
      // The end of a part is none of the output's.
      if (pass.phase === undefined && !pass.part) context.phase('finalizing')
    },
  })
  context.spend(result.usage)
  context.lastResult = result
  report.passEnded(label, result, { isPart: pass.part !== undefined })
  throwIfStopped(context.signal)
  if (!result.ok) throw new EncodeFailed(result, pass)
  await context.hooks.afterPass({ label, args: pass.args, wallMs: result.wallMs })
  return result
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
