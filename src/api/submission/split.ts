import type { ArgumentsRecipe, JobRequest, Preset } from '../../contract/index.js'
import { whyWhole } from '../../presets/splitting.js'
import type { Fault } from './faults.js'

/** Outputs that are to be encoded in parts and can't be, as far as that shows without the input. `auto` asks for nothing. */
export function splitFaults(
  { input, inputs, outputs }: Pick<JobRequest, 'input' | 'inputs' | 'outputs'>,
  recipes: readonly (Preset | ArgumentsRecipe | null)[],
): Fault[] {
  const isPart = typeof input === 'object' && Math.max(input.startMs ?? 0, input.endMs ?? 0) > 0
  const ofInput =
    inputs !== undefined
      ? 'its input is put together of several files'
      : isPart
        ? 'only a part of its input is asked for'
        : null
  return outputs.flatMap(({ split }, i): Fault[] => {
    const recipe = recipes[i] ?? null
    if (typeof split !== 'object' || recipe === null) return []
    const why = whyWhole(recipe) ?? ofInput
    if (why === null) return []
    const detail = `The output can not be encoded in parts, because ${why}; \`split\` set to \`auto\` goes without where it has to.`
    return [{ code: 'INVALID_REQUEST', pointer: `/outputs/${i}/split`, detail }]
  })
}
