import type { Probe } from '../../src/contract/index.js'
import type { InputFile } from '../../src/storage/index.js'
import type { AttemptContext } from '../context.js'

/** Reads the facts of the input and keeps them for the report. */
export async function probeInput(context: AttemptContext, input: InputFile): Promise<Probe> {
  const probe = await context.prober.probe(input.path, { signal: context.signal })
  context.report.input(probe)
  return probe
}
