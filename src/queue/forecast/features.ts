import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { inputName, inputsOf, type NormalizedJob } from '../../contract/index.js'

/** What is known of a job before it runs, as far as it tells how long it will take. */
export type Features = {
  /** Jobs that are alike in more and more: all; those that make the same; those that make it of the same kind of file. */
  classes: readonly string[]
  /** Null where it tells nothing: not known, or only a part of the input is used. */
  bytes: number | null
}

const NAMES_LENGTH = 80

/** The recipes themselves count, not their names alone: one of the operator may change. */
export function featuresOf(job: NormalizedJob): Features {
  const { input, inputBytes, outputs } = job
  const recipes = outputs.map(({ recipe }) => JSON.stringify(recipe)).sort()
  const hash = createHash('sha1').update(recipes.join()).digest('hex').slice(0, 8)
  const names = outputs
    .map(({ preset }) => preset)
    .sort()
    .join('+')
    .slice(0, NAMES_LENGTH)
  const isPart = inputsOf(job).some(({ startMs, endMs }) => startMs !== null || endMs !== null)
  const makes = `${names}~${hash}${isPart ? ' of a part' : ''}`
  const kind = posix.extname(inputName(input)).toLowerCase().slice(0, 8)
  return {
    classes: ['all', makes, `${makes} from ${kind === '' ? 'a file' : kind}`],
    bytes: isPart ? null : (inputBytes ?? null),
  }
}
