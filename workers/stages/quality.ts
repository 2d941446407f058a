import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FfleetError, type FoundQuality, type OutputWarning } from '../../src/contract/index.js'
import { type GroupOutput, readFiles } from '../../src/plan/index.js'
import type { AttemptContext } from '../context.js'

/** An output has more bytes than it may have. `again`: what it is to be made with once more; null: nothing would make it small enough. */
export class TooLarge extends FfleetError {
  constructor(
    readonly output: string,
    detail: string,
    readonly again: FoundQuality | null,
  ) {
    super('SIZE_NOT_REACHABLE', detail)
  }
}

/** What was found for an output that stands in the attempt's folder; null: nothing was sought. Throws TooLarge. */
export async function qualityOf(
  { folder }: AttemptContext,
  { name, relativePath, sought }: GroupOutput,
  searchMs: number,
): Promise<{ quality: FoundQuality; warnings: OutputWarning[] } | null> {
  if (sought === undefined) return null
  const { quality: found, warnings } = sought.found(await readFiles(sought.files, folder))
  const quality = { ms: searchMs, ...found }
  const { size } = await stat(join(folder, relativePath))
  if (sought.maxBytes === null || size <= sought.maxBytes) return { quality, warnings }
  const detail = `By crf ${quality.crf} it has ${size} bytes; ${sought.maxBytes} are allowed.`
  const crf = sought.crfFor(quality.crf, size)
  throw new TooLarge(name, detail, crf === null ? null : { ...quality, expectedBytes: null, crf })
}
