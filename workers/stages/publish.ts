import { join } from 'node:path'
import type { JobOutput, NormalizedOutput } from '../../src/contract/index.js'
import { type AttemptStart, outputPath } from '../../src/queue/index.js'
import type { Destination, Prepared } from '../../src/storage/index.js'
import { type AttemptContext, AttemptStopped } from '../context.js'
import type { VerifiedOutput } from './verify.js'

/** What a commit decides, as it stands in Redis: enough for another worker to finish it. */
type CommitPlan = {
  attempt: number
  outputs: { staged: string; manifest: Prepared; output: JobOutput }[]
}

/**
 * Puts the outputs of a group at their paths: prepare, commit in Redis if the attempt still holds the job, place,
 * announce. Before the commit nothing is visible; after it the outputs will be, whatever happens to this worker.
 */
export async function publishGroup(
  context: AttemptContext,
  verified: VerifiedOutput[],
  options: { last: boolean },
): Promise<void> {
  const { attempt, jobId } = context
  const store = context.storage.outputs
  context.phase('publishing')
  const prepared = await Promise.all(
    verified.map(async ({ planned, probe, quality, warnings }) => {
      const staged = planned.relativePath
      const output = context.request.outputs.find(({ name }) => name === planned.name)!
      const destination = destinationOf(context, output, attempt.number)
      const manifest = await store.prepare(join(context.folder, staged), destination, { signal: context.signal })
      const told = {
        ...published(jobId, output, manifest, probe?.durationUs ?? null),
        ...(quality && { quality }),
        warnings,
      }
      return { decided: { staged, manifest, output: told }, destination }
    }),
  )
  const outputs = prepared.map(({ decided }) => decided)
  const plan: CommitPlan = { attempt: attempt.number, outputs }
  // From here on the folder may hold what another worker has to place.
  context.keepFolder = true
  const names = outputs.map(({ output }) => output.name)
  const answer = await context.told(attempt.commit(names, JSON.stringify(plan), options.last))
  if (answer === 'cancelled') {
    context.keepFolder = false
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
    const asked = context.request.outputs.find(({ name }) => name === output.name)!
    const destination = destinationOf(context, asked, plan.attempt)
    const keepExisting = asked.onExists === 'fail'
    const file = await context.storage.outputs.place(manifest, join(folder, staged), destination, { keepExisting })
    context.outbox.post((number) => context.attempt.outputReady(number, output, { worker, host, root, ...file }))
    context.published.set(output.name, output)
  }
}

function destinationOf({ jobId }: AttemptContext, output: NormalizedOutput, attempt: number): Destination {
  return { path: outputPath(jobId, output), jobId, attempt, mediaType: output.recipe.mediaType }
}

function published(
  jobId: string,
  output: NormalizedOutput,
  manifest: Prepared,
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
