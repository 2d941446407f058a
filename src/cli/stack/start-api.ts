import { createApi } from '../../api/app.js'
import type { Config } from '../../config/index.js'
import type { Logger } from '../../log/index.js'
import { createMetrics } from '../../metrics.js'
import { loadPresets } from '../../presets/index.js'
import { createQueue } from '../../queue/index.js'
import { openStorage } from '../../storage/index.js'
import { CommandError } from '../exit.js'

/** The API on a queue of its own, listening. */
export async function startApi(config: Config, log: Logger): Promise<{ url: string; close(): Promise<void> }> {
  const queue = await createQueue({
    redisUrl: config.redisUrl!,
    backoffMs: config.backoffMs,
    keepEventsMs: config.keepEventsMs,
    onError: (error) => log.warn({ err: error }, 'queue'),
  })
  try {
    const presets = await loadPresets(config.presetsDir ?? undefined)
    const storage = openStorage(config)
    const app = await createApi({ queue, presets, storage, log, metrics: createMetrics() })
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
      async close() {
        await sweeper.stop()
        await app.close()
        await queue.close()
      },
    }
  } catch (error) {
    await queue.close()
    throw error
  }
}

/** What people can do about it, where another program listens already. */
function taken(error: NodeJS.ErrnoException, { host, port }: Config): Error {
  if (error.code !== 'EADDRINUSE') return error
  const text = `Another program listens on port ${port} of ${host} (EADDRINUSE). Stop it, or set FFLEET_PORT to another port.`
  return new CommandError(text)
}
