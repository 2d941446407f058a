import { hostname } from 'node:os'
import { announceOpen } from '../../api/announce-open.js'
import { type OpenApiOptions, openApi } from '../../api/open-api.js'
import type { Fetch } from '../../client/index.js'
import type { Config } from '../../config/index.js'
import { isLoopback } from '../../config/kinds.js'
import { inProcessFetch } from '../../embed/in-process-fetch.js'
import type { Logger } from '../../log/index.js'
import { CommandError } from '../exit.js'

export type RunningApi = {
  url: string
  /** Asks it without a socket, whatever certificate it has. */
  fetch: Fetch
  /** Resolves when it cannot go on: see `openApi`. */
  gone: Promise<Error>
  workerLost(workerId: string): Promise<void>
  close(): Promise<void>
}

/**
 * The API, listening.
 *
 * @throws ConfigError when another API of the fleet has other ones.
 */
export async function startApi(
  config: Config,
  log: Logger,
  options: Pick<OpenApiOptions, 'ownRoots' | 'pages'> = {},
): Promise<RunningApi> {
  const api = await openApi(config, log, options)
  const { host, port } = config
  let close = api.close
  try {
    // Before it takes a job.
    const address = `${hostname()}:${port}`
    const open = await announceOpen({ queue: api.queue, log }, { address, isOpen: !isLoopback(host) })
    close = async () => {
      open.stop()
      await api.close()
    }
    const url = await api.app.listen({ host, port })
    return { url, fetch: inProcessFetch(api.app), gone: api.gone, workerLost: api.queue.fleet.lost, close }
  } catch (error) {
    await close()
    throw taken(error as NodeJS.ErrnoException, config)
  }
}

/** What people can do about it, where another program listens already. */
function taken(error: NodeJS.ErrnoException, { host, port }: Config): Error {
  if (error.code !== 'EADDRINUSE') return error
  const text = `Another program listens on port ${port} of ${host} (EADDRINUSE). Stop it, or set FFLEET_PORT to another port.`
  return new CommandError(text)
}
