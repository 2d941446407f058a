import type { Probe } from '../../src/contract/index.js'
import type { InputFile } from '../../src/storage/index.js'
import type { JobContext } from '../context.js'

/** Reads the facts of the input. */
export function probeInput(context: JobContext, input: InputFile): Promise<Probe> {
  return context.prober.probe(input.path, { signal: context.signal })
}
