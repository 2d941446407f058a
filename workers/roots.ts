/** Whether a worker stands in the folders of its fleet: it would find no input there, or publish where nobody looks. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config, ConfigFault } from '../src/config/index.js'
import { SETTINGS } from '../src/config/settings.js'
import type { FleetRootsRegistry } from '../src/queue/index.js'
import type { WorkerStorage } from '../src/storage/index.js'

type Looking = { config: Config; roots: Pick<FleetRootsRegistry, 'read'>; storage: Pick<WorkerStorage, 'roots'> }

/** A fleet whose folders have changed tells the new ones as its API starts, which may be at the same moment. */
const SETTLE_MS = 15_000

/** What is wrong with the roots of a worker that wants to start; null when nothing is. */
export async function rootFaultAtStart(looking: Looking): Promise<ConfigFault | null> {
  for (const deadline = performance.now() + SETTLE_MS; ; ) {
    const fault = await rootFault(looking)
    const { fresh } = await looking.roots.read()
    if (fault === null || fresh !== null || performance.now() > deadline) return fault
    await sleep(200)
  }
}

/** The same for one that runs. */
export async function rootFault({ config, roots: registry, storage }: Looking): Promise<ConfigFault | null> {
  const { roots, fresh } = await registry.read()
  if (roots === null) return null
  const { outputs } = await storage.roots.ids()
  if (outputs !== roots.outputs) {
    const which = outputs === null ? 'this one is empty, or not mounted' : 'this one is that of another fleet'
    const takes = `the output root that the API on ${roots.host} has; ${which}`
    return { key: SETTINGS.outputRoot.key, got: config.outputRoot, takes }
  }
  if (fresh !== null && !(await storage.roots.holdsMedia(fresh.media))) {
    const takes = `the media root that the API on ${roots.host} has; what stands there is not here`
    return { key: SETTINGS.mediaRoot.key, got: config.mediaRoot, takes }
  }
  return null
}
