import { join } from 'node:path'
import type { Probe } from '../../src/contract/index.js'
import { needsEveryStream } from '../../src/plan/index.js'
import type { JobContext } from '../context.js'
import type { FetchedInput } from './fetch.js'

/** An input and its facts. */
export type ProbedInput = FetchedInput & { probe: Probe }

/** Reads the facts of the inputs. */
export async function probeInputs(context: JobContext, fetched: readonly FetchedInput[]): Promise<ProbedInput[]> {
  const inputs: ProbedInput[] = []
  const everyStream = context.request.outputs.some(
    ({ recipe }) => recipe.kind !== 'arguments' && needsEveryStream(recipe),
  )
  for (const input of fetched) {
    const { held, link } = input
    const probe = await context.prober.probe(join(context.folder, link), { held, signal: context.signal, everyStream })
    inputs.push({ ...input, probe })
  }
  return inputs
}
