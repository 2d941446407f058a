import { join } from 'node:path'
import { type FoundQuality, isSequence, type OutputWarning, type Probe } from '../../src/contract/index.js'
import type { GroupOutput, PassGroup } from '../../src/plan/index.js'
import { requirePlainFiles, type VerifyRequest, verifyMade } from '../../src/verify/index.js'
import type { AttemptContext } from '../context.js'
import type { Early } from './early.js'
import type { Encoded } from './encode.js'
import type { Keys } from './keys.js'
import type { ProbedInput } from './probe.js'
import { qualityOf } from './quality.js'
import { refusedByDisk } from './refused-by-disk.js'

/** An output that is whole and what it should be, still in the attempt's folder. */
export type VerifiedOutput = {
  planned: GroupOutput
  probe: Probe | null
  /** What was found for it; left out where nothing was sought. */
  quality?: FoundQuality
  warnings: OutputWarning[]
}

/** Checks every output of a group before anybody can see it; the first that fails decides. */
export function verifyGroup(
  context: AttemptContext,
  made: Encoded & { input: ProbedInput; group: PassGroup; keys: Keys; early: Early },
): Promise<VerifiedOutput[]> {
  const logLines = made.results.flatMap(({ warnings, errors }) => [...warnings, ...errors])
  return Promise.all(made.group.outputs.map((planned) => verify(context, planned, { ...made, logLines })))
}

async function verify(
  context: AttemptContext,
  planned: GroupOutput,
  made: Encoded & { input: ProbedInput; logLines: string[]; keys: Keys; early: Early },
): Promise<VerifiedOutput> {
  const path = join(context.folder, planned.relativePath)
  await requirePlainFiles(path)
  const request: Parameters<typeof verifyMade>[1] = {
    path,
    folder: context.folder,
    isFolder: planned.isFolder,
    expected: planned.expected,
    prober: context.prober,
    input: isSequence(context.request) ? null : fileOf(context, made.input),
    capabilities: context.capabilities,
    sample: isWorthSampling(planned, made.results),
    logLines: made.logLines,
    burnsSubtitles: planned.burnsSubtitles ?? false,
    key: made.keys.get(planned.name),
    cutting: made.early.cuttings.get(planned.name),
    signal: context.signal,
  }
  const { probe, verified, loudness, lossless, ladder, ...found } = await verifyMade(planned, request).catch(
    (error) => {
      throw refusedByDisk(error)
    },
  )
  const sought = await qualityOf(context, planned, made.searchMs)
  const warnings = [
    ...planned.warnings,
    ...made.early.warnings(planned.name),
    ...(sought?.warnings ?? []),
    ...found.warnings,
  ]
  const told = warnings.map(({ detail }) => detail)
  for (const text of told) context.outbox.post((number) => context.attempt.log(number, 'warning', text))
  const { name } = planned
  const quality = sought && { quality: sought.quality }
  context.report.output({
    name,
    probe,
    verified,
    ...(loudness && { loudness }),
    ...(lossless && { lossless }),
    ...(ladder && { ladder }),
    ...quality,
    warnings: told,
  })
  return { planned, probe, ...quality, warnings }
}

function fileOf(context: AttemptContext, { link, held, probe }: ProbedInput): NonNullable<VerifyRequest['input']> {
  const { startMs, endMs } = context.request.input
  return { path: join(context.folder, link), held, probe, startMs, endMs, limits: context.config }
}

/** From so much CPU time on, three seconds of decoding are less than 3 % of the encode. */
const LONG_ENCODE_MS = 8_000

/** Pictures are decoded when they are probed. */
function isWorthSampling({ expected, isFolder, ladder }: GroupOutput, results: Encoded['results']): boolean {
  const isPicture = expected.streams.video > 0 && expected.durationUs === null && !expected.isCopy
  if (ladder === undefined && (isFolder || isPicture)) return false
  const cpuMs = results.reduce((sum, { usage }) => sum + (usage?.cpuUserMs ?? 0), 0)
  return expected.isCopy === true || cpuMs >= LONG_ENCODE_MS
}
