import { join } from 'node:path'
import type { JobOutput, NormalizedOutput } from '../../src/contract/index.js'
import { type AttemptStart, outputPath } from '../../src/queue/index.js'
import type { Destination, Manifest, Prepared } from '../../src/storage/index.js'
import { type AttemptContext, AttemptStopped } from '../context.js'
import { type MadeOutput, noteMade, takeOverMade } from '../made-outputs.js'
import type { VerifiedOutput } from './verify.js'

/** What a commit decides, as it stands in Redis: enough for another worker to finish it. */
type CommitPlan = {
  attempt: number
  outputs: { staged: string; manifest: Prepared; output: JobOutput }[]
}

/** Puts the outputs of a group, which are verified, at their paths. */
export async function publishGroup(
  context: AttemptContext,
  verified: VerifiedOutput[],
  options: { last: boolean },
): Promise<void> {
  const { jobId, signal } = context
  context.phase('publishing')
  const made = await Promise.all(
    verified.map(async ({ planned, probe, quality, warnings }): Promise<MadeOutput> => {
      const staged = planned.relativePath
      const asked = askedFor(context, planned.name)
      const manifest = await context.storage.outputs.measure(join(context.folder, staged), { signal })
      const facts = published(jobId, asked, manifest, probe?.durationUs ?? null)
      const playable = context.playable.get(planned.name)
      const early = playable !== undefined && { playable }
      return { staged, manifest, output: { ...facts, ...early, ...(quality && { quality }), warnings } }
    }),
  )
  await noteMade(context, made)
  await publish(context, made, options)
}

/**
 * Publishes what earlier attempts had verified when they ended, as far as it lies on this host and still is what it was: nothing
 * of it is encoded again. True when there was something.
 */
export async function publishMade(context: AttemptContext): Promise<boolean> {
  const made = await takeOverMade(context)
  if (made.length === 0) return false
  context.phase('publishing')
  const names = new Set(made.map(({ output }) => output.name))
  const last = context.request.outputs.every(({ name }) => names.has(name) || context.published.has(name))
  await publish(context, made, { last })
  return true
}

/**
 * Prepare, commit in Redis if the attempt still holds the job, place, announce. Before the commit nothing is visible; after it the
 * outputs will be, whatever happens to this worker.
 */
async function publish(
  context: AttemptContext,
  made: readonly MadeOutput[],
  { last }: { last: boolean },
): Promise<void> {
  const { attempt, signal } = context
  const store = context.storage.outputs
  // From here on the folder holds what another attempt, or another worker, can publish.
  context.keepFolder = true
  const prepared = await Promise.all(
    made.map(async ({ staged, manifest: measured, output }) => {
      const destination = destinationOf(context, askedFor(context, output.name), attempt.number)
      const manifest = await store.prepare(join(context.folder, staged), destination, { signal, measured })
      return { decided: { staged, manifest, output }, destination }
    }),
  )
  const outputs = prepared.map(({ decided }) => decided)
  const plan: CommitPlan = { attempt: attempt.number, outputs }
  const names = outputs.map(({ output }) => output.name)
  const answer = await context.told(attempt.commit(names, JSON.stringify(plan), last))
  if (answer === 'cancelled') {
    for (const { decided, destination } of prepared) {
      await store.discard(decided.manifest, join(context.folder, decided.staged), destination)
    }
    throw new AttemptStopped({ kind: 'cancelled' })
  }
  await place(context, plan)
  context.keepFolder = false
}

/** Finishes what earlier attempts had decided to publish when they ended. */
export async function finishCommitted(context: AttemptContext, start: AttemptStart): Promise<void> {
  for (const json of start.commits.values()) {
    const plan = JSON.parse(json) as CommitPlan
    if (plan.outputs.every(({ output }) => context.published.has(output.name))) continue
    context.phase('publishing')
    await place(context, plan)
  }
}

async function place(context: AttemptContext, plan: CommitPlan): Promise<void> {
  const folder = context.storage.scratch.path(context.jobId, plan.attempt)
  const { workerId: worker, host } = context
  const root = context.rootIds.outputs
  for (const { staged, manifest, output } of plan.outputs) {
    const asked = askedFor(context, output.name)
    const destination = destinationOf(context, asked, plan.attempt)
    const keepExisting = asked.onExists === 'fail'
    const file = await context.storage.outputs.place(manifest, join(folder, staged), destination, { keepExisting })
    context.outbox.post((number) => context.attempt.outputReady(number, output, { worker, host, root, ...file }))
    context.published.set(output.name, output)
  }
}

function askedFor({ request }: AttemptContext, name: string): NormalizedOutput {
  return request.outputs.find((output) => output.name === name)!
}

function destinationOf({ jobId }: AttemptContext, output: NormalizedOutput, attempt: number): Destination {
  return { path: outputPath(jobId, output), jobId, attempt, mediaType: output.recipe.mediaType }
}

function published(
  jobId: string,
  output: NormalizedOutput,
  manifest: Manifest,
  durationUs: number | null,
): Omit<JobOutput, 'warnings'> {
  return {
    name: output.name,
    preset: output.preset,
    path: outputPath(jobId, output),
    mediaType: output.recipe.mediaType,
    bytes: manifest.bytes,
    durationMs: durationUs === null ? null : Math.round(durationUs / 1000),
    sha256: manifest.sha256,
    href: `/v1/jobs/${jobId}/outputs/${output.name}`,
  }
}
