/** Outputs in a folder of this machine, or one that it has mounted. */
import { realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FfleetError } from '../contract/index.js'
import type { OutputStore } from './output-store.js'
import { refuse, requireWritable, resolveOutput } from './places.js'
import { placeOutput, prepareOutput } from './publish.js'
import {
  createContentCheck,
  holdPublished,
  listPublished,
  lookAtPublished,
  openPublished,
  requireSame,
} from './published.js'

/** `keepOut`: folders in the root that no output goes into. Touches nothing before the first call. */
export function openFolderOutputs(outputRoot: string, keepOut: readonly string[]): OutputStore {
  const holds = createContentCheck()
  const resolvePlace: OutputStore['resolve'] = (path, options) =>
    resolveOutput(outputRoot, path, { ...options, keepOut })
  return {
    showsUnfinished: true,
    resolve: resolvePlace,
    async check(path, options) {
      const place = await resolvePlace(path, options).catch(refuse)
      if (options.keepExisting && place.taken) {
        throw new FfleetError('OUTPUT_EXISTS', `Something is at the path of the output, ${path}, since the job came.`)
      }
      await requireWritable(place.path)
    },
    measure: prepareOutput,
    prepare: async (stagedPath, _, options = {}) => options.measured ?? prepareOutput(stagedPath, options),
    async place(manifest, stagedPath, { path }, options) {
      const { path: destination } = await resolvePlace(path, { folder: manifest.kind === 'folder' }).catch(refuse)
      await placeOutput(manifest, stagedPath, destination, { ...options, root: await realpath(outputRoot) })
      return lookAtPublished(outputRoot, path)
    },
    discard: (_, stagedPath) => rm(stagedPath, { recursive: true, force: true }),
    // What was prepared lies in the folder of its attempt, and goes with it.
    async sweep() {},
    pending: async () => [],
    async sweepUnknown() {},
    address: ({ path }) => join(outputRoot, path),
    open: (path, as) => openPublished(outputRoot, path, as, holds),
    hold: (path, as) => holdPublished(outputRoot, path, as, holds),
    requireSame: (path, as) => requireSame(outputRoot, path, as, holds),
    list: (path) => listPublished(outputRoot, path),
  }
}
