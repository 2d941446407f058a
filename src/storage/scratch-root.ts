import { join } from 'node:path'
import { parseBucket } from '../s3/location.js'

/**
 * The folder in whose `.ffleet` attempts work: the output root, so that outputs are moved on one filesystem; of a bucket one on a
 * disk of the worker, by default `scratch` in the data folder.
 */
export function scratchRootOf(places: { outputRoot: string; dataDir: string; scratchDir?: string | null }): string {
  const { outputRoot, scratchDir, dataDir } = places
  return parseBucket(outputRoot) === null ? outputRoot : (scratchDir ?? join(dataDir, 'scratch'))
}
