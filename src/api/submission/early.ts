import { type ArgumentsRecipe, type Preset, playsWhileEncoding } from '../../contract/index.js'
import type { Storage } from '../../storage/index.js'
import type { Fault } from './faults.js'

/** Ladders that are to be played while they are encoded, where nobody sees what is not finished. */
export function earlyFaults(
  recipes: readonly (Preset | ArgumentsRecipe | null)[],
  { showsUnfinished }: Pick<Storage['outputs'], 'showsUnfinished'>,
): Fault[] {
  if (showsUnfinished) return []
  return recipes.flatMap((recipe, i): Fault[] => {
    if (recipe === null || !playsWhileEncoding({ recipe })) return []
    const detail = `\`outputs[${i}].ladder.playable\` is \`while-encoding\`, but the outputs of this fleet lie in a bucket, where nothing is before it is complete; leave it out, or give the fleet a folder as FFLEET_OUTPUT_ROOT.`
    return [{ code: 'INVALID_REQUEST', pointer: `/outputs/${i}/ladder/playable`, detail }]
  })
}
