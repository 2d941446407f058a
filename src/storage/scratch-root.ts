import { join } from 'node:path'
import { parseBucket } from '../s3/location.js'

/**
 * The folder in whose `.ffleet` attempts work: the output root, so that outputs are moved on one filesystem; where that is a bucket, or
 * behind the API, one on a disk of the worker, by default `scratch` in the data folder.
 */
export function scratchRootOf(places: {
  outputRoot: string
  dataDir: string
  scratchDir?: string | null
  store?: 'folders' | 'api'
}): string {
  const { outputRoot, scratchDir, dataDir, store } = places
  const isHere = store !== 'api' && parseBucket(outputRoot) === null
  return isHere ? outputRoot : (scratchDir ?? join(dataDir, 'scratch'))
}
