import { FfleetError } from '../contract/index.js'
import type { ExpectedOutput } from '../plan/types.js'
import type { Prober } from '../probe/index.js'

/** A frame, and what containers round. */
const TOLERANCE_US = 50_000

/** Whether each chapter begins where it should and has its name. Throws `OUTPUT_INVALID`. */
export async function checkChapters(
  path: string,
  { expected, prober, signal }: { expected: ExpectedOutput; prober: Prober; signal?: AbortSignal | undefined },
): Promise<void> {
  const { chapters: wanted } = expected
  if (wanted === undefined) return
  const found = await prober.chapters(path, { signal })
  if (found === null) return
  for (const [i, { startUs, title }] of wanted.entries()) {
    const chapter = found[i]
    const isThere = chapter !== undefined && Math.abs(chapter.startUs - startUs) <= TOLERANCE_US
    if (isThere && chapter.title === title) continue
    throw new FfleetError('OUTPUT_INVALID', `Chapter ${i + 1} of the output is not where it should be, or has no name.`)
  }
}
