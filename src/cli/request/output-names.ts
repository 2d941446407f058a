/** Names for the outputs of several inputs: each its own, and such that one sees what it was made of. */
import { basename, extname, join } from 'node:path'
import { stemOf } from './inputs.js'

/** One output: the folder it goes to, the input it is made of, what it is called in the job, and its extension. */
type Wanted = { folder: string; input: string; name: string; extension: string }

/**
 * `<input>.<output>.<ext>` in the folder. Where two would have one name, in any case of its letters, the extensions of
 * their inputs stay in it; where that does not tell them apart either, a number does.
 */
export function outputNamesOf(wanted: readonly Wanted[]): string[] {
  const shared = countsOf(wanted.map((each) => keyOf(plain(each))))
  const named = wanted.map((each) => (shared.get(keyOf(plain(each)))! > 1 ? whole(each) : plain(each)))
  const taken = new Set<string>()
  return named.map((path, i) => {
    let own = path
    for (let n = 2; taken.has(keyOf(own)); n++) own = numbered(path, wanted[i]!, n)
    taken.add(keyOf(own))
    return own
  })
}

const withExtension = (name: string, extension: string) => (extension === '' ? name : `${name}.${extension}`)
const plain = ({ folder, input, name, extension }: Wanted) =>
  join(folder, withExtension(`${stemOf(input)}.${name}`, extension))
const whole = ({ folder, input, name, extension }: Wanted) =>
  join(folder, withExtension(`${basename(input)}.${name}`, extension))

function numbered(path: string, { extension }: Wanted, n: number): string {
  const stem = extension === '' ? path : path.slice(0, -extension.length - 1)
  return withExtension(`${stem}-${n}`, extension)
}

/** File systems of Windows and macOS take two names for one that differ only so. */
function keyOf(path: string): string {
  return path.normalize('NFC').toLowerCase()
}

function countsOf(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}

/** Whether a file is what an earlier run made of another one that is given as well. */
export function isMadeOf(path: string, others: ReadonlySet<string>, names: readonly string[]): boolean {
  const stem = stemOf(path)
  const name = names.find((each) => stem.endsWith(`.${each}`))
  if (name === undefined) return false
  const source = stem.slice(0, -name.length - 1)
  return others.has(source) || (extname(source) !== '' && others.has(stemOf(source)))
}
