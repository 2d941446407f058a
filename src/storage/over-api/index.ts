/** The files of a fleet, from the API that has them; what a worker works on lies on its own disk. See ADR 43. */
import { connectStore, type StoreApi } from '../../store-api/index.js'
import { openParts } from '../parts.js'
import { openSentReports, unsentFolderOf } from '../reports/index.js'
import type { RootIds } from '../roots.js'
import { openScratch } from '../scratch.js'
import type { WorkerStorage } from '../worker-storage.js'
import { openOutputsOverApi } from './outputs.js'
import { partsAtApi } from './parts.js'
import { reportsAtApi } from './reports.js'

/** How long the API may be away when it is only asked which folders it has. */
const ROOTS_PATIENCE_MS = 20_000

/** `scratchRoot`, `dataDir`: folders of this worker. Asks nothing before the first call. */
export function openStorageOverApi(api: StoreApi, places: { scratchRoot: string; dataDir: string }): WorkerStorage {
  const connection = connectStore(api)
  const scratch = openScratch(places.scratchRoot)
  const outputs = openOutputsOverApi(connection, api.url)
  return {
    inputs: null,
    outputs,
    scratch: {
      ...scratch,
      async remove(jobId, attempt) {
        await Promise.all([scratch.remove(jobId, attempt), outputs.removeSent(jobId, attempt)])
      },
    },
    parts: openParts(places.scratchRoot, partsAtApi(connection)),
    reports: openSentReports(unsentFolderOf(places), reportsAtApi(connection)),
    roots: {
      ids: () => connection.call<'roots', RootIds>('roots', {}, { patienceMs: ROOTS_PATIENCE_MS }),
      // It sees what the API sees.
      holdsMedia: async () => true,
    },
  }
}
