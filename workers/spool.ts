import type { Config } from '../src/config/index.js'
import { openApiInputs, openRemote, openS3Media, type RemoteStore, remoteOptions } from '../src/remote/index.js'
import { parseBucket, s3Settings } from '../src/s3/index.js'
import { openSpool, type Spool } from '../src/spool/index.js'
import { storeApiOf } from '../src/store-api/index.js'

/** The spool of a worker, filled from wherever its settings let it, and what it is filled through. */
export function openWorkerSpool(config: Config): { spool: Spool; remote: Pick<RemoteStore, 'open'> } {
  const others = othersOf(config)
  const remote = openRemote({ ...remoteOptions(config), ...(others && { others }) })
  const spool = openSpool({
    folder: config.spoolDir,
    capacity: config.spoolBytes,
    maxBytes: config.maxInputBytes,
    remote,
  })
  return { spool: { ...spool, close: () => spool.close().finally(() => remote.close()) }, remote }
}

/** Where inputs come from that name no scheme; null: they lie in folders of this host. */
function othersOf(config: Config) {
  const api = storeApiOf(config)
  if (api !== null) return openApiInputs(api, config.fetchTimeoutMs)
  const media = parseBucket(config.mediaRoot)
  return media && openS3Media(media, s3Settings(config))
}
