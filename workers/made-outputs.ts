/**
 * Outputs that are verified and wait in the folder of their attempt, because the place where they go refused them or their worker
 * was lost. Whichever attempt comes next on the same disk publishes them. See ADR 50.
 */
import { join } from 'node:path'
import type { JobOutput } from '../src/contract/index.js'
import type { AttemptFolder, Manifest, WorkerStorage } from '../src/storage/index.js'
import { type AttemptContext, throwIfStopped } from './context.js'
import { endProcess } from './leftovers.js'

/** `staged`: where it lies in the folder of the attempt. `output`: as it will be told. */
export type MadeOutput = { staged: string; manifest: Manifest; output: JobOutput }

/** From here on a worker that is lost, or a place that refuses, does not cost what was encoded. */
export function noteMade({ storage, jobId, attempt }: AttemptContext, made: readonly MadeOutput[]): Promise<void> {
  return storage.scratch.note(jobId, attempt.number, made)
}

/** What the newest attempt that left something has left, in the folder of this attempt now; what is not whole any more is left out. */
export async function takeOverMade(context: AttemptContext): Promise<MadeOutput[]> {
  const { jobId, published, request } = context
  const { scratch } = context.storage
  for (let former = context.attempt.number - 1; former > 0; former--) {
    const noted = ((await scratch.noted(jobId, former)) ?? []) as MadeOutput[]
    const isMissing = ({ name }: JobOutput) =>
      !published.has(name) && request.outputs.some((each) => each.name === name)
    const missing = noted.filter(({ output }) => isMissing(output))
    if (missing.length === 0) continue
    await endProcess(scratch.path(jobId, former))
    await scratch.passOn(jobId, former, context.attempt.number)
    return wholeOnes(context, missing)
  }
  return []
}

async function wholeOnes(context: AttemptContext, made: readonly MadeOutput[]): Promise<MadeOutput[]> {
  const { storage, folder, signal } = context
  const whole: MadeOutput[] = []
  for (const each of made) {
    const now = await storage.outputs.measure(join(folder, each.staged), { signal }).catch(() => null)
    throwIfStopped(signal)
    if (now?.sha256 === each.manifest.sha256) whole.push(each)
  }
  return whole
}

/**
 * Failed jobs whose outputs wait for a retry: the newest, as far as their folders fit into `mostBytes` together. `folders`: all there
 * are.
 */
export async function waitingForRetry(
  { scratch }: Pick<WorkerStorage, 'scratch'>,
  folders: readonly AttemptFolder[],
  { mostBytes, hasFailed }: { mostBytes: number; hasFailed: (jobId: string) => Promise<boolean> },
): Promise<Set<string>> {
  const waiting = new Set<string>()
  let bytes = 0
  for (const { jobId, attempt } of folders.filter(({ hasNote }) => hasNote).toSorted(newestFirst)) {
    if (!(await hasFailed(jobId))) continue
    bytes += await scratch.space(jobId, attempt, mostBytes - bytes)
    if (bytes > mostBytes) break
    waiting.add(jobId)
  }
  return waiting
}

const newestFirst = (one: AttemptFolder, other: AttemptFolder) => other.modifiedMs - one.modifiedMs
