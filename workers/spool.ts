import type { Config } from '../src/config/index.js'
import { openRemote, remoteOptions } from '../src/remote/index.js'
import { openSpool, type Spool } from '../src/spool/index.js'
import { storeApiOf } from '../src/store-api/index.js'

/** The spool of a worker, filled from wherever its settings let it. */
export function openWorkerSpool(config: Config): Spool {
  const remote = openRemote({ ...remoteOptions(config), api: storeApiOf(config) })
  const spool = openSpool({
    folder: config.spoolDir,
    capacity: config.spoolBytes,
    maxBytes: config.maxInputBytes,
    remote,
  })
  return { ...spool, close: () => spool.close().finally(() => remote.close()) }
}
