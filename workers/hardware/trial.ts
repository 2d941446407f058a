/** Whether a hardware encoder works here: it encodes some frames as a job would, and what came out is decoded in software. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HARDWARE_ENCODERS } from '../../src/contract/index.js'
import { type Capabilities, type FfmpegResult, parseLogLine, runFfmpeg } from '../../src/ffmpeg/index.js'
import { encodingOf, mayTakeTenBits } from '../../src/plan/index.js'
import type { Candidate } from './devices.js'

/** What came of it; `refusal`: what was said last, null: it passed. */
export type TrialResult = { name: string; refusal: string | null; tenBits: boolean }

/** All devices take pictures of this size. */
const SIZE = '640x360'
const FRAMES = 10
/** Drivers may load for seconds; one that takes longer hangs. */
const LIMIT_MS = 20_000
const TOO_LONG = `it did not end within ${LIMIT_MS / 1_000} s`
const QUALITY = { crf: 23, bitrate: null }

/** Tries the encoders of a family that ffmpeg knows, one after another: a device may have few sessions. Never throws. */
export async function tryFamily(capabilities: Capabilities, candidate: Candidate): Promise<TrialResult[]> {
  const known = Object.values(HARDWARE_ENCODERS[candidate.family]).filter((name) => capabilities.encoders.has(name))
  const results: TrialResult[] = []
  for (const name of known) {
    // A driver that hangs does so for all of them.
    const hung = results.find(({ refusal }) => refusal === TOO_LONG)
    const refusal = hung ? TOO_LONG : await tryEncoder(capabilities, candidate, { name, tenBits: false })
    const deep = refusal === null && mayTakeTenBits(name)
    const tenBits = deep && (await tryEncoder(capabilities, candidate, { name, tenBits: true })) === null
    results.push({ name, refusal, tenBits })
  }
  return results
}

async function tryEncoder(
  capabilities: Capabilities,
  { device, node, nodes }: Candidate,
  { name, tenBits }: { name: string; tenBits: boolean },
): Promise<string | null> {
  const folder = await mkdtemp(join(tmpdir(), 'ffleet-trial-')).catch(() => null)
  if (folder === null) return 'the folder for temporary files can not be written to'
  const run = (args: string[], devices: readonly string[]) => runFor(LIMIT_MS, { capabilities, folder, args, devices })
  try {
    const { globalOptions, filters, options } = encodingOf({ name, device, node }, QUALITY, { tenBits, isNamed: true })
    const source = `testsrc2=size=${SIZE}:rate=25:duration=${FRAMES / 25}`
    const encoded = await run(
      [
        ...['-f', 'lavfi', '-i', source, ...globalOptions],
        ...['-vf', [`format=yuv420p${tenBits ? '10le' : ''}`, ...filters].join(',')],
        ...[...options, '-f', 'matroska', 'trial.mkv'],
      ],
      nodes,
    )
    if (!encoded.ok) return lastWords(encoded)
    const decoded = await run(['-xerror', '-i', 'trial.mkv', '-map', '0:v', '-f', 'null', '-'], [])
    if (!decoded.ok) return `what it made can not be decoded: ${lastWords(decoded)}`
    const frames = decoded.lastBlock?.frame ?? 0
    return frames === FRAMES ? null : `of ${FRAMES} frames ${frames} came out`
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type Trial = { capabilities: Capabilities; folder: string; args: string[]; devices: readonly string[] }

async function runFor(limitMs: number, { capabilities, folder, args, devices }: Trial): Promise<FfmpegResult> {
  const run = runFfmpeg(args, {
    ffmpeg: capabilities.ffmpeg,
    cwd: folder,
    ...(capabilities.enclosure && { enclosure: capabilities.enclosure }),
    ...(capabilities.statsPeriod ? {} : { statsPeriodMs: null }),
    view: { writes: [folder], devices },
  })
  const timer = setTimeout(() => run.kill(), limitMs)
  return run.result.finally(() => clearTimeout(timer))
}

/** What an operator looks for: the first error is the driver's, later ones are what follows from it. */
function lastWords({ errors, logTail, error, ended }: FfmpegResult): string {
  if (ended === 'killed') return TOO_LONG
  return errors[0] ?? error ?? parseLogLine(logTail.at(-1) ?? 'it ended without a word').text
}
