/** What would become of a job on this worker: the stages before the first ffmpeg, without an attempt. Nothing of it stays. */
import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Inspection, JobPlan, Probe } from '../src/contract/index.js'
import { expectedBytes, type PassGroup, type UsableEncoder } from '../src/plan/index.js'
import { jobErrorFrom, needsOf, type Question } from '../src/queue/index.js'
import type { JobContext, WorkerContext } from './context.js'
import { registeredError } from './failure.js'
import { redactor } from './redactor.js'
import { checkLetters } from './stages/draw.js'
import { closeInputs, type FetchedInput, fetchInputs, linkInputs } from './stages/fetch.js'
import { checkPlaces, planJob } from './stages/plan.js'
import { probeInputs } from './stages/probe.js'
import { passArgv } from './stages/run-pass.js'

/** Rejects only with the signal's reason: whatever else goes wrong is what the job would fail with. */
export async function inspectJob(
  worker: WorkerContext,
  { sources, ...request }: Question,
  signal: AbortSignal,
): Promise<Inspection> {
  const context: JobContext = {
    ...worker,
    jobId: null,
    request,
    sources: new Map(Object.entries(sources ?? {})),
    signal,
    folder: join(tmpdir(), `ffleet-inspect-${randomUUID()}`),
  }
  let fetched: FetchedInput[] = []
  let probe: Probe | null = null
  try {
    fetched = await fetchInputs(context)
    await mkdir(context.folder, { mode: 0o700 })
    await linkInputs(context, fetched)
    const inputs = await probeInputs(context, fetched)
    probe = inputs[0]!.probe
    const groups = planJob(context, inputs, request.outputs, usableBy(context))
    checkLetters(context, groups)
    await checkPlaces(context, groups)
    return { worker: worker.workerId, plan: planOf(context, probe, groups), refusal: null }
  } catch (error) {
    signal.throwIfAborted()
    const refusal = jobErrorFrom(registeredError(error, worker.log), { attempt: 0, atMs: Date.now() })
    return { worker: worker.workerId, plan: probe && { probe, passes: [], outputs: [] }, refusal }
  } finally {
    await Promise.all([closeInputs(fetched), rm(context.folder, { recursive: true, force: true })])
  }
}

/** What this worker has; and what the job names, as it would run on one that has it. */
function usableBy({ hardware, request }: JobContext): UsableEncoder[] {
  const hold = hardware.open()
  const usable = hold.usable()
  hold.close()
  const others = needsOf(request).filter((named) => !usable.some(({ name }) => name === named))
  return [...usable, ...others.map((name) => ({ name, tenBits: true, node: null, device: name, sessions: 1 }))]
}

function planOf(context: JobContext, probe: Probe, groups: readonly PassGroup[]): JobPlan {
  const redact = redactor(context.config)
  const planned = groups.flatMap((group) => group.outputs)
  return {
    probe,
    passes: groups.flatMap(({ outputs, passes }) =>
      passes.map((pass) => ({
        label: pass.plan.label,
        outputs: outputs.map(({ name }) => name),
        argv: passArgv(context, pass).map(redact),
        expected: { durationUs: pass.plan.expectedUs, frames: pass.plan.expectedFrames },
      })),
    ),
    outputs: context.request.outputs.map(({ name, recipe }) => {
      const output = planned.find((each) => each.name === name)!
      const { expected, warnings } = output
      const { durationUs, streams, beside } = expected
      return {
        name,
        expectedBytes: recipe.kind === 'arguments' ? null : expectedBytes(recipe, output, probe),
        durationUs,
        streams: { ...streams, subtitle: beside?.subtitles ?? 0 },
        warnings,
      }
    }),
  }
}
