import type { Probe } from '../../src/contract/index.js'
import type { InputFile } from '../../src/storage/index.js'
import type { JobContext } from '../context.js'

/** An input and its facts. */
export type ProbedInput = { file: InputFile; probe: Probe }

/** Reads the facts of the inputs. */
export async function probeInputs(context: JobContext, files: readonly InputFile[]): Promise<ProbedInput[]> {
  const inputs: ProbedInput[] = []
  for (const file of files) {
    inputs.push({ file, probe: await context.prober.probe(file.path, { signal: context.signal }) })
  }
  return inputs
}
