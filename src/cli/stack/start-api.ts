import { createApi } from '../../api/app.js'
import { type HeldRoots, holdRoots, type OtherRoots } from '../../api/hold-roots.js'
import { KeyFileError, KeyRing } from '../../callers/index.js'
import { type Config, ConfigError } from '../../config/index.js'
import { SETTINGS } from '../../config/settings.js'
import type { Logger } from '../../log/index.js'
import { createMetrics } from '../../metrics.js'
import { loadPresets } from '../../presets/index.js'
import { createQueue } from '../../queue/index.js'
import { openStorage } from '../../storage/index.js'
import { CommandError } from '../exit.js'

export type RunningApi = {
  url: string
  /** Resolves when it cannot go on: Redis, away at its start, knows an API with other folders. */
  gone: Promise<Error>
  workerLost(workerId: string): Promise<void>
  close(): Promise<void>
}

/**
 * The API on a queue of its own, listening. `ownRoots`: its folders become those of the fleet, and are marked as such.
 *
 * @throws ConfigError when another API of the fleet has other ones.
 */
export async function startApi(config: Config, log: Logger, { ownRoots = true } = {}): Promise<RunningApi> {
  const queue = await createQueue({
    redisUrl: config.redisUrl!,
    backoffMs: config.backoffMs,
    keepEventsMs: config.keepEventsMs,
    onError: (error) => log.warn({ err: error }, 'queue'),
  })
  let release = async (): Promise<void> => {}
  let keys: KeyRing | null = null
  try {
    const presets = await loadPresets(config.presetsDir ?? undefined)
    const storage = openStorage(config)
    keys = config.keysFile === null ? null : await openKeys(config.keysFile, log)
    const held = ownRoots ? await holdFleetRoots({ queue, storage, log }, config) : null
    release = async () => held?.stop()
    const { basePath, frameAncestors, watchLinksMs } = config
    const page = { basePath, frameAncestors }
    const app = await createApi({
      queue,
      presets,
      storage,
      log,
      metrics: createMetrics(),
      watchLinksMs,
      page,
      ...(keys && { keys }),
    })
    const url = await app.listen({ host: config.host, port: config.port }).catch((error) => {
      throw taken(error, config)
    })
    // Workers sweep too; without one there is still somebody to end what was cancelled and to forget what is old.
    const sweeper = queue.startSweeper({
      keepJobsMs: config.keepJobsMs,
      keepJobsCount: config.keepJobsCount,
      onForgotten: async (ids) => {
        for (const id of ids) await storage.reports.remove(id)
      },
    })
    return {
      url,
      gone: held ? held.others.then((others) => otherRoots(others, config)) : new Promise(() => {}),
      workerLost: queue.fleet.lost,
      async close() {
        await sweeper.stop()
        await app.close()
        await keys?.close()
        await release()
        await queue.close()
      },
    }
  } catch (error) {
    await keys?.close()
    await release()
    await queue.close()
    throw error
  }
}

async function openKeys(path: string, log: Logger): Promise<KeyRing> {
  return KeyRing.open(path, log).catch((error) => {
    if (!(error instanceof KeyFileError)) throw error
    const takes = `a file that \`ffleet keys add\` made: ${error.message}`
    throw new ConfigError([{ key: SETTINGS.keysFile.key, got: path, takes }])
  })
}

async function holdFleetRoots(parts: Parameters<typeof holdRoots>[0], config: Config): Promise<HeldRoots> {
  const held = await holdRoots(parts)
  if ('stop' in held) return held
  throw otherRoots(held, config)
}

function otherRoots(others: OtherRoots, config: Config): ConfigError {
  const takes = `the folder that the API on ${others.host} has; one that was killed counts as there for two minutes`
  return new ConfigError([
    ...(others.outputs ? [{ key: SETTINGS.outputRoot.key, got: config.outputRoot, takes }] : []),
    ...(others.data ? [{ key: SETTINGS.dataDir.key, got: config.dataDir, takes }] : []),
  ])
}

/** What people can do about it, where another program listens already. */
function taken(error: NodeJS.ErrnoException, { host, port }: Config): Error {
  if (error.code !== 'EADDRINUSE') return error
  const text = `Another program listens on port ${port} of ${host} (EADDRINUSE). Stop it, or set FFLEET_PORT to another port.`
  return new CommandError(text)
}
