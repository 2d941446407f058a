import type { InputFile } from '../../storage/index.js'

/** A file that was there a moment ago still is; and if not, the worker that opens it will say so. */
const KEPT_MS = 1_000
const KEPT_COUNT = 256

/**
 * Looks inputs up, but the same one not again within a second: looking at a file takes as long as handing a job to the
 * queue, and whoever submits many jobs at once often names few files. What could not be found is looked up every time.
 */
export function rememberInputs(
  resolve: (uri: string) => Promise<InputFile>,
  nowMs: () => number = () => performance.now(),
): (uri: string) => Promise<InputFile> {
  const recent = new Map<string, { file: Promise<InputFile>; untilMs: number }>()
  return (uri) => {
    const known = recent.get(uri)
    if (known && nowMs() < known.untilMs) return known.file
    // Taken out and put in again, it stands last: the first is the oldest.
    recent.delete(uri)
    const file = resolve(uri)
    const entry = { file, untilMs: nowMs() + KEPT_MS }
    recent.set(uri, entry)
    file.catch(() => recent.get(uri) === entry && recent.delete(uri))
    if (recent.size > KEPT_COUNT) recent.delete(recent.keys().next().value!)
    return file
  }
}
